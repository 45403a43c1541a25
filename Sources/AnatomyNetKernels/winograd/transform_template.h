/* The data and output transforms of one block, for vectors of LANES floats, in two steps each way: along
 * D and H, column of voxels by column of voxels, and along W, tile by tile. A block of 16 lanes is two
 * parts where vectors have 8: they are done side by side, so that every cache line of voxels, columns,
 * values and products is fetched once and wholly used.
 *
 * Included once for each width of vector (LANES is 8 or 16).
 * NAMED(x) appends the width to a name.
 */
#define PASTED(name, lanes) name##_##lanes
#define EXPANDED(name, lanes) PASTED(name, lanes)
#define NAMED(name) EXPANDED(name, LANES)

#define VECTOR NAMED(vector)
#define LOAD NAMED(load)
#define STORE NAMED(store)
#define SPLAT(constant) NAMED(splat)((float)(constant))
#define FMA NAMED(multiply_add)
#define POWER2(p) ((p) * (p))
#define POWER4(p) (POWER2(p) * POWER2(p))

/* The data transform's values of the points 0 and infinity from d0 ... d5. */
ANK_INLINE void NAMED(data_ends)(const VECTOR d[6], VECTOR *first, VECTOR *last) {
    *first = FMA(SPLAT(-WINOGRAD_SUM2), d[2], d[0] + d[4]);
    *last = FMA(SPLAT(-WINOGRAD_SUM2), d[3], d[1] + d[5]);
}

/* Those of the points p and -p from d1 ... d4; other2 is the square of the other pair's. */
ANK_INLINE void NAMED(data_pair)(const VECTOR d[6], double p, double other2, VECTOR *plus, VECTOR *minus) {
    const VECTOR even = FMA(SPLAT(-other2), d[2], d[4]);
    const VECTOR odd = FMA(SPLAT(-other2), d[1], d[3]);
    *plus = FMA(SPLAT(p), odd, even);
    *minus = FMA(SPLAT(-p), odd, even);
}

/* Those of the points p and -p of a wide tile from d1 ... d6; sum2 and product2 are of the squares of the other two
 * pairs. */
ANK_INLINE void NAMED(wide_data_pair)(const VECTOR d[WIDE_POINTS], double p, double sum2, double product2, VECTOR *plus,
                                      VECTOR *minus) {
    const VECTOR even = FMA(SPLAT(product2), d[2], FMA(SPLAT(-sum2), d[4], d[6]));
    const VECTOR odd = FMA(SPLAT(product2), d[1], FMA(SPLAT(-sum2), d[3], d[5]));
    *plus = FMA(SPLAT(p), odd, even);
    *minus = FMA(SPLAT(-p), odd, even);
}

/* All six. */
ANK_INLINE void NAMED(data)(const VECTOR d[6], VECTOR v[6]) {
    NAMED(data_ends)(d, &v[0], &v[5]);
    NAMED(data_pair)(d, WINOGRAD_A, WINOGRAD_B2, &v[1], &v[2]);
    NAMED(data_pair)(d, WINOGRAD_B, WINOGRAD_A2, &v[3], &v[4]);
}

/* All eight of a wide tile. */
ANK_INLINE void NAMED(wide_data)(const VECTOR d[WIDE_POINTS], VECTOR v[WIDE_POINTS]) {
    v[0] = FMA(SPLAT(WIDE_SUM2), d[4] - d[2], d[0] - d[6]);
    v[7] = FMA(SPLAT(WIDE_SUM2), d[3] - d[5], d[7] - d[1]);
    NAMED(wide_data_pair)(d, WIDE_A, WIDE_SUM2_BUT_A, WIDE_PRODUCT2_BUT_A, &v[1], &v[2]);
    NAMED(wide_data_pair)(d, 1, WIDE_SUM2_BUT_1, WIDE_PRODUCT2_BUT_1, &v[3], &v[4]);
    NAMED(wide_data_pair)(d, WIDE_B, WIDE_SUM2_BUT_B, WIDE_PRODUCT2_BUT_B, &v[5], &v[6]);
}

/* Those of a short tile from d0 ... d3: of the points 0 and infinity, and of a and -a. */
ANK_INLINE void NAMED(short_data_ends)(const VECTOR d[6], VECTOR *first, VECTOR *last) {
    *first = FMA(SPLAT(-1 / WINOGRAD_A2), d[2], d[0]);
    *last = FMA(SPLAT(-WINOGRAD_A2), d[1], d[3]);
}
ANK_INLINE void NAMED(short_data_pair)(const VECTOR d[6], VECTOR *plus, VECTOR *minus) {
    *plus = FMA(SPLAT(WINOGRAD_A), d[1], d[2]);
    *minus = FMA(SPLAT(-WINOGRAD_A), d[1], d[2]);
}

/* The transformed values along D and H of LANES channels of one column of voxels in float32: that of point e goes to
 * column + e * COLUMN_SLOT. rows[6 * z + y] points to the row block's first column; the one wanted lies `offset`
 * bytes further. `is_short` (no more than two outputs along D, see points.h) and `regular` (the rows of a plane
 * are `distance` bytes apart, so that addresses need no table) are constants after inlining.
 *
 * Two of the six points along D at a time keep 12 values in registers between
 * the two steps, of the 16 that AVX2 has; more would spill. */
ANK_INLINE void NAMED(transform_column)(const char *const rows[WINOGRAD_PLANE_POINTS], int64_t offset, int64_t distance,
                                        const int is_short, const int regular, float *column) {
    static const int first_point[3] = {0, 1, 3}, second_point[3] = {5, 2, 4};
    const int input_planes = is_short ? SHORT_INPUTS : WINOGRAD_POINTS;
    const char *planes[6];
#pragma clang loop unroll(full)
    for (int z = 0; z < input_planes; z++) planes[z] = rows[6 * z] + offset;
#define INPUT(z, y) (regular ? planes[z] + (y) * distance : rows[6 * (z) + (y)] + offset)
#pragma clang loop unroll(full)
    for (int pair = 0; pair < input_planes / 2; pair++) {
        VECTOR first[WINOGRAD_POINTS], second[WINOGRAD_POINTS], v[WINOGRAD_POINTS];
#pragma clang loop unroll(full)
        for (int y = 0; y < WINOGRAD_POINTS; y++) {
            VECTOR d[WINOGRAD_POINTS];
#pragma clang loop unroll(full)
            for (int z = 0; z < input_planes; z++) d[z] = LOAD((const float *)(INPUT(z, y)));
            if (is_short && pair == 0)
                NAMED(short_data_ends)(d, &first[y], &second[y]);
            else if (is_short)
                NAMED(short_data_pair)(d, &first[y], &second[y]);
            else if (pair == 0)
                NAMED(data_ends)(d, &first[y], &second[y]);
            else if (pair == 1)
                NAMED(data_pair)(d, WINOGRAD_A, WINOGRAD_B2, &first[y], &second[y]);
            else
                NAMED(data_pair)(d, WINOGRAD_B, WINOGRAD_A2, &first[y], &second[y]);
        }
        NAMED(data)(first, v);
        float *to = column + first_point[pair] * 6 * COLUMN_SLOT;
#pragma clang loop unroll(full)
        for (int y = 0; y < WINOGRAD_POINTS; y++) STORE(to + y * COLUMN_SLOT, v[y]);
        NAMED(data)(second, v);
        to = column + second_point[pair] * 6 * COLUMN_SLOT;
#pragma clang loop unroll(full)
        for (int y = 0; y < WINOGRAD_POINTS; y++) STORE(to + y * COLUMN_SLOT, v[y]);
    }
#undef INPUT
}

/* The same of values that are not float32. Each is used for all six points along D, two at a time: it is widened once. */
ANK_INLINE void NAMED(transform_widened_column)(const char *const rows[WINOGRAD_PLANE_POINTS], int64_t offset,
                                                int64_t distance, const int is_short, const int regular,
                                                const int32_t format, float *column) {
    float widened[WINOGRAD_PLANE_POINTS * LANES];
    const char *widened_rows[WINOGRAD_PLANE_POINTS];
#pragma clang loop unroll(full)
    for (int r = 0; r < WINOGRAD_POINTS * (is_short ? SHORT_INPUTS : WINOGRAD_POINTS); r++) {
        const char *row = regular ? rows[r / 6 * 6] + r % 6 * distance : rows[r];
        STORE(widened + r * LANES, NAMED(load_values)(row + offset, format));
        widened_rows[r] = (const char *)(widened + r * LANES);
    }
    NAMED(transform_column)(widened_rows, 0, LANES * sizeof(float), is_short, 1, column);
}

ANK_INLINE void NAMED(transform_columns_of)(const char *const rows[WINOGRAD_PLANE_POINTS], int64_t distance,
                                            const int is_short, const int regular, const int32_t format,
                                            int64_t values, float *to) {
    const int row_count = 6 * (is_short ? SHORT_INPUTS : WINOGRAD_POINTS);
    for (int64_t i = 0; i < values; i += LANES) {
        const int64_t offset = i * value_bytes(format);
        if (offset % LINE_BYTES == 0) {
#pragma clang loop unroll(full)
            for (int r = 0; r < row_count; r++) {
                const char *row = regular ? rows[r / 6 * 6] + r % 6 * distance : rows[r];
                __builtin_prefetch(row + offset + LINE_BYTES, 0, 3);
            }
        }
        if (format == ANK_FLOAT32)
            NAMED(transform_column)(rows, offset, distance, is_short, regular, to + i);
        else
            NAMED(transform_widened_column)(rows, offset, distance, is_short, regular, format, to + i);
    }
}

/* `is_short` is a constant after inlining. */
ANK_INLINE void NAMED(transform_columns_in)(const void *const rows[WINOGRAD_PLANE_POINTS], const int is_short,
                                            int32_t format, int64_t values, float *to) {
    const char *const *const from = (const char *const *)rows;
    /* All rows but those of zeros around the map. */
    const intptr_t distance = (intptr_t)from[1] - (intptr_t)from[0];
    int regular = 1;
    for (int r = 0; r < 6 * (is_short ? SHORT_INPUTS : WINOGRAD_POINTS); r++)
        regular &= (intptr_t)from[r] == (intptr_t)from[r / 6 * 6] + r % 6 * distance;
    if (format == ANK_FLOAT32 && regular)
        NAMED(transform_columns_of)(from, distance, is_short, 1, ANK_FLOAT32, values, to);
    else if (format == ANK_FLOAT32)
        NAMED(transform_columns_of)(from, distance, is_short, 0, ANK_FLOAT32, values, to);
    else if (regular)
        NAMED(transform_columns_of)(from, distance, is_short, 1, ANK_BFLOAT16, values, to);
    else
        NAMED(transform_columns_of)(from, distance, is_short, 0, ANK_BFLOAT16, values, to);
}

/* Transforms the columns of a row block along D and H: `values` consecutive ones of each row, a multiple
 * of LANES. Those of point e go to `to` + e * COLUMN_SLOT. rows[6 * z + y]: see transform_column. A short tile has
 * rows of four planes, and no points b and -b along D.
 *
 * While a column is transformed, the next is fetched into the first-level cache: no processor follows
 * 36 rows at a time by itself. */
static ANK_OUT_OF_LINE void NAMED(transform_columns)(const void *const rows[WINOGRAD_PLANE_POINTS], int is_short,
                                                     int32_t format, int64_t values, float *to) {
    if (is_short)
        NAMED(transform_columns_in)(rows, 1, format, values, to);
    else
        NAMED(transform_columns_in)(rows, 0, format, values, to);
}

/* `lanes` and `wide` are constants after inlining. */
ANK_INLINE void NAMED(transform_tiles_of)(const float *columns, const int32_t lanes, const int wide, int32_t tiles,
                                          float *values, int64_t slot) {
    const int width = winograd_tile_width(wide), points = winograd_row_points(wide);
    for (const float *const end = values + tiles * BLOCK_LANES; values < end;
         values += BLOCK_LANES, columns += width * lanes) {
#pragma clang loop unroll(full)
        for (int32_t lane = 0; lane < lanes; lane += LANES) {
            VECTOR d[WIDE_POINTS], v[WIDE_POINTS];
#pragma clang loop unroll(full)
            for (int x = 0; x < points; x++) d[x] = LOAD(columns + x * lanes + lane);
            if (wide)
                NAMED(wide_data)(d, v);
            else
                NAMED(data)(d, v);
#pragma clang loop unroll(full)
            for (int x = 0; x < points; x++) STORE(values + x * slot + lane, v[x]);
        }
    }
}

/* Transforms the columns of one point along W: tile t's values go to values + x * slot + t * BLOCK_LANES. */
static ANK_OUT_OF_LINE void NAMED(transform_tiles)(const float *columns, int32_t lanes, int wide, int32_t tiles,
                                                   float *values, int64_t slot) {
    if (lanes == BLOCK_LANES && wide)
        NAMED(transform_tiles_of)(columns, BLOCK_LANES, 1, tiles, values, slot);
    else if (lanes == BLOCK_LANES)
        NAMED(transform_tiles_of)(columns, BLOCK_LANES, 0, tiles, values, slot);
    else if (wide)
        NAMED(transform_tiles_of)(columns, LANES, 1, tiles, values, slot);
    else
        NAMED(transform_tiles_of)(columns, LANES, 0, tiles, values, slot);
}

/* The outputs 0 and 2 of the four that six products come to; see points.h. */
ANK_INLINE void NAMED(even_outputs)(const VECTOR m[6], VECTOR *y0, VECTOR *y2) {
    const VECTOR sum_a = m[1] + m[2], sum_b = m[3] + m[4];
    *y0 = FMA(SPLAT(WINOGRAD_Y0A), sum_a, FMA(SPLAT(WINOGRAD_Y0B), sum_b, m[0]));
    *y2 = FMA(SPLAT(WINOGRAD_Y2A), sum_a, sum_b);
}

/* The outputs 1 and 3. */
ANK_INLINE void NAMED(odd_outputs)(const VECTOR m[6], VECTOR *y1, VECTOR *y3) {
    const VECTOR difference_a = m[1] - m[2], difference_b = m[3] - m[4];
    *y1 = FMA(SPLAT(WINOGRAD_Y1B), difference_b, difference_a);
    *y3 = FMA(SPLAT(WINOGRAD_Y3B), difference_b, FMA(SPLAT(WINOGRAD_Y3A), difference_a, m[5]));
}

/* All six outputs of a wide tile from its eight products. */
ANK_INLINE void NAMED(wide_outputs)(const VECTOR m[WIDE_POINTS], VECTOR y[WIDE_OUTPUTS]) {
    const VECTOR sum_a = m[1] + m[2], sum_1 = m[3] + m[4], sum_b = m[5] + m[6];
    y[0] = (m[0] + sum_1) + (sum_a + sum_b);
    y[2] = FMA(SPLAT(POWER2(WIDE_A)), sum_a, FMA(SPLAT(POWER2(WIDE_B)), sum_b, sum_1));
    y[4] = FMA(SPLAT(POWER4(WIDE_A)), sum_a, FMA(SPLAT(POWER4(WIDE_B)), sum_b, sum_1));
    const VECTOR difference_a = m[1] - m[2], difference_1 = m[3] - m[4], difference_b = m[5] - m[6];
    y[1] = FMA(SPLAT(WIDE_A), difference_a, FMA(SPLAT(WIDE_B), difference_b, difference_1));
    y[3] = FMA(SPLAT(POWER2(WIDE_A) * WIDE_A), difference_a,
               FMA(SPLAT(POWER2(WIDE_B) * WIDE_B), difference_b, difference_1));
    y[5] = FMA(SPLAT(POWER4(WIDE_A) * WIDE_A), difference_a,
               FMA(SPLAT(POWER4(WIDE_B) * WIDE_B), difference_b, difference_1 + m[7]));
}

/* Both outputs of a short tile; m[3] and m[4] are not used. */
ANK_INLINE void NAMED(short_outputs)(const VECTOR m[6], VECTOR *y0, VECTOR *y1) {
    *y0 = FMA(SPLAT(WINOGRAD_SHORT_Y0), m[1] + m[2], m[0]);
    *y1 = FMA(SPLAT(WINOGRAD_SHORT_Y1), m[1] - m[2], m[5]);
}

/* `lanes` and `wide` are constants after inlining. */
ANK_INLINE void NAMED(restore_columns_of)(const float *products, int64_t slot, const int32_t lanes, const int wide,
                                          int32_t tiles, float *columns) {
    const int width = winograd_tile_width(wide);
    for (const float *const end = products + tiles * lanes; products < end;
         products += lanes, columns += width * lanes) {
#pragma clang loop unroll(full)
        for (int32_t lane = 0; lane < lanes; lane += LANES) {
            VECTOR m[WIDE_POINTS], y[WIDE_OUTPUTS];
#pragma clang loop unroll(full)
            for (int x = 0; x < winograd_row_points(wide); x++) m[x] = LOAD(products + x * slot + lane);
            if (wide) {
                NAMED(wide_outputs)(m, y);
            } else {
                NAMED(even_outputs)(m, &y[0], &y[2]);
                NAMED(odd_outputs)(m, &y[1], &y[3]);
            }
#pragma clang loop unroll(full)
            for (int x = 0; x < width; x++) STORE(columns + x * lanes + lane, y[x]);
        }
    }
}

/* Transforms the products of one point back along W: tile t's, at products + x * slot + t * lanes, become
 * the tile's columns. */
static ANK_OUT_OF_LINE void NAMED(restore_columns)(const float *products, int64_t slot, int32_t lanes, int wide,
                                                   int32_t tiles, float *columns) {
    if (lanes == BLOCK_LANES && wide)
        NAMED(restore_columns_of)(products, slot, BLOCK_LANES, 1, tiles, columns);
    else if (lanes == BLOCK_LANES)
        NAMED(restore_columns_of)(products, slot, BLOCK_LANES, 0, tiles, columns);
    else if (wide)
        NAMED(restore_columns_of)(products, slot, LANES, 1, tiles, columns);
    else
        NAMED(restore_columns_of)(products, slot, LANES, 0, tiles, columns);
}

/* `is_short`, `whole` (all of its rows are wanted) and what follows are constants after inlining; `streamed` only
 * where vectors fill a line. */
ANK_INLINE void NAMED(transform_output_of)(const float *products, int32_t columns,
                                           const struct output_rows *to, const int is_short, const int whole,
                                           const int32_t format, const int32_t added_format, const int summed,
                                           const int streamed) {
#define OUTPUT(r) writable_value_at(to->rows[r], offset, format)
    const int planes = is_short ? SHORT_OUTPUTS : WINOGRAD_OUTPUTS;
    const int32_t lanes = to->lanes;
    const VECTOR slope = SPLAT(to->negative_slope);
    const int32_t inside = columns < to->columns ? columns : to->columns;
    for (int32_t x = 0; x < inside; x++)
        for (int32_t lane = 0; lane < lanes; lane += LANES) {
            const int64_t offset = x * lanes + lane;
            VECTOR totals[4];
#pragma clang loop unroll(full)
            for (int z = 0; z < planes; z++) totals[z] = SPLAT(0);
#pragma clang loop unroll(full)
            for (int odd = 0; odd < 2; odd++) {
                const float *from = products + offset;
                VECTOR half[2][6]; /* [row y = odd or odd + 2][point along D] */
#pragma clang loop unroll(full)
                for (int z = 0; z < 6; z++, from += 6 * COLUMN_SLOT) {
                    if (is_short && (z == 3 || z == 4)) continue;
                    VECTOR m[6];
#pragma clang loop unroll(full)
                    for (int i = odd; i < 5 + odd; i++) m[i] = LOAD(from + i * COLUMN_SLOT);
                    if (odd)
                        NAMED(odd_outputs)(m, &half[0][z], &half[1][z]);
                    else
                        NAMED(even_outputs)(m, &half[0][z], &half[1][z]);
                }
#pragma clang loop unroll(full)
                for (int i = 0; i < 2; i++) {
                    const int y = odd + 2 * i;
                    VECTOR outputs[4];
                    if (is_short) {
                        NAMED(short_outputs)(half[i], &outputs[0], &outputs[1]);
                    } else {
                        NAMED(even_outputs)(half[i], &outputs[0], &outputs[2]);
                        NAMED(odd_outputs)(half[i], &outputs[1], &outputs[3]);
                    }
#pragma clang loop unroll(full)
                    for (int z = 0; z < planes; z++) {
                        if (!whole && !to->rows[4 * z + y]) continue;
                        VECTOR v = FMA(LOAD(to->scale + lane), outputs[z], LOAD(to->shift + lane));
                        if (to->added)
                            v += NAMED(load_values)(value_at(to->added_rows[4 * z + y], offset, added_format),
                                                    added_format);
                        v = NAMED(activate)(v, slope);
                        if (summed) totals[z] += NAMED(as_stored)(v, format);
                        if (streamed)
                            NAMED(stream)(OUTPUT(4 * z + y), v);
                        else
                            NAMED(store_values)(OUTPUT(4 * z + y), v, format);
                    }
                }
            }
            for (int z = 0; summed && z < planes; z++) {
                float *sums = to->sums + z * BLOCK_LANES + lane;
                STORE(sums, LOAD(sums) + totals[z]);
            }
        }
    for (int64_t offset = (int64_t)inside * lanes; offset < (int64_t)columns * lanes; offset += LANES)
        for (int r = 0; r < 16; r++)
            if (to->rows[r]) NAMED(store_values)(OUTPUT(r), SPLAT(0), format);
#undef OUTPUT
}

/* All but the first three are constants after inlining. */
ANK_INLINE void NAMED(transform_output_as)(const float *products, int32_t columns,
                                           const struct output_rows *to, const int is_short, const int whole,
                                           const int32_t format, const int32_t added_format) {
    const int may_stream = LANES == 16 && whole && format == ANK_FLOAT32;
    if (may_stream && to->streamed && to->sums)
        NAMED(transform_output_of)(products, columns, to, is_short, whole, format, added_format, 1, 1);
    else if (may_stream && to->streamed)
        NAMED(transform_output_of)(products, columns, to, is_short, whole, format, added_format, 0, 1);
    else if (to->sums)
        NAMED(transform_output_of)(products, columns, to, is_short, whole, format, added_format, 1, 0);
    else
        NAMED(transform_output_of)(products, columns, to, is_short, whole, format, added_format, 0, 0);
}

/* `is_short` and `whole` are constants after inlining. */
ANK_INLINE void NAMED(transform_output_in)(const float *products, int32_t columns,
                                           const struct output_rows *to, const int is_short, const int whole) {
    if (to->format == ANK_FLOAT32)
        NAMED(transform_output_as)(products, columns, to, is_short, whole, ANK_FLOAT32, ANK_FLOAT32);
    else if (to->added_format == ANK_FLOAT32)
        NAMED(transform_output_as)(products, columns, to, is_short, whole, ANK_BFLOAT16, ANK_FLOAT32);
    else
        NAMED(transform_output_as)(products, columns, to, is_short, whole, ANK_BFLOAT16, ANK_BFLOAT16);
}

/* Transforms the row block's columns of products, that of point e at products + e * COLUMN_SLOT, back along H and
 * D and writes them. Two of the four rows at a time keep 12 values in registers between the two steps. */
static ANK_OUT_OF_LINE void NAMED(transform_output)(const float *products, int32_t columns,
                                                    const struct output_rows *to) {
    int whole = 1;
    for (int r = 0; r < 16; r++) whole &= to->rows[r] != NULL;
    if (to->is_short)
        NAMED(transform_output_in)(products, columns, to, 1, 0);
    else if (whole)
        NAMED(transform_output_in)(products, columns, to, 0, 1);
    else
        NAMED(transform_output_in)(products, columns, to, 0, 0);
}

#undef PASTED
#undef EXPANDED
#undef NAMED
#undef VECTOR
#undef LOAD
#undef STORE
#undef SPLAT
#undef FMA
#undef POWER2
#undef POWER4
