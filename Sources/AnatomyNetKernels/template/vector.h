/* The lane group as a vector type. Compilers split it into as many registers as the instruction
 * set at hand needs: one for AVX-512, two for AVX2, four for SSE2 and NEON. */
#ifndef ANK_TEMPLATE_VECTOR_H
#define ANK_TEMPLATE_VECTOR_H

#include <stdint.h>

/* The calling convention of 64-byte vectors depends on the instruction set, which is of no
 * consequence where every function that has them is inlined. */
#pragma clang diagnostic ignored "-Wpsabi"

typedef float lanes16 __attribute__((vector_size(64), aligned(4)));
typedef int32_t words16 __attribute__((vector_size(64), aligned(4)));
typedef float lanes8 __attribute__((vector_size(32), aligned(4)));

#define ANK_INLINE static inline __attribute__((always_inline))

ANK_INLINE lanes16 load_lanes(const float *from, int32_t lanes) {
    if (lanes == 16) return *(const lanes16 *)from;
    if (lanes == 8) {
        lanes8 low = *(const lanes8 *)from;
        return __builtin_shufflevector(low, (lanes8){0}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }
    lanes16 single = {0};
    single[0] = *from;
    return single;
}

ANK_INLINE void store_lanes(float *to, int32_t lanes, lanes16 value) {
    if (lanes == 16) {
        *(lanes16 *)to = value;
    } else if (lanes == 8) {
        *(lanes8 *)to = __builtin_shufflevector(value, value, 0, 1, 2, 3, 4, 5, 6, 7);
    } else {
        *to = value[0];
    }
}

ANK_INLINE lanes16 broadcast(float value) {
    return (lanes16){value, value, value, value, value, value, value, value,
                     value, value, value, value, value, value, value, value};
}

ANK_INLINE lanes16 select_lanes(words16 mask, lanes16 yes, lanes16 no) {
    return (lanes16)(((words16)yes & mask) | ((words16)no & ~mask));
}

/* max(value, slope * value): the leaky rectifier for slopes up to 1. */
ANK_INLINE lanes16 activated(lanes16 value, lanes16 slope) {
    lanes16 scaled = value * slope;
    return select_lanes(value > scaled, value, scaled);
}

#endif
