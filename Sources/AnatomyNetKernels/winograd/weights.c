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
    winograd_lane_groups(&input, shape->input_count, shape->input, vector_lanes);
    winograd_lane_groups(&output, shape->output_count, shape->output, vector_lanes);
    return sizeof(float) * WINOGRAD_CUBE_POINTS * (size_t)input.channels * (size_t)output.lanes;
}

void winograd_prepare_weights(const ank_convolution_shape *shape, const float *weights,
                              const double *scale, float *prepared, int32_t vector_lanes) {
    struct lane_groups input, output;
    struct output_passes passes;
    winograd_lane_groups(&input, shape->input_count, shape->input, vector_lanes);
    winograd_lane_groups(&output, shape->output_count, shape->output, vector_lanes);
    winograd_output_passes(&passes, &output, vector_lanes);

    const int64_t point_stride = (int64_t)input.channels * output.lanes;
    memset(prepared, 0, winograd_weights_bytes(shape, vector_lanes));

    int32_t output_channel = 0;
    for (int32_t p = 0; p < passes.count; p++) {
        const struct output_pass *pass = &passes.pass[p];
        float *pass_weights =
            prepared + (int64_t)input.channels * output.group[pass->first_group].offset;
        for (int32_t v = 0; v < pass->wide + pass->narrow; v++) {
            const struct lane_group *group = &output.group[pass->first_group + v];
            /* The vectors of one kind stand side by side for each input channel. */
            const int narrow = v >= pass->wide;
            const int64_t row = narrow ? (int64_t)group->lanes * pass->narrow
                                       : (int64_t)group->lanes * pass->wide;
            float *vector = pass_weights;
            if (narrow) vector += (int64_t)input.channels * pass->wide * vector_lanes;
            vector += (int64_t)group->lanes * (narrow ? v - pass->wide : v);
            for (int32_t lane = 0; lane < group->channels; lane++, output_channel++) {
                for (int32_t k = 0; k < input.channels; k++) {
                    const int32_t input_channel = shape->input_order ? shape->input_order[k] : k;
                    const float *kernel =
                        weights + 27 * ((int64_t)output_channel * shape->input_channels + input_channel);
                    double values[WINOGRAD_CUBE_POINTS];
                    transform_kernel(kernel, scale ? scale[output_channel] : 1, values);
                    for (int32_t e = 0; e < WINOGRAD_CUBE_POINTS; e++)
                        vector[e * point_stride + k * row + lane] = (float)values[e];
                }
            }
        }
    }
}
