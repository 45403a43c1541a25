/* Rows of input values times a matrix of weights: what every convolution here comes down to. The
 * rows are transformed tiles, or voxels of an image row.
 */
#ifndef PRODUCT_H
#define PRODUCT_H

#include <stdint.h>

/* Lines fetched ahead from inside the product: two an input channel. */
struct fetch {
    const char *from;
    int64_t step; /* 128, or 0 where there is nothing to fetch */
};

/* Consecutive input channels: channel k of row r is values[displacement + step * r + k]. */
struct source {
    const float *values;
    int32_t channels;
    int32_t step; /* 16, 8, or 2: every other voxel of an image */
};

/* One product: see the arguments of multiply(). */
struct product {
    int32_t source_count;
    const struct source *sources;
    int64_t displacement;
    int64_t rows, first_row;   /* rows of an output group, and the first to compute */
    const float *wide_weights; /* [input channel][wide vectors] */
    const float *narrow_weights;
    float *products; /* of the first output group */
    struct fetch fetch;
};

#endif
