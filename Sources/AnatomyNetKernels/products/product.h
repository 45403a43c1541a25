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

/* Where a vector of outputs goes: that of row r to values[displacement + step * r]. */
struct target {
    float *values;
    int64_t step;
};

/* Products of consecutive portions of rows: the first `longer` portions have as many rows as multiply() is
 * compiled for, `shorter` more have one row less. */
struct product {
    int32_t source_count;
    const struct source *sources; /* none of them empty */
    int64_t displacement;
    int64_t first_row; /* of the first portion */
    int32_t longer, shorter;
    const float *wide_weights; /* [input channel][wide vectors] */
    const float *narrow_weights;
    struct target targets[3]; /* of the wide vectors, then of the narrow one */
    struct fetch_list *fetches;
};

#endif
