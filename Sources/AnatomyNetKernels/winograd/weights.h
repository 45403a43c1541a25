/* The weight transform, in double precision. */
#ifndef WINOGRAD_WEIGHTS_H
#define WINOGRAD_WEIGHTS_H

#include "layout.h"

/* Bytes of the transformed weights: for each point of a tile a matrix [input channel][output lane]. */
size_t winograd_weights_bytes(const ank_convolution_shape *shape, int32_t vector_lanes);

/* Writes them: for each point and output pass, first the wide vectors of every
 * input channel, then the narrow ones. */
void winograd_prepare_weights(const ank_convolution_shape *shape, const float *weights,
                              const double *scale, float *prepared, int32_t vector_lanes);

#endif
