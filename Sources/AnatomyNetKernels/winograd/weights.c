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

/* The eight of a wide tile. The value at 0 has the other sign, and so has the transform of the data. */
static void transform_wide_taps(const double taps[3], double values[WIDE_POINTS]) {
    static const double points[6] = {WIDE_A, -WIDE_A, 1, -1, WIDE_B, -WIDE_B};
    values[0] = taps[0];
    for (int i = 0; i < 6; i++) {
        const double p = points[i], p2 = p * p;
        /* M'(p) = 7 p^6 - 5 s p^4 + 3 s p^2 - 1 */
        const double derivative = 7 * p2 * p2 * p2 - 5 * WIDE_SUM2 * p2 * p2 + 3 * WIDE_SUM2 * p2 - 1;
        values[1 + i] = (taps[0] + p * taps[1] + p2 * taps[2]) / derivative;
    }
    values[7] = taps[2];
}

/* The transformed values [z][y][x] of one 3x3x3 kernel. */
static void transform_kernel(const float kernel[27], double scale, int wide,
                             double values[WINOGRAD_CUBE_POINTS_MAX]) {
    const int row = winograd_row_points(wide), plane = WINOGRAD_POINTS * row;
    double taps[27], rows[9 * WIDE_POINTS], planes[3 * WINOGRAD_POINTS * WIDE_POINTS];
    for (int i = 0; i < 27; i++) taps[i] = kernel[i] * scale;
    for (int i = 0; i < 9; i++) {
        if (wide)
            transform_wide_taps(taps + 3 * i, rows + row * i);
        else
            transform_taps(taps + 3 * i, 1, rows + row * i, 1);
    }
    for (int z = 0; z < 3; z++)
        for (int x = 0; x < row; x++) transform_taps(rows + 3 * row * z + x, row, planes + plane * z + x, row);
    for (int i = 0; i < plane; i++) transform_taps(planes + i, plane, values + i, plane);
}

size_t winograd_weights_bytes(const ank_convolution_shape *shape, int32_t vector_lanes) {
    struct lane_groups input, output;
    ank_lane_groups(&input, shape->input_count, shape->input, vector_lanes);
    ank_lane_groups(&output, shape->output_count, shape->output, vector_lanes);
    const size_t points =
        (size_t)winograd_cube_points(winograd_takes_wide_tiles(shape->wide_tiles, vector_lanes));
    return sizeof(float) * points * (size_t)input.channels * (size_t)output.lanes;
}

void winograd_prepare_weights(const ank_convolution_shape *shape, const float *weights,
                              const double *scale, float *prepared, int32_t vector_lanes) {
    struct lane_groups input, output;
    struct output_passes passes;
    ank_lane_groups(&input, shape->input_count, shape->input, BLOCK_LANES);
    ank_lane_groups(&output, shape->output_count, shape->output, vector_lanes);
    ank_output_passes(&passes, &output, 1, vector_lanes);

    const int wide = winograd_takes_wide_tiles(shape->wide_tiles, vector_lanes);
    const int32_t points = winograd_cube_points(wide);
    const int64_t point_stride = (int64_t)input.channels * output.lanes;
    memset(prepared, 0, winograd_weights_bytes(shape, vector_lanes));

    for (int32_t g = 0, o = 0; g < output.count; g++)
        for (int32_t lane = 0; lane < output.group[g].channels; lane++, o++) {
            const int dotted = is_pair(&output.group[g]);
            struct weight_column column = {0};
            if (!dotted) column = ank_weight_column(&output, &passes, input.channels, g, lane, vector_lanes);
            const int64_t dots = (int64_t)input.channels * output.group[g].offset + (int64_t)lane * ank_used_lanes_of(&input);
            for (int32_t i = 0, k = 0, lanes = 0; i < input.count; lanes += ank_used_lanes(input.group[i].channels), i++)
                for (int32_t l = 0; l < input.group[i].channels; l++, k++) {
                    const int32_t input_channel = shape->input_order ? shape->input_order[k] : k;
                    double values[WINOGRAD_CUBE_POINTS_MAX];
                    transform_kernel(weights + 27 * ((int64_t)o * shape->input_channels + input_channel),
                                     scale ? scale[o] : 1, wide, values);
                    float *to = prepared + (dotted ? dots + lanes + l : column.first + k * column.step);
                    for (int32_t e = 0; e < points; e++) to[e * point_stride] = (float)values[e];
                }
        }
}
