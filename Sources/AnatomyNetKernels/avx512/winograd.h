/* 3x3x3 convolution with stride 1 for AVX-512; see ../winograd. */
#ifndef AVX512_WINOGRAD_H
#define AVX512_WINOGRAD_H

#include "../include/anatomynet_kernels.h"

enum { AVX512_LANES = 16 };

size_t ank_avx512_winograd_scratch_bytes(const ank_convolution *operation);
int64_t ank_avx512_winograd_items(const ank_convolution *operation);
void ank_avx512_winograd(const ank_convolution *operation, int64_t item, void *scratch);

#endif
