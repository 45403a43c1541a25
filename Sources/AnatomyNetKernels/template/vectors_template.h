/* Vectors of LANES (8 or 16) floats: type vector_LANES and what is done with it. Included by vector.h. */
#define PASTED(name, lanes) name##_##lanes
#define EXPANDED(name, lanes) PASTED(name, lanes)
#define NAMED(name) EXPANDED(name, LANES)
#define VECTOR NAMED(vector)

typedef float NAMED(vector) __attribute__((ext_vector_type(LANES)));
typedef uint32_t NAMED(bits) __attribute__((ext_vector_type(LANES)));
/* The same in memory, in either format: callers' buffers need not be aligned to a vector. */
typedef float NAMED(stored) __attribute__((ext_vector_type(LANES), aligned(4)));
typedef uint16_t NAMED(stored_bfloat16) __attribute__((ext_vector_type(LANES), aligned(2)));

ANK_INLINE VECTOR NAMED(load)(const float *from) { return *(const NAMED(stored) *)from; }
ANK_INLINE void NAMED(store)(float *to, VECTOR v) { *(NAMED(stored) *)to = v; }
/* Past the caches, for aligned vectors. */
ANK_INLINE void NAMED(stream)(void *to, VECTOR v) { __builtin_nontemporal_store(v, (VECTOR *)to); }
ANK_INLINE VECTOR NAMED(splat)(float v) { return (VECTOR)v; }
ANK_INLINE VECTOR NAMED(multiply_add)(VECTOR a, VECTOR b, VECTOR c) {
    return __builtin_elementwise_fma(a, b, c);
}

/* Four consecutive floats, again and again; and one of them, `channel`, a constant after inlining, in all lanes. Two
 * consecutive floats, with zeros behind; and again and again. */
#if LANES == 16
#define REPEATED(a, b, c, d) a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d
#define FOLLOWED(a, b, c) a, b, c, c, c, c, c, c, c, c, c, c, c, c, c, c
#define LANE_OF_QUADS(k) k, k, k, k, k + 4, k + 4, k + 4, k + 4, k + 8, k + 8, k + 8, k + 8, k + 12, k + 12, k + 12, k + 12
#else
#define REPEATED(a, b, c, d) a, b, c, d, a, b, c, d
#define FOLLOWED(a, b, c) a, b, c, c, c, c, c, c
#define LANE_OF_QUADS(k) k, k, k, k, k + 4, k + 4, k + 4, k + 4
#endif
typedef float NAMED(stored_quad) __attribute__((ext_vector_type(4), aligned(4)));
typedef float NAMED(stored_pair) __attribute__((ext_vector_type(2), aligned(4)));
ANK_INLINE VECTOR NAMED(load_quad)(const float *from) {
    const NAMED(stored_quad) values = *(const NAMED(stored_quad) *)from;
    return __builtin_shufflevector(values, values, REPEATED(0, 1, 2, 3));
}
ANK_INLINE VECTOR NAMED(load_pair)(const float *from) {
    const NAMED(stored_pair) values = *(const NAMED(stored_pair) *)from, zeros = 0;
    return __builtin_shufflevector(values, zeros, FOLLOWED(0, 1, 2));
}
ANK_INLINE VECTOR NAMED(load_pairs)(const float *from) {
    const NAMED(stored_pair) values = *(const NAMED(stored_pair) *)from;
    return __builtin_shufflevector(values, values, REPEATED(0, 1, 0, 1));
}
ANK_INLINE VECTOR NAMED(splat_of_quad)(VECTOR quad, const int channel) {
    switch (channel) {
    case 0: return __builtin_shufflevector(quad, quad, LANE_OF_QUADS(0));
    case 1: return __builtin_shufflevector(quad, quad, LANE_OF_QUADS(1));
    case 2: return __builtin_shufflevector(quad, quad, LANE_OF_QUADS(2));
    default: return __builtin_shufflevector(quad, quad, LANE_OF_QUADS(3));
    }
}
#undef REPEATED
#undef FOLLOWED
#undef LANE_OF_QUADS

/* max(v, slope * v): the leaky rectifier for slopes up to 1. */
ANK_INLINE VECTOR NAMED(activate)(VECTOR v, VECTOR slope) {
    const VECTOR scaled = slope * v;
    return v > scaled ? v : scaled;
}

/* The upper halves of floats that are rounded to the nearest bfloat16, ties to even: what is added
 * carries into the upper half where the lower is above one half, or is one half and the upper is odd.
 * A NaN could so become a number, hence it is truncated instead, and made a quiet one lest its
 * upper half be that of infinity.
 *
 * Not vcvtneps2bf16, which turns subnormal numbers into zero. */
ANK_INLINE NAMED(bits) NAMED(rounded_bits)(VECTOR v) {
    const NAMED(bits) bits = (NAMED(bits))v;
    const NAMED(bits) rounded = bits + 0x7fff + (bits >> 16 & 1);
    return (v == v ? rounded : bits | 0x400000) >> 16;
}

/* Values in memory; `format` is a constant after inlining. */
ANK_INLINE VECTOR NAMED(load_values)(const void *from, int32_t format) {
    if (format == ANK_FLOAT32) return NAMED(load)(from);
    return (VECTOR)(__builtin_convertvector(*(const NAMED(stored_bfloat16) *)from, NAMED(bits)) << 16);
}
/* What store_values() leaves in memory. */
ANK_INLINE VECTOR NAMED(as_stored)(VECTOR v, int32_t format) {
    return format == ANK_FLOAT32 ? v : (VECTOR)(NAMED(rounded_bits)(v) << 16);
}
ANK_INLINE void NAMED(store_values)(void *to, VECTOR v, int32_t format) {
    if (format == ANK_FLOAT32)
        NAMED(store)(to, v);
    else
        *(NAMED(stored_bfloat16) *)to = __builtin_convertvector(NAMED(rounded_bits)(v), NAMED(stored_bfloat16));
}

#undef PASTED
#undef EXPANDED
#undef NAMED
#undef VECTOR
