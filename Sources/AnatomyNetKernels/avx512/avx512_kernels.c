/* The kernels for x86-64 with AVX-512 (F, VL, BW, DQ). */

#include "anatomynet_kernels.h"

#include <string.h>

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma"))), apply_to = function)

#include "../template/rows.h"
#include "../rows/row_convolution.h"
#include "../winograd/weights.h"

#define ANK(name) name##_avx512
/* 14 voxels of 16 channels fill 14 of the 32 registers; each fused multiply-add takes its voxel
 * as a broadcast from memory. */
#define TILE 14

#include "../template/direct_convolution.h"
#include "products.h"
#include "../products/dot_products_template.h"
#include "../products/pass_groups_template.h"
#include "../products/row_products_template.h"
#include "../template/streaming.h"
#include "../template/classification.h"
#include "../winograd/convolution_template.h"
#include "../rows/row_convolution_template.h"
#include "../convolution_template.h"
#include "../rows/transposed_template.h"
#include "../template/affine.h"
#include "../template/plane_sums.h"

#pragma clang attribute pop

const ank_kernels ank_avx512_kernels = {
    .name = "avx512",
    .convolution_weights_bytes = convolution_weights_bytes_avx512,
    .prepare_convolution = prepare_convolution_avx512,
    .convolution_scratch_bytes = convolution_scratch_bytes_avx512,
    .convolution_items = convolution_items_avx512,
    .convolve = convolve_avx512,
    .takes_shortcut = winograd_takes_shortcut,
    .convolution_sum_addends = convolution_sum_addends_avx512,
    .takes_labels = convolution_takes_labels_avx512,
    .transposed_weights_bytes = transposed_weights_bytes_avx512,
    .prepare_transposed = prepare_transposed_avx512,
    .transposed_items = transposed_items_avx512,
    .convolve_transposed = convolve_transposed_avx512,
    .affine_items = affine_items_avx512,
    .apply_affine = apply_affine_avx512,
    .plane_sums_items = plane_sums_items_avx512,
    .sum_planes = sum_planes_avx512,
    .classification_items = classification_items_avx512,
    .classify = classify_avx512,
};

#endif
