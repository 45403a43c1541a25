/* Convolutions whose output rows are products of input rows as they lie in memory: 1x1x1, where a
 * voxel's channels are the row of a matrix, and the 3x3x3 stem with stride 2 from an image, where
 * three neighbouring voxels are, and the next row begins two voxels further.
 */
#ifndef ROW_CONVOLUTION_H
#define ROW_CONVOLUTION_H

#include <stddef.h>

#include "../products/lane_groups.h"

int row_convolution_suits_shape(const ank_convolution_shape *shape, int32_t vector_lanes);
int row_convolution_suits(const ank_convolution *operation, int32_t vector_lanes);

size_t row_convolution_weights_bytes(const ank_convolution_shape *shape, int32_t vector_lanes);
void row_convolution_prepare_weights(const ank_convolution_shape *shape, const float *weights, const double *scale,
                                     float *prepared, int32_t vector_lanes);

#endif
