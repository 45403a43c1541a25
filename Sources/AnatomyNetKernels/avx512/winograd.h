/* 3x3x3 convolution with stride 1 for AVX-512; see ../winograd. */
#ifndef AVX512_WINOGRAD_H
#define AVX512_WINOGRAD_H

#include "../include/anatomynet_kernels.h"

size_t winograd_scratch_bytes_avx512(const ank_convolution *operation);
int64_t winograd_items_avx512(const ank_convolution *operation);
void winograd_convolve_avx512(const ank_convolution *operation, int64_t item, void *scratch);

#endif
