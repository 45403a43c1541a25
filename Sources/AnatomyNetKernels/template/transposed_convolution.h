/* Transposed convolution, kernel 2, stride 2: no two input voxels share an output voxel, so an
 * output row is two interleaved 1x1x1 convolutions of one input row.
 *
 * Weights are laid out [output block][tap (z, y, x)][input channel][16].
 */

static size_t ANK(transposed_weights_bytes)(int32_t input_channels, int32_t output_channels) {
    return sizeof(float) * 16 * 8 * (size_t)input_channels * (size_t)((output_channels + 15) / 16);
}

static void ANK(prepare_transposed)(int32_t input_channels, int32_t output_channels, const float *weights,
                                    void *prepared) {
    float *to = prepared;
    for (int32_t first = 0; first < output_channels; first += 16) {
        for (int64_t tap = 0; tap < 8; tap += 1) {
            for (int64_t k = 0; k < input_channels; k += 1, to += 16) {
                for (int32_t lane = 0; lane < 16; lane += 1) {
                    int64_t channel = first + lane;
                    to[lane] = channel < output_channels ? weights[(k * output_channels + channel) * 8 + tap] : 0;
                }
            }
        }
    }
}

static int64_t ANK(transposed_items)(const ank_transposed_convolution *operation) {
    int64_t groups = (operation->height + ANK(rows_per_item) - 1) / ANK(rows_per_item);
    return (operation->end_plane - operation->first_plane) * groups;
}

/* `count` (a constant after inlining) output voxels of one parity, from input voxel x on. */
ANK_INLINE void ANK(transposed_voxels)(const ank_transposed_convolution *operation, const float *weights,
                                       const ank_block *output, int32_t block, int32_t z, int32_t y, int32_t x,
                                       int32_t kx, const int count) {
    lanes16 sums[TILE];
    for (int voxel = 0; voxel < count; voxel += 1) sums[voxel] = (lanes16){0};
    /* A block may be there for the appended image alone; it has no weights. */
    int32_t inputs = output->channels > 0 ? operation->input_count : 0;
    for (int32_t index = 0; index < inputs; index += 1) {
        const ank_block *input = &operation->input[index];
        int64_t lanes = input->lanes;
        const float *from = input->planes[z / 2] + (y / 2) * input->row_stride + x * lanes;
        for (int32_t channel = 0; channel < input->channels; channel += 1, weights += 16) {
            lanes16 weight = *(const lanes16 *)weights;
#pragma clang loop unroll(full)
            for (int voxel = 0; voxel < count; voxel += 1) {
                sums[voxel] += broadcast(from[voxel * lanes + channel]) * weight;
            }
        }
    }
    int32_t lanes = output->lanes;
    lanes16 shift = load_lanes(operation->shift + lane_offset(operation->output, block), lanes);
    lanes16 slope = broadcast(operation->negative_slope);
    float *row = output->planes[z] + y * output->row_stride;
    const ank_block *appended = block == operation->output_count - 1 ? operation->appended : NULL;
    const float *appended_row = appended ? appended->planes[z] + y * appended->row_stride : NULL;
    for (int voxel = 0; voxel < count; voxel += 1) {
        int64_t output_x = 2 * (int64_t)(x + voxel) + kx;
        float *to = row + output_x * lanes;
        store_lanes(to, lanes, activated(sums[voxel] + shift, slope));
        if (appended_row) to[output->channels] = appended_row[output_x];
    }
}

static void ANK(convolve_transposed)(const ank_transposed_convolution *operation, int64_t item) {
    int64_t groups = (operation->height + ANK(rows_per_item) - 1) / ANK(rows_per_item);
    int32_t z = operation->first_plane + (int32_t)(item / groups);
    int32_t first_row = (int32_t)(item % groups) * ANK(rows_per_item);
    int32_t end_row = first_row + ANK(rows_per_item);
    if (end_row > operation->height) end_row = operation->height;
    int64_t tap_weights = channel_total(operation->input, operation->input_count) * 16;
    for (int32_t block = 0; block < operation->output_count; block += 1) {
        const ank_block *output = &operation->output[block];
        for (int32_t y = first_row; y < end_row; y += 1) {
            for (int32_t kx = 0; kx < 2; kx += 1) {
                int32_t tap = (z % 2) * 4 + (y % 2) * 2 + kx;
                const float *weights = (const float *)operation->weights + (block * 8 + tap) * tap_weights;
                int32_t width = (operation->width - kx + 1) / 2, x = 0;
                for (; x + TILE <= width; x += TILE) {
                    ANK(transposed_voxels)(operation, weights, output, block, z, y, x, kx, TILE);
                }
                for (; x < width; x += 1) {
                    ANK(transposed_voxels)(operation, weights, output, block, z, y, x, kx, 1);
                }
            }
            clear_row_ends(output->planes[z] + y * output->row_stride, output->lanes, operation->width);
        }
    }
}
