/* A pair of outputs of many inputs, such as the last two of 34: a vector of outputs would be idle in most of its
 * lanes. Here vectors go along the inputs instead, WIDE channels at a time, and their lanes are added up at the end.
 * Included by each instruction set after its vectors.
 *
 * The weights are [output][used input lane], and what lies in lanes without a channel is zero, in the values and in
 * the weights.
 */

/* So many rows, with two outputs each, that the added lanes of all sums fill a vector. */
enum { DOTTED_ROWS = WIDE / ANK_PAIR_LANES };

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
ANK_INLINE WIDE_VECTOR added_lanes(WIDE_VECTOR sums[DOTTED_ROWS][ANK_PAIR_LANES]) {
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

/* A vector's worth of lanes, or the eight or two that a block has left, with zeros behind. */
ANK_INLINE WIDE_VECTOR load_used_lanes(const float *from, const int lanes) {
    if (lanes == ANK_PAIR_LANES) return LOAD_PAIR(from);
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
                                      WIDE_VECTOR sums[DOTTED_ROWS][ANK_PAIR_LANES]) {
    WIDE_VECTOR w[ANK_PAIR_LANES];
#pragma clang loop unroll(full)
    for (int o = 0; o < outputs; o++) w[o] = load_used_lanes(weights + o * weights_step, lanes);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        const WIDE_VECTOR values = load_used_lanes(from + r * step, lanes);
#pragma clang loop unroll(full)
        for (int o = 0; o < outputs; o++) sums[r][o] = __builtin_elementwise_fma(values, w[o], sums[r][o]);
    }
}

/* What the dot products of some rows are taken of: `outputs` of them a row, from all sources. */
struct dots {
    int32_t source_count;
    const struct source *sources; /* none of them empty */
    int64_t displacement;         /* of their values */
    const float *weights;         /* [output][used lane] */
    int64_t weights_step;         /* from output to output */
    float *to;                    /* output o of row r goes to to[BLOCK_LANES * r + o] */
};

/* `rows` and `outputs` are constants. */
ANK_INLINE void multiply_dotted_rows(const int rows, const int outputs, const struct dots *dots, int64_t row) {
    WIDE_VECTOR sums[DOTTED_ROWS][ANK_PAIR_LANES];
#pragma clang loop unroll(full)
    for (int r = 0; r < DOTTED_ROWS; r++) sums[r][0] = sums[r][1] = SPLAT_WIDE(0);
    const float *weights = dots->weights;
    for (int32_t i = 0; i < dots->source_count; i++) {
        const struct source *source = &dots->sources[i];
        const float *from = source->values + dots->displacement + row * source->step;
        int32_t left = ank_used_lanes(source->channels);
        for (; left >= WIDE; left -= WIDE, from += WIDE, weights += WIDE)
            multiply_dotted_lanes(rows, outputs, WIDE, from, source->step, weights, dots->weights_step, sums);
        if (left == ANK_PAIR_LANES)
            multiply_dotted_lanes(rows, outputs, ANK_PAIR_LANES, from, source->step, weights, dots->weights_step, sums);
        else if (left > 0)
            multiply_dotted_lanes(rows, outputs, 8, from, source->step, weights, dots->weights_step, sums);
        weights += left;
    }
    const WIDE_VECTOR added = added_lanes(sums);
    float *to = dots->to + row * BLOCK_LANES;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++, to += BLOCK_LANES)
#pragma clang loop unroll(full)
        for (int o = 0; o < ANK_PAIR_LANES; o++) to[o] = added[ANK_PAIR_LANES * r + o];
}

ANK_INLINE void multiply_dotted(const int outputs, int32_t rows, const struct dots *dots) {
    int32_t row = 0;
    for (; row + DOTTED_ROWS <= rows; row += DOTTED_ROWS) multiply_dotted_rows(DOTTED_ROWS, outputs, dots, row);
    /* What is left is in as many rows, or half as many, with some that are done already, if there are as many. */
    const int32_t left = rows - row;
    if (left > 0 && left <= DOTTED_ROWS / 2 && rows >= DOTTED_ROWS / 2)
        multiply_dotted_rows(DOTTED_ROWS / 2, outputs, dots, rows - DOTTED_ROWS / 2);
    else if (left > 0 && rows >= DOTTED_ROWS)
        multiply_dotted_rows(DOTTED_ROWS, outputs, dots, rows - DOTTED_ROWS);
    else
        for (; row < rows; row++) multiply_dotted_rows(1, outputs, dots, row);
}

static ANK_OUT_OF_LINE void multiply_dots(int32_t outputs, int32_t rows, const struct dots *dots) {
    if (outputs == 1)
        multiply_dotted(1, rows, dots);
    else
        multiply_dotted(2, rows, dots);
}
