/* The kernels for x86-64 with AVX2 and FMA. */

#include "anatomynet_kernels.h"

#include <string.h>

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "../template/rows.h"
#include "../rows/row_convolution.h"
#include "../winograd/weights.h"

#define ANK(name) name##_avx2
/* 6 voxels of 16 channels fill 12 of the 16 registers of eight floats. */
#define TILE 6

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

const ank_kernels ank_avx2_kernels = {
    .name = "avx2",
    .convolution_weights_bytes = convolution_weights_bytes_avx2,
    .prepare_convolution = prepare_convolution_avx2,
    .convolution_scratch_bytes = convolution_scratch_bytes_avx2,
    .convolution_items = convolution_items_avx2,
    .convolve = convolve_avx2,
    .takes_shortcut = winograd_takes_shortcut,
    .convolution_sum_addends = convolution_sum_addends_avx2,
    .takes_labels = convolution_takes_labels_avx2,
    .transposed_weights_bytes = transposed_weights_bytes_avx2,
    .prepare_transposed = prepare_transposed_avx2,
    .transposed_items = transposed_items_avx2,
    .convolve_transposed = convolve_transposed_avx2,
    .affine_items = affine_items_avx2,
    .apply_affine = apply_affine_avx2,
    .plane_sums_items = plane_sums_items_avx2,
    .sum_planes = sum_planes_avx2,
    .classification_items = classification_items_avx2,
    .classify = classify_avx2,
};

#endif
