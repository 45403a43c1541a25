/* The kernels of every processor the library runs on, and the reference of the others. */

#include "anatomynet_kernels.h"
#include "../template/rows.h"

#define ANK(name) name##_portable
/* 3 voxels of 16 channels fill 12 of the 16 registers that SSE2 has for four floats each. */
#define TILE 3

#include "../template/direct_convolution.h"
#include "../template/transposed_convolution.h"
#include "../template/affine.h"
#include "../template/plane_sums.h"
#include "../template/classification.h"

static int32_t takes_no_shortcut(const ank_convolution_shape *shape, const ank_convolution_shape *shortcut) {
    (void)shape, (void)shortcut;
    return 0;
}

static int32_t leaves_no_sums(const ank_convolution *operation) {
    (void)operation;
    return 0;
}

static int32_t takes_no_labels(const ank_convolution *operation) {
    (void)operation;
    return 0;
}

const ank_kernels ank_portable_kernels = {
    .name = "portable",
    .convolution_weights_bytes = direct_weights_bytes_portable,
    .prepare_convolution = prepare_direct_portable,
    .convolution_scratch_bytes = direct_scratch_bytes_portable,
    .convolution_items = direct_items_portable,
    .convolve = direct_convolve_portable,
    .takes_shortcut = takes_no_shortcut,
    .convolution_sum_addends = leaves_no_sums,
    .takes_labels = takes_no_labels,
    .transposed_weights_bytes = transposed_weights_bytes_portable,
    .prepare_transposed = prepare_transposed_portable,
    .transposed_items = transposed_items_portable,
    .convolve_transposed = convolve_transposed_portable,
    .affine_items = affine_items_portable,
    .apply_affine = apply_affine_portable,
    .plane_sums_items = plane_sums_items_portable,
    .sum_planes = sum_planes_portable,
    .classification_items = classification_items_portable,
    .classify = classify_portable,
};
