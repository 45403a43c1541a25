/* 3x3x3 convolution with stride 1 for AVX2 and FMA; see ../winograd. */
#ifndef AVX2_WINOGRAD_H
#define AVX2_WINOGRAD_H

#include "../include/anatomynet_kernels.h"

size_t winograd_scratch_bytes_avx2(const ank_convolution *operation);
int64_t winograd_items_avx2(const ank_convolution *operation);
void winograd_convolve_avx2(const ank_convolution *operation, int64_t item, void *scratch);

#endif
