#include "row_convolution.h"

#include <string.h>

static int suits(int32_t kernel, int32_t stride, int32_t input_count, const ank_block *input, int32_t output_count,
                 const ank_block *output, int32_t vector_lanes) {
    if (ank_lane_group_count(output_count, output, vector_lanes) > LANE_GROUPS_MAX) return 0;
    if (kernel == 3 && stride == 2) return input_count == 1 && input->lanes == 1;
    if (kernel != 1 || stride != 1) return 0;
    for (int32_t b = 0; b < input_count; b++)
        if (input[b].lanes < ANK_PAIR_LANES) return 0;
    return ank_lane_group_count(input_count, input, vector_lanes) <= LANE_GROUPS_MAX;
}

int row_convolution_suits_shape(const ank_convolution_shape *shape, int32_t vector_lanes) {
    return suits(shape->kernel, shape->stride, shape->input_count, shape->input, shape->output_count, shape->output,
                 vector_lanes);
}

int row_convolution_suits(const ank_convolution *operation, int32_t vector_lanes) {
    return suits(operation->kernel, operation->stride, operation->input_count, operation->input,
                 operation->output_count, operation->output, vector_lanes);
}

/* Values of an input row that one output voxel takes: taps or channels, for one of them is 1. */
static int32_t row_values(const ank_convolution_shape *shape) {
    return shape->kernel * shape->kernel * shape->kernel * shape->input_channels;
}

size_t row_convolution_weights_bytes(const ank_convolution_shape *shape, int32_t vector_lanes) {
    struct lane_groups output;
    ank_lane_groups(&output, shape->output_count, shape->output, vector_lanes);
    return sizeof(float) * (size_t)row_values(shape) * (size_t)output.lanes;
}

void row_convolution_prepare_weights(const ank_convolution_shape *shape, const float *weights, const double *scale,
                                     float *prepared, int32_t vector_lanes) {
    struct lane_groups output;
    struct output_passes passes;
    ank_lane_groups(&output, shape->output_count, shape->output, vector_lanes);
    ank_output_passes(&passes, &output, 0, vector_lanes);
    const int32_t values = row_values(shape);
    memset(prepared, 0, row_convolution_weights_bytes(shape, vector_lanes));
    for (int32_t g = 0, o = 0; g < output.count; g++)
        for (int32_t lane = 0; lane < output.group[g].channels; lane++, o++) {
            const struct weight_column column = ank_weight_column(&output, &passes, values, g, lane, vector_lanes);
            for (int32_t k = 0; k < values; k++) {
                const int32_t source = shape->kernel == 1 && shape->input_order ? shape->input_order[k] : k;
                const double weight = (double)weights[(int64_t)o * values + source];
                prepared[column.first + k * column.step] = (float)(weight * (scale ? scale[o] : 1));
            }
        }
}
