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
    return row_items(operation->end_plane - operation->first_plane, operation->height);
}

/* `count` output voxels of one parity, from input voxel x on; it and the formats are constants after
 * inlining. */
ANK_INLINE void ANK(transposed_voxels_of)(const ank_transposed_convolution *operation, const float *weights,
                                          int32_t block, int32_t z, int32_t y, int32_t x, int32_t kx, const int count,
                                          const int32_t input_format, const int32_t output_format) {
    const ank_block *output = &operation->output[block];
    vector_16 sums[TILE];
    for (int voxel = 0; voxel < count; voxel += 1) sums[voxel] = (vector_16)0;
    /* A block may be there for the appended image alone; it has no weights. */
    int32_t inputs = output->channels > 0 ? operation->input_count : 0;
    for (int32_t index = 0; index < inputs; index += 1) {
        const ank_block *input = &operation->input[index];
        int64_t lanes = input->lanes;
        const void *from = value_at(block_row(input, z / 2, y / 2), x * lanes, input_format);
        for (int32_t channel = 0; channel < input->channels; channel += 1, weights += 16) {
            vector_16 weight = load_16(weights);
#pragma clang loop unroll(full)
            for (int voxel = 0; voxel < count; voxel += 1) {
                const void *value = value_at(from, voxel * lanes + channel, input_format);
                sums[voxel] += splat_16(load_value(value, input_format)) * weight;
            }
        }
    }
    int32_t lanes = output->lanes;
    vector_16 shift = load_lanes(operation->shift + lane_offset(operation->output, block), lanes, ANK_FLOAT32);
    vector_16 slope = splat_16(operation->negative_slope);
    void *row = block_row(output, z, y);
    const float *appended = appended_row(operation, block, z, y);
    for (int voxel = 0; voxel < count; voxel += 1) {
        int64_t output_x = 2 * (int64_t)(x + voxel) + kx;
        void *to = writable_value_at(row, output_x * lanes, output_format);
        store_lanes(to, lanes, activate_16(sums[voxel] + shift, slope), output_format);
        if (appended) append_value(to, output->channels, appended[output_x], output_format);
    }
}

/* The same for TILE voxels, or for 1. */
ANK_INLINE void ANK(transposed_voxels)(const ank_transposed_convolution *operation, const float *weights,
                                       int32_t block, int32_t z, int32_t y, int32_t x, int32_t kx, int32_t count,
                                       const int32_t input_format, const int32_t output_format) {
    if (count == TILE)
        ANK(transposed_voxels_of)(operation, weights, block, z, y, x, kx, TILE, input_format, output_format);
    else
        ANK(transposed_voxels_of)(operation, weights, block, z, y, x, kx, 1, input_format, output_format);
}

static void ANK(convolve_transposed)(const ank_transposed_convolution *operation, int64_t item) {
    const struct item_rows rows = rows_of_item(item, operation->height);
    const int32_t z = operation->first_plane + rows.plane;
    int64_t tap_weights = channel_total(operation->input, operation->input_count) * 16;
    const int formats = operation->input->format * 2 + operation->output->format;
    for (int32_t block = 0; block < operation->output_count; block += 1) {
        const ank_block *output = &operation->output[block];
        for (int32_t y = rows.first; y < rows.end; y += 1) {
            for (int32_t kx = 0; kx < 2; kx += 1) {
                int32_t tap = (z % 2) * 4 + (y % 2) * 2 + kx;
                const float *weights = (const float *)operation->weights + (block * 8 + tap) * tap_weights;
                int32_t width = (operation->width - kx + 1) / 2;
                for (int32_t x = 0, count; x < width; x += count) {
                    count = x + TILE <= width ? TILE : 1;
                    if (formats == ANK_FLOAT32 * 2 + ANK_FLOAT32)
                        ANK(transposed_voxels)(operation, weights, block, z, y, x, kx, count, ANK_FLOAT32, ANK_FLOAT32);
                    else if (formats == ANK_FLOAT32 * 2 + ANK_BFLOAT16)
                        ANK(transposed_voxels)(operation, weights, block, z, y, x, kx, count, ANK_FLOAT32, ANK_BFLOAT16);
                    else if (formats == ANK_BFLOAT16 * 2 + ANK_FLOAT32)
                        ANK(transposed_voxels)(operation, weights, block, z, y, x, kx, count, ANK_BFLOAT16, ANK_FLOAT32);
                    else
                        ANK(transposed_voxels)(operation, weights, block, z, y, x, kx, count, ANK_BFLOAT16, ANK_BFLOAT16);
                }
            }
            clear_row_ends(output, z, y, operation->width);
        }
    }
}
