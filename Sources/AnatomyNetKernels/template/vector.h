/* The lane group as a vector type. Compilers split it into as many registers as the instruction
 * set at hand needs: one for AVX-512, two for AVX2, four for SSE2 and NEON. */
#ifndef ANK_TEMPLATE_VECTOR_H
#define ANK_TEMPLATE_VECTOR_H

#include <stdint.h>
#include <string.h>

#include "anatomynet_kernels.h"

/* The calling convention of 64-byte vectors depends on the instruction set, which is of no
 * consequence where every function that has them is inlined. */
#pragma clang diagnostic ignored "-Wpsabi"

#define ANK_INLINE static inline __attribute__((always_inline))
/* Inner loops for which the compiler is to have all registers. */
#define ANK_OUT_OF_LINE __attribute__((noinline))

#define LANES 8
#include "vectors_template.h"
#undef LANES
#define LANES 16
#include "vectors_template.h"
#undef LANES

typedef int32_t words_16 __attribute__((ext_vector_type(16)));

/* Bytes of a value in memory. */
ANK_INLINE int64_t value_bytes(int32_t format) { return format == ANK_FLOAT32 ? 4 : 2; }

/* The address of a value `index` further. */
ANK_INLINE const void *value_at(const void *values, int64_t index, int32_t format) {
    return (const char *)values + index * value_bytes(format);
}
ANK_INLINE void *writable_value_at(void *values, int64_t index, int32_t format) {
    return (char *)values + index * value_bytes(format);
}

ANK_INLINE float load_value(const void *from, int32_t format) {
    if (format == ANK_FLOAT32) return *(const float *)from;
    const uint32_t bits = (uint32_t)*(const uint16_t *)from << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Lanes beyond those in memory are zero. In what follows `format` is a constant after inlining. */
ANK_INLINE vector_16 load_lanes(const void *from, int32_t lanes, int32_t format) {
    if (lanes == 16) return load_values_16(from, format);
    if (lanes == 8) {
        const vector_8 low = load_values_8(from, format);
        return __builtin_shufflevector(low, (vector_8)0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }
    vector_16 few = 0;
    few[0] = load_value(from, format);
    if (lanes == ANK_PAIR_LANES) few[1] = load_value(value_at(from, 1, format), format);
    return few;
}

ANK_INLINE void store_value(void *to, float value, int32_t format) {
    if (format == ANK_FLOAT32)
        *(float *)to = value;
    else
        *(uint16_t *)to = (uint16_t)rounded_bits_8((vector_8)value)[0];
}

ANK_INLINE void store_lanes(void *to, int32_t lanes, vector_16 value, int32_t format) {
    if (lanes == 16) {
        store_values_16(to, value, format);
    } else if (lanes == 8) {
        store_values_8(to, __builtin_shufflevector(value, value, 0, 1, 2, 3, 4, 5, 6, 7), format);
    } else {
        store_value(to, value[0], format);
        if (lanes == ANK_PAIR_LANES) store_value(writable_value_at(to, 1, format), value[1], format);
    }
}

#endif
