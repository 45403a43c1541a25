/* The transforms of a block of two lanes, ANK_PAIR_LANES. Its rows are so narrow that a vector holds several voxels of
 * them, eight where it has 16 lanes. That is all one to the transforms along D and H, which treat every voxel alike:
 * they are those of wider blocks, with rows that are no multiple of a vector. Those along W multiply by their matrix,
 * one pair of values (of a column or of a point) at a time.
 *
 * Included by convolution_template.h, after the transforms of wider blocks.
 */
#define TRANSFORM_OUTPUT_WIDE WITH_WIDTH(transform_output_, WIDE)

/* Vectors that hold the pairs of all points along W, which lie side by side and take a tile's BLOCK_LANES. */
enum { PAIR_VECTORS = BLOCK_LANES / WIDE };
_Static_assert(ANK_PAIR_LANES * WIDE_POINTS <= BLOCK_LANES, "the pairs of a tile's points fit");

/* What the pair of one column adds to the pairs of all points, and that of a point to those of all outputs. Each
 * factor is there twice, once for each channel; behind the last are zeros. */
struct pair_matrices {
    float data[WIDE_POINTS][PAIR_VECTORS * WIDE];
    float output[WIDE_POINTS][WIDE];
};

/* The matrices, as the transforms of wider blocks make them of unit vectors. */
static void make_pair_matrices(int wide, struct pair_matrices *matrices) {
    *matrices = (struct pair_matrices){0};
    for (int32_t i = 0; i < winograd_row_points(wide); i++) {
        vector_8 unit[WIDE_POINTS], values[WIDE_POINTS], outputs[WIDE_OUTPUTS];
        for (int32_t x = 0; x < WIDE_POINTS; x++) unit[x] = splat_8(x == i);
        if (wide) {
            wide_data_8(unit, values);
            wide_outputs_8(unit, outputs);
        } else {
            data_8(unit, values);
            even_outputs_8(unit, &outputs[0], &outputs[2]);
            odd_outputs_8(unit, &outputs[1], &outputs[3]);
        }
        for (int32_t lane = 0; lane < ANK_PAIR_LANES; lane++) {
            for (int32_t x = 0; x < winograd_row_points(wide); x++)
                matrices->data[i][ANK_PAIR_LANES * x + lane] = values[x][0];
            for (int32_t x = 0; x < winograd_tile_width(wide); x++)
                matrices->output[i][ANK_PAIR_LANES * x + lane] = outputs[x][0];
        }
    }
}

/* From voxels to columns, as transform_columns(). Where `values` are no multiple of a vector, the last vector has some
 * that the one before had. A row block has eight columns or more, or six with narrow tiles: one vector at least, of 8
 * lanes if not of 16. */
static void transform_pair_columns(const void *const rows[WINOGRAD_PLANE_POINTS], int is_short, int32_t format,
                                   int64_t values, float *to) {
    const int64_t lanes = values < WIDE ? 8 : WIDE, last = values - lanes;
    const void *last_rows[WINOGRAD_PLANE_POINTS];
    for (int r = 0; r < WINOGRAD_PLANE_POINTS; r++) last_rows[r] = value_at(rows[r], last, format);
#if WIDE == 16
    if (lanes == WIDE) {
        transform_columns_16(rows, is_short, format, values / WIDE * WIDE, to);
        if (values % WIDE > 0) transform_columns_16(last_rows, is_short, format, WIDE, to + last);
        return;
    }
#endif
    transform_columns_8(rows, is_short, format, values / 8 * 8, to);
    if (values % 8 > 0) transform_columns_8(last_rows, is_short, format, 8, to + last);
}

/* From columns to tiles at all points along W: point x of tile t goes to values + t * BLOCK_LANES + x * ANK_PAIR_LANES.
 * `wide` is a constant after inlining. */
ANK_INLINE void transform_pairs_of(const struct pair_matrices *matrices, const float *columns, const int wide,
                                   int32_t tiles, float *values) {
    WIDE_VECTOR data[WIDE_POINTS][PAIR_VECTORS];
#pragma clang loop unroll(full)
    for (int x = 0; x < winograd_row_points(wide); x++)
#pragma clang loop unroll(full)
        for (int n = 0; n < PAIR_VECTORS; n++) data[x][n] = LOAD_WIDE(matrices->data[x] + n * WIDE);
    for (const float *const end = values + tiles * BLOCK_LANES; values < end;
         values += BLOCK_LANES, columns += winograd_tile_width(wide) * ANK_PAIR_LANES) {
        WIDE_VECTOR points[PAIR_VECTORS];
#pragma clang loop unroll(full)
        for (int n = 0; n < PAIR_VECTORS; n++) points[n] = SPLAT_WIDE(0);
#pragma clang loop unroll(full)
        for (int x = 0; x < winograd_row_points(wide); x++) {
            const WIDE_VECTOR pair = LOAD_PAIRS(columns + x * ANK_PAIR_LANES);
#pragma clang loop unroll(full)
            for (int n = 0; n < PAIR_VECTORS; n++) points[n] = __builtin_elementwise_fma(pair, data[x][n], points[n]);
        }
#pragma clang loop unroll(full)
        for (int n = 0; n < PAIR_VECTORS; n++) STORE_WIDE(values + n * WIDE, points[n]);
    }
}

static ANK_OUT_OF_LINE void transform_pairs(const struct pair_matrices *matrices, const float *columns, int wide,
                                            int32_t tiles, float *values) {
    if (WIDE == BLOCK_LANES && wide)
        transform_pairs_of(matrices, columns, 1, tiles, values);
    else
        transform_pairs_of(matrices, columns, 0, tiles, values);
}

/* From products, which lie as the values do, back to columns. Behind the last column follow zeros, as far as a vector
 * reaches. `wide` is a constant after inlining. */
ANK_INLINE void restore_pairs_of(const struct pair_matrices *matrices, const float *products, const int wide,
                                 int32_t tiles, float *columns) {
    WIDE_VECTOR output[WIDE_POINTS];
#pragma clang loop unroll(full)
    for (int x = 0; x < winograd_row_points(wide); x++) output[x] = LOAD_WIDE(matrices->output[x]);
    for (const float *const end = products + tiles * BLOCK_LANES; products < end;
         products += BLOCK_LANES, columns += winograd_tile_width(wide) * ANK_PAIR_LANES) {
        WIDE_VECTOR outputs = SPLAT_WIDE(0);
#pragma clang loop unroll(full)
        for (int x = 0; x < winograd_row_points(wide); x++)
            outputs = __builtin_elementwise_fma(LOAD_PAIRS(products + x * ANK_PAIR_LANES), output[x], outputs);
        STORE_WIDE(columns, outputs);
    }
    STORE_WIDE(columns, SPLAT_WIDE(0));
}

static ANK_OUT_OF_LINE void restore_pairs(const struct pair_matrices *matrices, const float *products, int wide,
                                          int32_t tiles, float *columns) {
    if (WIDE == BLOCK_LANES && wide)
        restore_pairs_of(matrices, products, 1, tiles, columns);
    else
        restore_pairs_of(matrices, products, 0, tiles, columns);
}

/* The outputs of the last vector of each row, of which the first `values` are inside of it: by way of a copy, for what
 * lies behind belongs to another item, or to nobody. `to` has rows of whole vectors, as transform_pair_output() makes
 * them; `first` values come before. */
static void transform_last_pairs(const float *products, int32_t values, int32_t first, const struct output_rows *to) {
    float outputs[OUTPUT_ROWS][WIDE], added[OUTPUT_ROWS][WIDE] = {{0}};
    struct output_rows last = *to;
    last.columns = 1;
    last.sums = NULL;
    for (int r = 0; r < OUTPUT_ROWS; r++) {
        if (!to->rows[r]) continue;
        last.rows[r] = outputs[r];
        last.added_rows[r] = added[r];
        if (to->added)
            memcpy(added[r], value_at(to->added_rows[r], first, to->added_format),
                   (size_t)(values * value_bytes(to->added_format)));
    }
    TRANSFORM_OUTPUT_WIDE(products, 1, &last);
    for (int r = 0; r < OUTPUT_ROWS; r++) {
        if (!to->rows[r]) continue;
        memcpy(writable_value_at(to->rows[r], first, to->format), outputs[r],
               (size_t)(values * value_bytes(to->format)));
        for (int32_t i = 0; to->sums && i < values; i++)
            to->sums[r / 4 * BLOCK_LANES + i] += load_value(value_at(outputs[r], i, to->format), to->format);
    }
}

/* As transform_output(), of a block of two lanes. Sums are those of every second value; to->sums has room for a vector
 * of them a plane. */
static void transform_pair_output(const float *products, int32_t columns, const struct output_rows *to) {
    const int32_t inside = ANK_PAIR_LANES * (columns < to->columns ? columns : to->columns);
    struct output_rows vectors = *to;
    vectors.lanes = WIDE;
    vectors.columns = inside / WIDE;
    for (int32_t lane = 0; lane < WIDE; lane++) {
        vectors.scale[lane] = to->scale[lane % ANK_PAIR_LANES];
        vectors.shift[lane] = to->shift[lane % ANK_PAIR_LANES];
    }
    TRANSFORM_OUTPUT_WIDE(products, vectors.columns, &vectors);
    const int32_t done = vectors.columns * WIDE;
    if (done < inside) transform_last_pairs(products + done, inside - done, done, &vectors);
    for (int r = 0; r < OUTPUT_ROWS; r++)
        if (to->rows[r])
            memset(writable_value_at(to->rows[r], inside, to->format), 0,
                   (size_t)((ANK_PAIR_LANES * columns - inside) * value_bytes(to->format)));
}

/* Moves the pairs of rows of 8 lanes, such as products leave, next to each other. */
static void close_up_pairs(float *pairs, int32_t voxels) {
    for (int32_t x = 1; x < voxels; x++)
        memmove(pairs + x * ANK_PAIR_LANES, pairs + x * 8, ANK_PAIR_LANES * sizeof *pairs);
}

#undef TRANSFORM_OUTPUT_WIDE
