/* Convolution by its definition: for every output voxel a sum over taps and input channels, 16
 * output channels at a time. TILE voxels of a row share each load of weights; TILE is chosen so
 * that their sums stay in registers. The order of additions does not depend on the tile, so a
 * voxel's bits do not depend on its place in the row.
 *
 * Weights are laid out [output block][tap][input channel][16].
 */

static size_t ANK(direct_weights_bytes)(const ank_convolution_shape *shape) {
    size_t taps = (size_t)(shape->kernel * shape->kernel * shape->kernel);
    return sizeof(float) * 16 * taps * (size_t)shape->input_channels * (size_t)shape->output_count;
}

static void ANK(prepare_direct)(const ank_convolution_shape *shape, const float *weights,
                                const double *scale, void *prepared) {
    int64_t taps = shape->kernel * shape->kernel * shape->kernel;
    int64_t inputs = shape->input_channels;
    float *to = prepared;
    int32_t first = 0;
    for (int32_t block = 0; block < shape->output_count; block += 1) {
        int32_t channels = shape->output[block].channels;
        for (int64_t tap = 0; tap < taps; tap += 1) {
            for (int64_t k = 0; k < inputs; k += 1, to += 16) {
                int64_t source = shape->input_order ? shape->input_order[k] : k;
                for (int32_t lane = 0; lane < 16; lane += 1) {
                    int64_t channel = first + lane;
                    if (lane >= channels) {
                        to[lane] = 0;
                    } else {
                        double factor = scale ? scale[channel] : 1;
                        to[lane] = (float)(factor * (double)weights[(channel * inputs + source) * taps + tap]);
                    }
                }
            }
        }
        first += channels;
    }
}

static int64_t ANK(direct_items)(const ank_convolution *operation) {
    return row_items(operation->end_plane - operation->first_plane, operation->height);
}

/* The sums of TILE voxels for all output blocks: [block][voxel]. */
static size_t ANK(direct_scratch_bytes)(const ank_convolution *operation) {
    return sizeof(vector_16) * TILE * (size_t)operation->output_count;
}

/* Adds what one block contributes to `count` voxels at one tap; `count` and `format` are constants after
 * inlining. Returns the weights behind those used. */
ANK_INLINE const float *ANK(add_block)(const ank_block *input, const void *from, int64_t step, const float *weights,
                                       const int count, const int32_t format, vector_16 *sums) {
    for (int32_t channel = 0; channel < input->channels; channel += 1, weights += 16) {
        vector_16 weight = load_16(weights);
#pragma clang loop unroll(full)
        for (int voxel = 0; voxel < count; voxel += 1)
            sums[voxel] += splat_16(load_value(value_at(from, voxel * step + channel, format), format)) * weight;
    }
    return weights;
}

/* The sums of `count` voxels from x on; `count` is a constant after inlining. */
ANK_INLINE void ANK(direct_sums_of)(const ank_convolution *operation, const float *weights, int32_t z, int32_t y,
                                    int32_t x, const int count, vector_16 *to) {
    int32_t kernel = operation->kernel, stride = operation->stride, reach = kernel / 2;
    vector_16 sums[TILE];
    for (int voxel = 0; voxel < count; voxel += 1) sums[voxel] = (vector_16)0;
    for (int32_t kz = 0; kz < kernel; kz += 1) {
        int32_t input_z = z * stride + kz - reach;
        for (int32_t ky = 0; ky < kernel; ky += 1) {
            int32_t input_y = y * stride + ky - reach;
            for (int32_t kx = 0; kx < kernel; kx += 1) {
                for (int32_t block = 0; block < operation->input_count; block += 1) {
                    const ank_block *input = &operation->input[block];
                    int64_t lanes = input->lanes, step = lanes * stride;
                    const void *row = input_row(input, input_z, input_y, operation->input_height, operation->zero_row);
                    const void *from = value_at(row, ((int64_t)x * stride + kx - reach) * lanes, input->format);
                    if (input->format == ANK_FLOAT32)
                        weights = ANK(add_block)(input, from, step, weights, count, ANK_FLOAT32, sums);
                    else
                        weights = ANK(add_block)(input, from, step, weights, count, ANK_BFLOAT16, sums);
                }
            }
        }
    }
    for (int voxel = 0; voxel < count; voxel += 1) to[voxel] = sums[voxel];
}

/* The same for TILE voxels, or for 1. */
static void ANK(direct_sums)(const ank_convolution *operation, const float *weights, int32_t z, int32_t y, int32_t x,
                             int32_t count, vector_16 *sums) {
    if (count == TILE)
        ANK(direct_sums_of)(operation, weights, z, y, x, TILE, sums);
    else
        ANK(direct_sums_of)(operation, weights, z, y, x, 1, sums);
}

ANK_INLINE void ANK(direct_finish)(const ank_convolution *operation, int32_t block, int32_t z, int32_t y, int32_t x,
                                   int32_t count, const vector_16 *sums, const int32_t format) {
    const ank_epilogue *epilogue = &operation->epilogue;
    const ank_block *output = &operation->output[block];
    int32_t lanes = output->lanes, offset = lane_offset(operation->output, block);
    vector_16 scale = epilogue->scale ? load_lanes(epilogue->scale + offset, lanes, ANK_FLOAT32) : splat_16(1);
    vector_16 shift = epilogue->shift ? load_lanes(epilogue->shift + offset, lanes, ANK_FLOAT32) : splat_16(0);
    vector_16 slope = splat_16(epilogue->negative_slope);
    void *to = writable_value_at(block_row(output, z, y), (int64_t)x * lanes, format);
    const void *residual =
        epilogue->residual ? value_at(block_row(&epilogue->residual[block], z, y), (int64_t)x * lanes, format) : NULL;
    for (int32_t voxel = 0; voxel < count; voxel += 1) {
        vector_16 value = sums[voxel] * scale + shift;
        if (residual) value += load_lanes(value_at(residual, voxel * lanes, format), lanes, format);
        store_lanes(writable_value_at(to, voxel * lanes, format), lanes, activate_16(value, slope), format);
    }
}

/* All of a voxel's sums come before the first of its outputs, which may take the place of its inputs
 * where the kernel is 1x1x1. */
static void ANK(direct_convolve)(const ank_convolution *operation, int64_t item, void *scratch) {
    vector_16 *sums = scratch;
    const struct item_rows rows = rows_of_item(item, operation->height);
    const int32_t z = operation->first_plane + rows.plane;
    int64_t taps = operation->kernel * operation->kernel * operation->kernel;
    int64_t block_weights = taps * channel_total(operation->input, operation->input_count) * 16;
    for (int32_t y = rows.first; y < rows.end; y += 1) {
        for (int32_t x = 0, count; x < operation->width; x += count) {
            count = x + TILE <= operation->width ? TILE : 1;
            const float *weights = operation->weights;
            for (int32_t block = 0; block < operation->output_count; block += 1, weights += block_weights) {
                ANK(direct_sums)(operation, weights, z, y, x, count, sums + block * TILE);
            }
            for (int32_t block = 0; block < operation->output_count; block += 1) {
                if (operation->output->format == ANK_FLOAT32)
                    ANK(direct_finish)(operation, block, z, y, x, count, sums + block * TILE, ANK_FLOAT32);
                else
                    ANK(direct_finish)(operation, block, z, y, x, count, sums + block * TILE, ANK_BFLOAT16);
            }
        }
        for (int32_t block = 0; block < operation->output_count; block += 1) {
            clear_row_ends(&operation->output[block], z, y, operation->width);
        }
    }
}
