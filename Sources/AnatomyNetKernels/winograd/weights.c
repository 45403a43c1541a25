#include "weights.h"

#include <string.h>

/* The six transformed values of three taps; see points.h. */
static void transform_taps(const double taps[3], int64_t tap_stride, double *values,
                           int64_t value_stride) {
    static const double points[4] = {WINOGRAD_A, -WINOGRAD_A, WINOGRAD_B, -WINOGRAD_B};
    const double g0 = taps[0], g1 = taps[tap_stride], g2 = taps[2 * tap_stride];
    values[0] = g0 / WINOGRAD_PRODUCT2;
    for (int i = 0; i < 4; i++) {
        const double p = points[i];
        /* M'(p) = 5 p^4 - 3 (a^2 + b^2) p^2 + a^2 b^2 */
        const double p2 = i < 2 ? WINOGRAD_A2 : WINOGRAD_B2;
        const double derivative = 5 * p2 * p2 - 3 * WINOGRAD_SUM2 * p2 + WINOGRAD_PRODUCT2;
        const double factor = (i < 2 ? WINOGRAD_A_WEIGHT : WINOGRAD_B_WEIGHT) / derivative;
        values[(1 + i) * value_stride] = (g0 + p * g1 + p2 * g2) * factor;
    }
    values[5 * value_stride] = g2;
}

/* The 216 transformed values [z][y][x] of one 3x3x3 kernel. */
static void transform_kernel(const float kernel[27], double scale,
                             double values[WINOGRAD_CUBE_POINTS]) {
    double taps[27], rows[9 * 6], planes[3 * 36];
    for (int i = 0; i < 27; i++) taps[i] = kernel[i] * scale;
    for (int i = 0; i < 9; i++) transform_taps(taps + 3 * i, 1, rows + 6 * i, 1);
    for (int z = 0; z < 3; z++)
        for (int x = 0; x < 6; x++) transform_taps(rows + 18 * z + x, 6, planes + 36 * z + x, 6);
    for (int i = 0; i < 36; i++) transform_taps(planes + i, 36, values + i, 36);
}

size_t winograd_weights_bytes(const ank_convolution_shape *shape, int32_t vector_lanes) {
    struct lane_groups input, output;
    ank_lane_groups(&input, shape->input_count, shape->input, vector_lanes);
    ank_lane_groups(&output, shape->output_count, shape->output, vector_lanes);
    return sizeof(float) * WINOGRAD_CUBE_POINTS * (size_t)input.channels * (size_t)output.lanes;
}

void winograd_prepare_weights(const ank_convolution_shape *shape, const float *weights,
                              const double *scale, float *prepared, int32_t vector_lanes) {
    struct lane_groups input, output;
    struct output_passes passes;
    ank_lane_groups(&input, shape->input_count, shape->input, vector_lanes);
    ank_lane_groups(&output, shape->output_count, shape->output, vector_lanes);
    ank_output_passes(&passes, &output, &input, vector_lanes);

    int32_t used_lanes = 0;
    for (int32_t i = 0; i < input.count; i++) used_lanes += ank_used_lanes(input.group[i].channels);

    const int64_t point_stride = (int64_t)input.channels * output.lanes;
    memset(prepared, 0, winograd_weights_bytes(shape, vector_lanes));

    for (int32_t g = 0, o = 0; g < output.count; g++)
        for (int32_t lane = 0; lane < output.group[g].channels; lane++, o++) {
            const struct weight_column column =
                ank_weight_column(&output, &passes, input.channels, used_lanes, g, lane, vector_lanes);
            for (int32_t i = 0, k = 0, lanes = 0; i < input.count; lanes += ank_used_lanes(input.group[i].channels), i++)
                for (int32_t l = 0; l < input.group[i].channels; l++, k++) {
                    const int32_t input_channel = shape->input_order ? shape->input_order[k] : k;
                    double values[WINOGRAD_CUBE_POINTS];
                    transform_kernel(weights + 27 * ((int64_t)o * shape->input_channels + input_channel),
                                     scale ? scale[o] : 1, values);
                    float *to = prepared + column.first
                                + (column.by_lane ? lanes + l : k * column.step);
                    for (int32_t e = 0; e < WINOGRAD_CUBE_POINTS; e++) to[e * point_stride] = (float)values[e];
                }
        }
}
