/* The data and output transforms of one lane group, for vectors of LANES floats.
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

/* The data transform's values of the points 0, a, -a from d0 ... d4. */
ANK_INLINE void NAMED(data_low)(VECTOR d0, VECTOR d1, VECTOR d2, VECTOR d3, VECTOR d4,
                                   VECTOR v[3]) {
    const VECTOR even = FMA(SPLAT(-WINOGRAD_B2), d2, d4);
    const VECTOR odd = FMA(SPLAT(-WINOGRAD_B2), d1, d3);
    v[0] = FMA(SPLAT(-WINOGRAD_SUM2), d2, d0 + d4);
    v[1] = FMA(SPLAT(WINOGRAD_A), odd, even);
    v[2] = FMA(SPLAT(-WINOGRAD_A), odd, even);
}

/* Those of the points b, -b, infinity from d1 ... d5. */
ANK_INLINE void NAMED(data_high)(VECTOR d1, VECTOR d2, VECTOR d3, VECTOR d4, VECTOR d5,
                                    VECTOR v[3]) {
    const VECTOR even = FMA(SPLAT(-WINOGRAD_A2), d2, d4);
    const VECTOR odd = FMA(SPLAT(-WINOGRAD_A2), d1, d3);
    v[0] = FMA(SPLAT(WINOGRAD_B), odd, even);
    v[1] = FMA(SPLAT(-WINOGRAD_B), odd, even);
    v[2] = FMA(SPLAT(-WINOGRAD_SUM2), d3, d1 + d5);
}

/* The transformed values along D and H of one column of voxels: 36 vectors.
 * rows[z * 6 + y] points to the column of tile row 0; `offset` values further
 * lies the one wanted. `format` is a constant after inlining.
 *
 * Three of the six points along D at a time keep 18 values in registers
 * between the two steps; all six would spill. */
ANK_INLINE void NAMED(transform_column)(const void *const rows[WINOGRAD_PLANE_POINTS], int64_t offset,
                                        const int32_t format, float *column) {
#define VOXEL(row) NAMED(load_values)(value_at(rows[row], offset, format), format)
    for (int half = 0; half < 2; half++) {
        VECTOR depth[WINOGRAD_POINTS][3];
#pragma clang loop unroll(full)
        for (int y = 0; y < WINOGRAD_POINTS; y++) {
            if (half == 0)
                NAMED(data_low)(VOXEL(y), VOXEL(6 + y), VOXEL(12 + y), VOXEL(18 + y), VOXEL(24 + y), depth[y]);
            else
                NAMED(data_high)(VOXEL(6 + y), VOXEL(12 + y), VOXEL(18 + y), VOXEL(24 + y), VOXEL(30 + y),
                                 depth[y]);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < 3; i++) {
            VECTOR v[6];
            NAMED(data_low)(depth[0][i], depth[1][i], depth[2][i], depth[3][i], depth[4][i], v);
            NAMED(data_high)(depth[1][i], depth[2][i], depth[3][i], depth[4][i], depth[5][i], v + 3);
#pragma clang loop unroll(full)
            for (int y = 0; y < 6; y++) STORE(column + ((half * 3 + i) * 6 + y) * LANES, v[y]);
        }
    }
#undef VOXEL
}

/* Transforms the tiles of one row block: `tiles` tiles side by side, tile 0's
 * first input column being the one that `rows` points to. Successive voxels of
 * a row are `voxel` values apart. The value of point e of tile t goes to
 * values + e * slot + t * LANES.
 *
 * Two of a tile's six columns are its left neighbour's too, so transformed
 * columns pass through a ring of eight. */
ANK_INLINE void NAMED(transform_input_of)(const void *const rows[WINOGRAD_PLANE_POINTS], int64_t voxel,
                                          const int32_t format, int32_t tiles, float *ring, float *values,
                                          int64_t slot) {
    enum { COLUMN = WINOGRAD_PLANE_POINTS * LANES };
    for (int c = 0; c < 2; c++) NAMED(transform_column)(rows, c * voxel, format, ring + c * COLUMN);
    for (int32_t t = 0; t < tiles; t++) {
        const int32_t first = 4 * t;
        for (int32_t c = first + 2; c < first + 6; c++)
            NAMED(transform_column)(rows, c * voxel, format, ring + (c & 7) * COLUMN);
        const float *const left = ring + (first & 7) * COLUMN;
        const float *const right = ring + ((first + 4) & 7) * COLUMN;
        float *to = values + t * LANES;
        for (int e = 0; e < WINOGRAD_PLANE_POINTS; e++, to += WINOGRAD_POINTS * slot) {
            const VECTOR d0 = LOAD(left + e * LANES), d1 = LOAD(left + COLUMN + e * LANES);
            const VECTOR d2 = LOAD(left + 2 * COLUMN + e * LANES);
            const VECTOR d3 = LOAD(left + 3 * COLUMN + e * LANES);
            const VECTOR d4 = LOAD(right + e * LANES), d5 = LOAD(right + COLUMN + e * LANES);
            VECTOR v[6];
            NAMED(data_low)(d0, d1, d2, d3, d4, v);
            NAMED(data_high)(d1, d2, d3, d4, d5, v + 3);
#pragma clang loop unroll(full)
            for (int x = 0; x < 6; x++) STORE(to + x * slot, v[x]);
        }
    }
}

static void NAMED(transform_input)(const void *const rows[WINOGRAD_PLANE_POINTS], int64_t voxel, int32_t format,
                                   int32_t tiles, float *ring, float *values, int64_t slot) {
    if (format == ANK_FLOAT32)
        NAMED(transform_input_of)(rows, voxel, ANK_FLOAT32, tiles, ring, values, slot);
    else
        NAMED(transform_input_of)(rows, voxel, ANK_BFLOAT16, tiles, ring, values, slot);
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

/* Where the outputs of a row block go, for one lane group. */
struct NAMED(output_rows) {
    void *rows[16];       /* [z][y]: voxel x of the first tile; NULL: not wanted */
    void *added_rows[16]; /* likewise of a residual or a shortcut; used where `added` is set */
    int added;
    int32_t format, added_format;
    int64_t voxel, added_voxel; /* values from a voxel to the next */
    int32_t columns;            /* voxels of the row from x on; those after are zero */
    float scale[LANES], shift[LANES], negative_slope;
};

/* Transforms the products of the row block's tiles back and writes them. */
ANK_INLINE void NAMED(transform_output_of)(const float *products, int64_t slot, int32_t tiles, float *lines,
                                           const struct NAMED(output_rows) *to, const int32_t format,
                                           const int32_t added_format) {
#define OUTPUT(r) writable_value_at(to->rows[r], offset, format)
    const VECTOR scale = LOAD(to->scale), shift = LOAD(to->shift);
    const VECTOR slope = SPLAT(to->negative_slope);
    for (int32_t t = 0; t < tiles; t++) {
        const float *from = products + t * LANES;
        for (int e = 0; e < WINOGRAD_PLANE_POINTS; e++, from += WINOGRAD_POINTS * slot) {
            VECTOR m[6], y[4];
#pragma clang loop unroll(full)
            for (int x = 0; x < 6; x++) m[x] = LOAD(from + x * slot);
            NAMED(outputs)(m, y);
#pragma clang loop unroll(full)
            for (int x = 0; x < 4; x++) STORE(lines + (x * WINOGRAD_PLANE_POINTS + e) * LANES, y[x]);
        }
        for (int x = 0; x < 4; x++) {
            const int64_t offset = (4 * t + x) * to->voxel, added = (4 * t + x) * to->added_voxel;
            if (4 * t + x >= to->columns) {
                for (int r = 0; r < 16; r++)
                    if (to->rows[r]) NAMED(store_values)(OUTPUT(r), SPLAT(0), format);
                continue;
            }
            const float *line = lines + x * WINOGRAD_PLANE_POINTS * LANES;
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
#pragma clang loop unroll(full)
            for (int y = 0; y < 4; y++) {
                VECTOR sums[4];
                NAMED(outputs)(height[y], sums);
#pragma clang loop unroll(full)
                for (int z = 0; z < 4; z++) {
                    if (!to->rows[4 * z + y]) continue;
                    VECTOR v = FMA(scale, sums[z], shift);
                    if (to->added)
                        v += NAMED(load_values)(value_at(to->added_rows[4 * z + y], added, added_format), added_format);
                    NAMED(store_values)(OUTPUT(4 * z + y), NAMED(activate)(v, slope), format);
                }
            }
        }
    }
#undef OUTPUT
}

static void NAMED(transform_output)(const float *products, int64_t slot, int32_t tiles, float *lines,
                                    const struct NAMED(output_rows) *to) {
    if (to->format == ANK_FLOAT32)
        NAMED(transform_output_of)(products, slot, tiles, lines, to, ANK_FLOAT32, ANK_FLOAT32);
    else if (to->added_format == ANK_FLOAT32)
        NAMED(transform_output_of)(products, slot, tiles, lines, to, ANK_BFLOAT16, ANK_FLOAT32);
    else
        NAMED(transform_output_of)(products, slot, tiles, lines, to, ANK_BFLOAT16, ANK_BFLOAT16);
}

#undef PASTED
#undef EXPANDED
#undef NAMED
#undef VECTOR
#undef LOAD
#undef STORE
#undef SPLAT
#undef FMA
