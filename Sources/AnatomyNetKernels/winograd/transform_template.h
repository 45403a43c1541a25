/* The data and output transforms of one block, for vectors of LANES floats. A block of 16 lanes is two
 * parts where vectors have 8: they are done side by side, so that every cache line of voxels, values
 * and products is fetched once and wholly used.
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

/* All six. */
ANK_INLINE void NAMED(data)(const VECTOR d[6], VECTOR v[6]) {
    NAMED(data_ends)(d, &v[0], &v[5]);
    NAMED(data_pair)(d, WINOGRAD_A, WINOGRAD_B2, &v[1], &v[2]);
    NAMED(data_pair)(d, WINOGRAD_B, WINOGRAD_A2, &v[3], &v[4]);
}

/* The transformed values along D and H of one column of voxels: 36 vectors.
 * rows[z * 6 + y] points to the column of tile row 0; `offset` values further
 * lies the one wanted. `format` is a constant after inlining.
 *
 * Two of the six points along D at a time keep 12 values in registers between
 * the two steps, of the 16 that AVX2 has; more would spill. */
ANK_INLINE void NAMED(transform_column)(const void *const rows[WINOGRAD_PLANE_POINTS], int64_t offset,
                                        const int32_t format, float *column) {
    static const int first_point[3] = {0, 1, 3}, second_point[3] = {5, 2, 4};
#pragma clang loop unroll(full)
    for (int pair = 0; pair < 3; pair++) {
        VECTOR first[WINOGRAD_POINTS], second[WINOGRAD_POINTS], v[WINOGRAD_POINTS];
#pragma clang loop unroll(full)
        for (int y = 0; y < WINOGRAD_POINTS; y++) {
            VECTOR d[WINOGRAD_POINTS];
#pragma clang loop unroll(full)
            for (int z = 0; z < WINOGRAD_POINTS; z++)
                d[z] = NAMED(load_values)(value_at(rows[6 * z + y], offset, format), format);
            if (pair == 0)
                NAMED(data_ends)(d, &first[y], &second[y]);
            else if (pair == 1)
                NAMED(data_pair)(d, WINOGRAD_A, WINOGRAD_B2, &first[y], &second[y]);
            else
                NAMED(data_pair)(d, WINOGRAD_B, WINOGRAD_A2, &first[y], &second[y]);
        }
        NAMED(data)(first, v);
#pragma clang loop unroll(full)
        for (int y = 0; y < WINOGRAD_POINTS; y++) STORE(column + (first_point[pair] * 6 + y) * LANES, v[y]);
        NAMED(data)(second, v);
#pragma clang loop unroll(full)
        for (int y = 0; y < WINOGRAD_POINTS; y++) STORE(column + (second_point[pair] * 6 + y) * LANES, v[y]);
    }
}

/* Transforms the tiles of one row block: `tiles` tiles side by side, tile 0's
 * first input column being the one that `rows` points to. Voxels have `lanes`
 * values, a multiple of LANES. The values of point e of tile t go to
 * values + e * slot + t * lanes.
 *
 * Two of a tile's six columns are its left neighbour's too, so transformed
 * columns pass through a ring of six for each part. While a column is transformed,
 * the next is fetched into the first-level cache: no processor follows 36 rows at
 * a time by itself. */
ANK_INLINE void NAMED(transform_input_of)(const void *const rows[WINOGRAD_PLANE_POINTS], int32_t lanes,
                                          const int32_t format, int32_t tiles, float *ring, float *values,
                                          int64_t slot) {
    enum { COLUMN = WINOGRAD_PLANE_POINTS * LANES };
    for (int32_t t = 0; t < tiles; t++) {
        const int32_t first = 4 * t;
        for (int32_t c = t ? first + 2 : first; c < first + 6; c++) {
            if (t + 1 < tiles)
                for (int r = 0; r < WINOGRAD_PLANE_POINTS; r++)
                    __builtin_prefetch(value_at(rows[r], (c + 1) * lanes, format), 0, 3);
            for (int32_t lane = 0; lane < lanes; lane += LANES)
                NAMED(transform_column)(rows, c * lanes + lane, format,
                                        ring + (c % 6) * COLUMN + 6 * COLUMN * (lane / LANES));
        }
        const float *const left = ring + (first % 6) * COLUMN;
        const float *const middle = ring + ((first + 2) % 6) * COLUMN;
        const float *const right = ring + ((first + 4) % 6) * COLUMN;
        float *to = values + t * lanes;
        for (int e = 0; e < WINOGRAD_PLANE_POINTS; e++, to += WINOGRAD_POINTS * slot) {
            for (int32_t lane = 0; lane < lanes; lane += LANES) {
                const int32_t from = 6 * COLUMN * (lane / LANES) + e * LANES;
                const VECTOR d[6] = {LOAD(left + from),   LOAD(left + COLUMN + from),
                                     LOAD(middle + from), LOAD(middle + COLUMN + from),
                                     LOAD(right + from),  LOAD(right + COLUMN + from)};
                VECTOR v[6];
                NAMED(data)(d, v);
#pragma clang loop unroll(full)
                for (int x = 0; x < 6; x++) STORE(to + lane + x * slot, v[x]);
            }
        }
    }
}

static void NAMED(transform_input)(const void *const rows[WINOGRAD_PLANE_POINTS], int32_t lanes, int32_t format,
                                   int32_t tiles, float *ring, float *values, int64_t slot) {
    if (format == ANK_FLOAT32)
        NAMED(transform_input_of)(rows, lanes, ANK_FLOAT32, tiles, ring, values, slot);
    else
        NAMED(transform_input_of)(rows, lanes, ANK_BFLOAT16, tiles, ring, values, slot);
}

/* Four outputs from six products; see points.h. */
ANK_INLINE void NAMED(outputs)(const VECTOR m[6], VECTOR y[4]) {
    const VECTOR sum_a = m[1] + m[2], difference_a = m[1] - m[2];
    const VECTOR sum_b = m[3] + m[4], difference_b = m[3] - m[4];
    y[0] = FMA(SPLAT(WINOGRAD_Y0A), sum_a, FMA(SPLAT(WINOGRAD_Y0B), sum_b, m[0]));
    y[1] = FMA(SPLAT(WINOGRAD_Y1B), difference_b, difference_a);
    y[2] = FMA(SPLAT(WINOGRAD_Y2A), sum_a, sum_b);
    y[3] = FMA(SPLAT(WINOGRAD_Y3B), difference_b, FMA(SPLAT(WINOGRAD_Y3A), difference_a, m[5]));
}

/* Where the outputs of a row block go, for one block. */
struct NAMED(output_rows) {
    void *rows[16];       /* [z][y]: voxel x of the first tile; NULL: not wanted */
    void *added_rows[16]; /* likewise of a residual or a shortcut; used where `added` is set */
    int added;
    int32_t format, added_format;
    int32_t lanes;   /* of a voxel: a multiple of LANES */
    int32_t columns; /* voxels of the row from x on; those after are zero */
    float scale[BLOCK_LANES], shift[BLOCK_LANES], negative_slope;
    float *sums; /* [z][BLOCK_LANES]: where the outputs are added up, if they are float32; NULL: nowhere */
};

/* Transforms the products of the row block's tiles back and writes them. */
ANK_INLINE void NAMED(transform_output_of)(const float *products, int64_t slot, int32_t tiles, float *lines,
                                           const struct NAMED(output_rows) *to, const int32_t format,
                                           const int32_t added_format, const int summed) {
#define OUTPUT(r) writable_value_at(to->rows[r], offset, format)
    const int32_t lanes = to->lanes;
    const VECTOR slope = SPLAT(to->negative_slope);
    for (int32_t t = 0; t < tiles; t++) {
        const float *from = products + t * lanes;
        for (int e = 0; e < WINOGRAD_PLANE_POINTS; e++, from += WINOGRAD_POINTS * slot) {
            for (int32_t lane = 0; lane < lanes; lane += LANES) {
                VECTOR m[6], y[4];
#pragma clang loop unroll(full)
                for (int x = 0; x < 6; x++) m[x] = LOAD(from + lane + x * slot);
                NAMED(outputs)(m, y);
#pragma clang loop unroll(full)
                for (int x = 0; x < 4; x++)
                    STORE(lines + (x * WINOGRAD_PLANE_POINTS + e) * LANES + 4 * WINOGRAD_PLANE_POINTS * lane, y[x]);
            }
        }
        for (int32_t x = 0; x < 4; x++)
            for (int32_t lane = 0; lane < lanes; lane += LANES) {
                const int64_t offset = (4 * t + x) * lanes + lane;
                if (4 * t + x >= to->columns) {
                    for (int r = 0; r < 16; r++)
                        if (to->rows[r]) NAMED(store_values)(OUTPUT(r), SPLAT(0), format);
                    continue;
                }
                const VECTOR scale = LOAD(to->scale + lane), shift = LOAD(to->shift + lane);
                const float *line = lines + x * WINOGRAD_PLANE_POINTS * LANES + 4 * WINOGRAD_PLANE_POINTS * lane;
                VECTOR height[4][6]; /* [y][point along D] */
#pragma clang loop unroll(full)
                for (int z = 0; z < 6; z++) {
                    VECTOR m[6], y[4];
#pragma clang loop unroll(full)
                    for (int i = 0; i < 6; i++) m[i] = LOAD(line + (6 * z + i) * LANES);
                    NAMED(outputs)(m, y);
#pragma clang loop unroll(full)
                    for (int i = 0; i < 4; i++) height[i][z] = y[i];
                }
                VECTOR totals[4];
#pragma clang loop unroll(full)
                for (int z = 0; z < 4; z++) totals[z] = summed ? LOAD(to->sums + z * BLOCK_LANES + lane) : SPLAT(0);
#pragma clang loop unroll(full)
                for (int y = 0; y < 4; y++) {
                    VECTOR sums[4];
                    NAMED(outputs)(height[y], sums);
#pragma clang loop unroll(full)
                    for (int z = 0; z < 4; z++) {
                        if (!to->rows[4 * z + y]) continue;
                        VECTOR v = FMA(scale, sums[z], shift);
                        if (to->added)
                            v += NAMED(load_values)(value_at(to->added_rows[4 * z + y], offset, added_format),
                                                    added_format);
                        v = NAMED(activate)(v, slope);
                        if (summed) totals[z] += v;
                        NAMED(store_values)(OUTPUT(4 * z + y), v, format);
                    }
                }
                if (summed)
                    for (int z = 0; z < 4; z++) STORE(to->sums + z * BLOCK_LANES + lane, totals[z]);
            }
    }
#undef OUTPUT
}

static void NAMED(transform_output)(const float *products, int64_t slot, int32_t tiles, float *lines,
                                    const struct NAMED(output_rows) *to) {
    if (to->format == ANK_FLOAT32 && to->sums)
        NAMED(transform_output_of)(products, slot, tiles, lines, to, ANK_FLOAT32, ANK_FLOAT32, 1);
    else if (to->format == ANK_FLOAT32)
        NAMED(transform_output_of)(products, slot, tiles, lines, to, ANK_FLOAT32, ANK_FLOAT32, 0);
    else if (to->added_format == ANK_FLOAT32)
        NAMED(transform_output_of)(products, slot, tiles, lines, to, ANK_BFLOAT16, ANK_FLOAT32, 0);
    else
        NAMED(transform_output_of)(products, slot, tiles, lines, to, ANK_BFLOAT16, ANK_BFLOAT16, 0);
}

#undef PASTED
#undef EXPANDED
#undef NAMED
#undef VECTOR
#undef LOAD
#undef STORE
#undef SPLAT
#undef FMA
