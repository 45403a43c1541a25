/* One or two outputs of many inputs, such as the last two of 34: a vector of outputs would be idle in six of
 * eight lanes. Here vectors go along the inputs instead, eight channels at a time, and their lanes are added up
 * at the end. Included by each instruction set after its vectors.
 *
 * The weights are [output][used input lane], and what lies in lanes without a channel is zero, in the values and in
 * the weights.
 */

enum { DOTTED_ROWS = 4 };

/* Adds up the lanes of the sums of four rows and both outputs: lane 2 * r + o of the result. */
ANK_INLINE vector_8 added_lanes(vector_8 sums[DOTTED_ROWS][DOTTED_CHANNELS_MAX]) {
    vector_8 quarters[DOTTED_ROWS], halves[2];
#pragma clang loop unroll(full)
    for (int r = 0; r < DOTTED_ROWS; r++)
        quarters[r] = __builtin_shufflevector(sums[r][0], sums[r][1], 0, 8, 1, 9, 4, 12, 5, 13)
                      + __builtin_shufflevector(sums[r][0], sums[r][1], 2, 10, 3, 11, 6, 14, 7, 15);
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++)
        halves[i] = __builtin_shufflevector(quarters[2 * i], quarters[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13)
                    + __builtin_shufflevector(quarters[2 * i], quarters[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
    return __builtin_shufflevector(halves[0], halves[1], 0, 1, 2, 3, 8, 9, 10, 11)
           + __builtin_shufflevector(halves[0], halves[1], 4, 5, 6, 7, 12, 13, 14, 15);
}

/* `rows` and `outputs` are constants. */
ANK_INLINE void multiply_dotted_rows(const int rows, const int outputs, const struct product *p, int64_t row,
                                     int64_t weights_step) {
    vector_8 sums[DOTTED_ROWS][DOTTED_CHANNELS_MAX];
#pragma clang loop unroll(full)
    for (int r = 0; r < DOTTED_ROWS; r++) sums[r][0] = sums[r][1] = splat_8(0);
    const float *weights = p->weights;
    for (int32_t i = 0; i < p->source_count; i++) {
        const struct source *source = &p->sources[i];
        const float *from = source->values + p->displacement + row * source->step;
        for (int32_t lane = 0; lane < source->channels; lane += 8) {
            vector_8 w[DOTTED_CHANNELS_MAX];
#pragma clang loop unroll(full)
            for (int o = 0; o < outputs; o++) w[o] = load_8(weights + lane + o * weights_step);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                const vector_8 values = load_8(from + lane + r * source->step);
#pragma clang loop unroll(full)
                for (int o = 0; o < outputs; o++) sums[r][o] = multiply_add_8(values, w[o], sums[r][o]);
            }
        }
        weights += ank_used_lanes(source->channels);
    }
    const vector_8 added = added_lanes(sums), zero = splat_8(0);
    float *to = p->targets->narrow + p->displacement + row * p->narrow_step;
    store_8(to, __builtin_shufflevector(added, zero, 0, 1, 8, 8, 8, 8, 8, 8));
    if (rows == 1) return;
    store_8(to + p->narrow_step, __builtin_shufflevector(added, zero, 2, 3, 8, 8, 8, 8, 8, 8));
    store_8(to + 2 * p->narrow_step, __builtin_shufflevector(added, zero, 4, 5, 8, 8, 8, 8, 8, 8));
    store_8(to + 3 * p->narrow_step, __builtin_shufflevector(added, zero, 6, 7, 8, 8, 8, 8, 8, 8));
}

ANK_INLINE void multiply_dotted(const int outputs, int32_t rows, const struct product *p) {
    int64_t weights_step = 0;
    for (int32_t i = 0; i < p->source_count; i++) weights_step += ank_used_lanes(p->sources[i].channels);
    int32_t row = 0;
    for (; row + DOTTED_ROWS <= rows; row += DOTTED_ROWS) multiply_dotted_rows(DOTTED_ROWS, outputs, p, row, weights_step);
    /* What is left is in four rows with some that are done already, if there are four. */
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
