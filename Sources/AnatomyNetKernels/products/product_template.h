/* Matrix products with all sums in registers; see product.h.
 *
 * Included with WIDE, the lanes of a full vector (16 or 8), and ROWS_MAX.
 */

#define CONCATENATED(a, b) a##b
#define WITH_WIDTH(name, width) CONCATENATED(name, width)
#define WIDE_VECTOR WITH_WIDTH(vector_, WIDE)
#define LOAD_WIDE WITH_WIDTH(load_, WIDE)
#define STORE_WIDE WITH_WIDTH(store_, WIDE)
#define SPLAT_WIDE WITH_WIDTH(splat_, WIDE)

/* `rows` x (`wide` + `narrow`) accumulators; the arguments before `p` are constants.
 *
 * Every input value is used for all vectors of its row, so it is broadcast into
 * a register by an instruction of its own: left to itself, the compiler folds
 * the broadcast into each multiply-add as a memory operand and loads it as many
 * times as there are vectors. */
ANK_INLINE void multiply(const int rows, const int wide, const int narrow,
                            const struct product *p) {
    WIDE_VECTOR sums[ROWS_MAX][3];
    vector_8 narrow_sums[ROWS_MAX];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int n = 0; n < wide; n++) sums[r][n] = SPLAT_WIDE(0);
        narrow_sums[r] = splat_8(0);
    }

    const float *wide_weights = p->wide_weights, *narrow_weights = p->narrow_weights;
    const char *fetched = p->fetched;
    const int64_t fetch_step = p->fetch_step;

#define ACCUMULATE(step)                                                        \
    for (const float *const end = from + source->channels; from < end; from++) {          \
        __builtin_prefetch(fetched, 0, 2);                                                \
        fetched += fetch_step;                                                            \
        WIDE_VECTOR w[3];                                                                \
        vector_8 narrow_w = splat_8(0);                                                  \
        _Pragma("clang loop unroll(full)") for (int n = 0; n < wide; n++)                \
            w[n] = LOAD_WIDE(wide_weights + n * WIDE);                                   \
        if (narrow) narrow_w = load_8(narrow_weights);                                   \
        wide_weights += wide * WIDE;                                                     \
        narrow_weights += narrow * 8;                                                    \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {              \
            if (wide) {                                                                  \
                WIDE_VECTOR value = SPLAT_WIDE(from[r * (step)]);                       \
                if (wide + narrow > 1) __asm__("" : "+v"(value));                        \
                _Pragma("clang loop unroll(full)") for (int n = 0; n < wide; n++)        \
                    sums[r][n] = __builtin_elementwise_fma(value, w[n], sums[r][n]);     \
                if (narrow)                                                               \
                    narrow_sums[r] = __builtin_elementwise_fma(                          \
                        (vector_8)__builtin_shufflevector(value, value, 0, 1, 2, 3, 4,   \
                                                          5, 6, 7),                      \
                        narrow_w, narrow_sums[r]);                                       \
            } else {                                                                     \
                narrow_sums[r] = __builtin_elementwise_fma(splat_8(from[r * (step)]),   \
                                                           narrow_w, narrow_sums[r]);    \
            }                                                                            \
        }                                                                                \
    }

    for (int32_t i = 0; i < p->source_count; i++) {
        const struct source *const source = &p->sources[i];
        const float *from = source->values + p->displacement + p->first_row * source->step;
        /* The distance of rows has to be a constant, or each row takes an
         * address register of its own. */
        if (source->step == 16) {
            ACCUMULATE(16)
        } else if (source->step == 8) {
            ACCUMULATE(8)
        } else {
            ACCUMULATE(2)
        }
    }
#undef ACCUMULATE

#pragma clang loop unroll(full)
    for (int n = 0; n < wide + narrow; n++) {
        const int64_t step = p->targets[n].step;
        float *to = p->targets[n].values + p->displacement + p->first_row * step;
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++, to += step) {
            if (n < wide)
                STORE_WIDE(to, sums[r][n]);
            else
                store_8(to, narrow_sums[r]);
        }
    }
}
