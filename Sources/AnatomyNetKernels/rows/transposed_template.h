/* Transposed convolution, kernel 2, stride 2, by products of rows: no two input voxels share an
 * output voxel, so the even and the odd voxels of an output row are each a 1x1x1 convolution of one
 * input row. Both are computed at once, as 2 x 16 output lanes.
 *
 * Weights are laid out [output block][kz][ky], then [input channel][kx][16] where a vector has 16
 * lanes and [kx][input channel][16] where it has 8: two vectors a product either way.
 */

enum {
    ANK(transposed_span) = 7 * 16 / 2, /* input voxels whose sums (7 KB) lie on the stack at a time */
    ANK(transposed_widened) = 8192,    /* input values that lie there as float32: 32 KB, or 146 lanes */
};

static size_t ANK(transposed_weights_bytes)(int32_t input_channels, int32_t output_channels) {
    return sizeof(float) * 16 * 8 * (size_t)input_channels * (size_t)((output_channels + 15) / 16);
}

static void ANK(prepare_transposed)(int32_t input_channels, int32_t output_channels, const float *weights,
                                    void *prepared) {
    const int64_t row = WIDE == 16 ? 32 : 16, second = WIDE == 16 ? 16 : 16 * (int64_t)input_channels;
    float *matrix = prepared;
    for (int32_t first = 0; first < output_channels; first += 16) {
        for (int32_t plane_tap = 0; plane_tap < 4; plane_tap += 1, matrix += 32 * (int64_t)input_channels) {
            for (int64_t k = 0; k < input_channels; k += 1) {
                for (int32_t lane = 0; lane < 32; lane += 1) {
                    const int32_t channel = first + lane % 16, kx = lane / 16;
                    matrix[k * row + kx * second + lane % 16] =
                        channel < output_channels ? weights[(k * output_channels + channel) * 8 + plane_tap * 2 + kx]
                                                  : 0;
                }
            }
        }
    }
}

static int64_t ANK(transposed_items)(const ank_transposed_convolution *operation) {
    return row_items(operation->end_plane - operation->first_plane, operation->height);
}

/* Sums of `count` input voxels, [kx][count][16]. */
static void ANK(transposed_sums)(const struct source *sources, int32_t source_count, int32_t inputs,
                                 const float *weights, int32_t count, float *sums, struct fetch_list *fetches) {
    if (source_count == 0) {
        memset(sums, 0, sizeof(float) * 2 * 16 * (size_t)count);
        return;
    }
    /* The two output voxels of an input voxel. */
    const ank_block pair[2] = {{.lanes = 16, .channels = 16}, {.lanes = 16, .channels = 16}};
    struct lane_groups vectors;
    struct output_passes passes;
    ank_lane_groups(&vectors, 2, pair, WIDE);
    ank_output_passes(&passes, &vectors, 0, WIDE);
    spread_fetches(fetches, 1, &passes, count, sources, source_count);
    multiply_whole_row(sources, source_count, inputs, count, &passes, &vectors, weights, sums, fetches);
}

/* Makes of the sums of input voxels x ... x + count - 1 their part of an output row. */
ANK_INLINE void ANK(transposed_finish)(const ank_transposed_convolution *operation, int32_t block, int32_t z,
                                       int32_t y, int32_t x, int32_t count, const float *sums, const int32_t format,
                                       const int streamed) {
    const ank_block *output = &operation->output[block];
    const int32_t lanes = output->lanes;
    const float *shifts = operation->shift + lane_offset(operation->output, block);
    const vector_16 shift = load_lanes(shifts, lanes, ANK_FLOAT32), slope = splat_16(operation->negative_slope);
    const float *appended = appended_row(operation, block, z, y);
    words_16 appended_lane = {0};
    if (appended) appended_lane[output->channels] = -1;
    void *row = block_row(output, z, y);
    const int32_t left = operation->width - 2 * x, voxels = left < 2 * count ? left : 2 * count;
    for (int32_t voxel = 0; voxel < voxels; voxel += 1) {
        const int64_t output_x = 2 * (int64_t)x + voxel;
        void *to = writable_value_at(row, output_x * lanes, format);
        const vector_16 sum = load_lanes(sums + 16 * (voxel % 2 * (int64_t)count + voxel / 2), 16, ANK_FLOAT32);
        vector_16 value = activate_16(sum + shift, slope);
        if (appended) value = appended_lane ? splat_16(appended[output_x]) : value;
        if (streamed)
            stream_16(to, value);
        else
            store_lanes(to, lanes, value, format);
    }
}

static void ANK(convolve_transposed)(const ank_transposed_convolution *operation, int64_t item) {
    const struct item_rows rows = rows_of_item(item, operation->height);
    const int32_t z = operation->first_plane + rows.plane;
    const int32_t inputs = channel_total(operation->input, operation->input_count);
    const int32_t width = (operation->width + 1) / 2;
    float sums[2 * 16 * ANK(transposed_span)], widened[ANK(transposed_widened)];
    int32_t span = ANK(transposed_span);
    struct fetch_list fetches;
    if (operation->input->format == ANK_BFLOAT16) {
        const int32_t most = ANK(transposed_widened) / lane_offset(operation->input, operation->input_count);
        if (span > most) span = most;
    }
    for (int32_t y = rows.first; y < rows.end; y += 1) {
        for (int32_t x = 0; x < width; x += span) {
            const int32_t count = width - x < span ? width - x : span;
            struct source sources[LANE_GROUPS_MAX];
            float *next = widened;
            for (int32_t index = 0; index < operation->input_count; index += 1) {
                const ank_block *input = &operation->input[index];
                const void *values =
                    value_at(block_row(input, z / 2, y / 2), (int64_t)x * input->lanes, input->format);
                if (input->format == ANK_BFLOAT16) {
                    widen_values(values, count * input->lanes, next);
                    values = next;
                    next += count * input->lanes;
                }
                sources[index] = (struct source){values, input->channels, input->lanes};
            }
            for (int32_t block = 0; block < operation->output_count; block += 1) {
                /* A block may be there for the appended image alone; it has no weights. */
                const int32_t source_count = operation->output[block].channels > 0 ? operation->input_count : 0;
                const float *weights = operation->weights;
                if (source_count) weights += (block * 4 + z % 2 * 2 + y % 2) * 32 * (int64_t)inputs;
                /* Where the outputs will go. */
                const ank_block *output = &operation->output[block];
                const int32_t left = operation->width - 2 * x, voxels = left < 2 * count ? left : 2 * count;
                const void *to = value_at(block_row(output, z, y), (int64_t)2 * x * output->lanes, output->format);
                const int streamed = is_streamed_row(to, output->lanes, output->format);
                fetch_list_clear(&fetches);
                if (!streamed)
                    fetch_list_add(&fetches, to, (int64_t)voxels * output->lanes * value_bytes(output->format));
                ANK(transposed_sums)(sources, source_count, inputs, weights, count, sums, &fetches);
                if (streamed)
                    ANK(transposed_finish)(operation, block, z, y, x, count, sums, ANK_FLOAT32, 1);
                else if (output->format == ANK_FLOAT32)
                    ANK(transposed_finish)(operation, block, z, y, x, count, sums, ANK_FLOAT32, 0);
                else
                    ANK(transposed_finish)(operation, block, z, y, x, count, sums, ANK_BFLOAT16, 0);
            }
        }
        for (int32_t block = 0; block < operation->output_count; block += 1) {
            clear_row_ends(&operation->output[block], z, y, operation->width);
        }
    }
    await_streams();
}
