/* Rows of input values times a matrix of weights: what every convolution here comes down to. The
 * rows are transformed tiles, or voxels of an image row.
 */
#ifndef PRODUCT_H
#define PRODUCT_H

#include "fetch_list.h"

/* Consecutive input channels: channel k of row r is values[displacement + step * r + k]. */
struct source {
    const float *values;
    int32_t channels;
    int32_t step; /* 16, 8, or 2: every other voxel of an image */
};

/* Where the outputs of a pass go: vector n of row r to wide[n][displacement + step * r], a narrow one likewise. */
struct target {
    float *wide[3], *narrow;
};

/* Products of the same rows with one matrix after another: for each of `points` and `passes`, rows are cut into
 * portions, `longer` ones of as many rows as multiply() is compiled for, then `shorter` ones of one row less. */
struct product {
    int32_t source_count, channels;
    const struct source *sources; /* of each point; none of them empty */
    int32_t row_step; /* floats from row to row of all that is read and written, if BLOCK_LANES everywhere; 0: of any */
    int32_t longer, shorter;
    int32_t points, passes;
    int64_t displacement, point_step; /* of what is read and written: that of the first point, and from point to point */
    const struct target *targets;     /* of each pass */
    int64_t wide_step, narrow_step;
    const float *weights; /* of each pass: [input channel][wide vectors], then [input channel][narrow vector] */
    int64_t weights_step; /* from point to point */
    struct fetch_list *fetches;
};

#endif
