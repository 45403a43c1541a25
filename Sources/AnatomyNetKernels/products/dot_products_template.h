/* One or two outputs of many inputs, such as the last two of 34: a vector of outputs would be idle in most of its
 * lanes. Here vectors go along the inputs instead, WIDE channels at a time, and their lanes are added up at the end.
 * Included by each instruction set after its vectors.
 *
 * The weights are [output][used input lane], and what lies in lanes without a channel is zero, in the values and in
 * the weights.
 */

/* So many rows, with two outputs each, that the added lanes of all sums fill a vector. */
enum { DOTTED_ROWS = WIDE / DOTTED_CHANNELS_MAX };

/* Indices for __builtin_shufflevector(a, b, ...), within each four lanes of WIDE: a's lanes `first` and `second`
 * alternating with b's; a's lanes `first` and the next, then b's; and four lanes from `first` on. */
#define QUARTETS_8(first, second) first, 8 + first, second, 8 + second, 4 + first, 12 + first, 4 + second, 12 + second
#define QUARTETS_16(first, second)                                                                        \
    first, 16 + first, second, 16 + second, 4 + first, 20 + first, 4 + second, 20 + second, 8 + first,     \
        24 + first, 8 + second, 24 + second, 12 + first, 28 + first, 12 + second, 28 + second
#define PAIRS_8(first) first, 1 + first, 8 + first, 9 + first, 4 + first, 5 + first, 12 + first, 13 + first
#define PAIRS_16(first)                                                                                   \
    first, 1 + first, 16 + first, 17 + first, 4 + first, 5 + first, 20 + first, 21 + first, 8 + first,     \
        9 + first, 24 + first, 25 + first, 12 + first, 13 + first, 28 + first, 29 + first
#define QUARTET(first) first, 1 + first, 2 + first, 3 + first

/* Adds up the lanes of the sums: lane 2 * r + o of the result is output o of row r. Each step lays half of the lanes of
 * two vectors side by side, and adds the other half. */
ANK_INLINE WIDE_VECTOR added_lanes(WIDE_VECTOR sums[DOTTED_ROWS][DOTTED_CHANNELS_MAX]) {
    WIDE_VECTOR halves[WIDE / 2], quarters[WIDE / 4];
#pragma clang loop unroll(full)
    for (int i = 0; i < WIDE / 2; i++)
        halves[i] = __builtin_shufflevector(sums[i][0], sums[i][1], WITH_WIDTH(QUARTETS_, WIDE)(0, 1))
                    + __builtin_shufflevector(sums[i][0], sums[i][1], WITH_WIDTH(QUARTETS_, WIDE)(2, 3));
#pragma clang loop unroll(full)
    for (int i = 0; i < WIDE / 4; i++)
        quarters[i] = __builtin_shufflevector(halves[2 * i], halves[2 * i + 1], WITH_WIDTH(PAIRS_, WIDE)(0))
                      + __builtin_shufflevector(halves[2 * i], halves[2 * i + 1], WITH_WIDTH(PAIRS_, WIDE)(2));
    /* Now four sums in each four lanes, of which those of other lanes are to be added. */
#if WIDE == 8
    return __builtin_shufflevector(quarters[0], quarters[1], QUARTET(0), QUARTET(8))
           + __builtin_shufflevector(quarters[0], quarters[1], QUARTET(4), QUARTET(12));
#else
    WIDE_VECTOR eighths[2];
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++)
        eighths[i] = __builtin_shufflevector(quarters[2 * i], quarters[2 * i + 1], QUARTET(0), QUARTET(4), QUARTET(16),
                                             QUARTET(20))
                     + __builtin_shufflevector(quarters[2 * i], quarters[2 * i + 1], QUARTET(8), QUARTET(12),
                                               QUARTET(24), QUARTET(28));
    return __builtin_shufflevector(eighths[0], eighths[1], QUARTET(0), QUARTET(8), QUARTET(16), QUARTET(24))
           + __builtin_shufflevector(eighths[0], eighths[1], QUARTET(4), QUARTET(12), QUARTET(20), QUARTET(28));
#endif
}

#undef QUARTETS_8
#undef QUARTETS_16
#undef PAIRS_8
#undef PAIRS_16
#undef QUARTET

/* A vector's worth of lanes, or the eight that a block has left, with zeros behind. */
ANK_INLINE WIDE_VECTOR load_used_lanes(const float *from, const int lanes) {
#if WIDE == 16
    if (lanes == 8)
        return __builtin_shufflevector(load_8(from), splat_8(0), 0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 8, 8, 8, 8);
#endif
    (void)lanes;
    return LOAD_WIDE(from);
}

/* Adds the products of some lanes of the inputs; all but pointers and distances are constants after inlining. */
ANK_INLINE void multiply_dotted_lanes(const int rows, const int outputs, const int lanes, const float *from, int64_t step,
                                      const float *weights, int64_t weights_step,
                                      WIDE_VECTOR sums[DOTTED_ROWS][DOTTED_CHANNELS_MAX]) {
    WIDE_VECTOR w[DOTTED_CHANNELS_MAX];
#pragma clang loop unroll(full)
    for (int o = 0; o < outputs; o++) w[o] = load_used_lanes(weights + o * weights_step, lanes);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        const WIDE_VECTOR values = load_used_lanes(from + r * step, lanes);
#pragma clang loop unroll(full)
        for (int o = 0; o < outputs; o++) sums[r][o] = __builtin_elementwise_fma(values, w[o], sums[r][o]);
    }
}

/* `rows` and `outputs` are constants. */
ANK_INLINE void multiply_dotted_rows(const int rows, const int outputs, const struct product *p, int64_t row,
                                     int64_t weights_step) {
    WIDE_VECTOR sums[DOTTED_ROWS][DOTTED_CHANNELS_MAX];
#pragma clang loop unroll(full)
    for (int r = 0; r < DOTTED_ROWS; r++) sums[r][0] = sums[r][1] = SPLAT_WIDE(0);
    const float *weights = p->weights;
    for (int32_t i = 0; i < p->source_count; i++) {
        const struct source *source = &p->sources[i];
        const float *from = source->values + p->displacement + row * source->step;
        int32_t left = ank_used_lanes(source->channels);
        for (; left >= WIDE; left -= WIDE, from += WIDE, weights += WIDE)
            multiply_dotted_lanes(rows, outputs, WIDE, from, source->step, weights, weights_step, sums);
        if (left == 0) continue;
        multiply_dotted_lanes(rows, outputs, 8, from, source->step, weights, weights_step, sums);
        weights += left;
    }
    const WIDE_VECTOR added = added_lanes(sums), zero = SPLAT_WIDE(0);
    float *to = p->targets->narrow + p->displacement + row * p->narrow_step;
#define STORE_ROW(r)                                                                                                \
    if (r < rows)                                                                                                   \
    store_8(to + r * p->narrow_step, __builtin_shufflevector(added, zero, 2 * r, 2 * r + 1, WIDE, WIDE, WIDE, WIDE, \
                                                             WIDE, WIDE))
    STORE_ROW(0);
    STORE_ROW(1);
    STORE_ROW(2);
    STORE_ROW(3);
#if WIDE == 16
    STORE_ROW(4);
    STORE_ROW(5);
    STORE_ROW(6);
    STORE_ROW(7);
#endif
#undef STORE_ROW
}

ANK_INLINE void multiply_dotted(const int outputs, int32_t rows, const struct product *p) {
    int64_t weights_step = 0;
    for (int32_t i = 0; i < p->source_count; i++) weights_step += ank_used_lanes(p->sources[i].channels);
    int32_t row = 0;
    for (; row + DOTTED_ROWS <= rows; row += DOTTED_ROWS) multiply_dotted_rows(DOTTED_ROWS, outputs, p, row, weights_step);
    /* What is left is in as many rows with some that are done already, if there are as many. */
    if (row < rows && rows >= DOTTED_ROWS)
        multiply_dotted_rows(DOTTED_ROWS, outputs, p, rows - DOTTED_ROWS, weights_step);
    else
        for (; row < rows; row++) multiply_dotted_rows(1, outputs, p, row, weights_step);
}

/* The `outputs` of one pass for all rows; of the product's fields, those of portions and wide vectors are not used. */
static ANK_OUT_OF_LINE void multiply_dots(int32_t outputs, int32_t rows, const struct product *p) {
    if (outputs == 1)
        multiply_dotted(1, rows, p);
    else
        multiply_dotted(2, rows, p);
}
