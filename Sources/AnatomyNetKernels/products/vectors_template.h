/* Vectors of LANES (8 or 16) floats: type vector_LANES and what is done with it. */
#define PASTED(name, lanes) name##_##lanes
#define EXPANDED(name, lanes) PASTED(name, lanes)
#define NAMED(name) EXPANDED(name, LANES)
#define VECTOR NAMED(vector)

typedef float NAMED(vector) __attribute__((ext_vector_type(LANES)));
/* The same in memory: callers' buffers need not be aligned to a vector. */
typedef float NAMED(stored) __attribute__((ext_vector_type(LANES), aligned(4)));

ANK_INLINE VECTOR NAMED(load)(const float *from) { return *(const NAMED(stored) *)from; }
ANK_INLINE void NAMED(store)(float *to, VECTOR v) { *(NAMED(stored) *)to = v; }
ANK_INLINE VECTOR NAMED(splat)(float v) { return (VECTOR)v; }
ANK_INLINE VECTOR NAMED(multiply_add)(VECTOR a, VECTOR b, VECTOR c) {
    return __builtin_elementwise_fma(a, b, c);
}

/* max(v, slope * v): the leaky rectifier for slopes up to 1. */
ANK_INLINE VECTOR NAMED(activate)(VECTOR v, VECTOR slope) {
    const VECTOR scaled = slope * v;
    return v > scaled ? v : scaled;
}

#undef PASTED
#undef EXPANDED
#undef NAMED
#undef VECTOR
