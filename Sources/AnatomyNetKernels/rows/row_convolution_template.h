/* Convolutions by products of rows; see row_convolution.h. Included after the products of rows. */

static int64_t row_convolution_items(const ank_convolution *operation) {
    return row_items(operation->end_plane - operation->first_plane, operation->height);
}

/* A row of sums, block by block: it stays in cache between the products and the epilogue. Behind it,
 * where the inputs are bfloat16, the row of inputs as float32, block by block. */
static size_t row_convolution_scratch_bytes(const ank_convolution *operation) {
    struct lane_groups output;
    ank_lane_groups(&output, operation->output_count, operation->output, WIDE);
    const int64_t widened = widened_floats(operation->input, operation->input_count, operation->width);
    return sizeof(float) * (size_t)((int64_t)output.lanes * operation->width + widened);
}

/* Whether a row of outputs goes past the caches: with 1x1x1 (66 -> 32: 30 instead of 40 ms), but not with the stem,
 * which has too little to do between them and would take 25 instead of 19 ms. */
static int is_streamed_output(const ank_convolution *operation, const ank_block *block, int32_t z, int32_t y) {
    return operation->kernel == 1 && is_streamed_row(block_row(block, z, y), block->lanes, block->format);
}

/* The epilogue of a block's row. `lanes`, `format` and `streamed` are constants after inlining. */
ANK_INLINE void finish_row_of(const ank_convolution *operation, const struct lane_group *group, int32_t z, int32_t y,
                              const float *sums, const int32_t lanes, const int32_t format, const int streamed) {
    const ank_epilogue *epilogue = &operation->epilogue;
    float scales[BLOCK_LANES] = {0}, shifts[BLOCK_LANES] = {0};
    for (int32_t l = 0; l < group->channels; l++) {
        scales[l] = epilogue->scale ? epilogue->scale[group->stored_offset + l] : 1;
        shifts[l] = epilogue->shift ? epilogue->shift[group->stored_offset + l] : 0;
    }
    const vector_16 scale = load_lanes(scales, lanes, ANK_FLOAT32), shift = load_lanes(shifts, lanes, ANK_FLOAT32);
    const vector_16 slope = splat_16(epilogue->negative_slope);
    void *to = block_row(&operation->output[group->block], z, y);
    const void *residual = epilogue->residual ? block_row(&epilogue->residual[group->block], z, y) : NULL;
    for (int32_t x = 0; x < operation->width; x++) {
        const int64_t offset = (int64_t)x * lanes;
        const vector_16 sum = load_lanes(sums + (int64_t)x * group->lanes, lanes, ANK_FLOAT32);
        vector_16 v = __builtin_elementwise_fma(sum, scale, shift);
        if (residual) v += load_lanes(value_at(residual, offset, format), lanes, format);
        v = activate_16(v, slope);
        if (streamed)
            stream_16(writable_value_at(to, offset, format), v);
        else
            store_lanes(writable_value_at(to, offset, format), lanes, v, format);
    }
}

static void finish_row(const ank_convolution *operation, const struct lane_group *group, int32_t z, int32_t y,
                       const float *sums) {
    const ank_block *output = &operation->output[group->block];
    if (is_streamed_output(operation, output, z, y)) {
        finish_row_of(operation, group, z, y, sums, 16, ANK_FLOAT32, 1);
    } else if (output->lanes == 16) {
        if (output->format == ANK_FLOAT32)
            finish_row_of(operation, group, z, y, sums, 16, ANK_FLOAT32, 0);
        else
            finish_row_of(operation, group, z, y, sums, 16, ANK_BFLOAT16, 0);
    } else if (output->lanes == ANK_PAIR_LANES) {
        if (output->format == ANK_FLOAT32)
            finish_row_of(operation, group, z, y, sums, ANK_PAIR_LANES, ANK_FLOAT32, 0);
        else
            finish_row_of(operation, group, z, y, sums, ANK_PAIR_LANES, ANK_BFLOAT16, 0);
    } else {
        if (output->format == ANK_FLOAT32)
            finish_row_of(operation, group, z, y, sums, 8, ANK_FLOAT32, 0);
        else
            finish_row_of(operation, group, z, y, sums, 8, ANK_BFLOAT16, 0);
    }
}

/* What the products of a row fetch meanwhile: where its outputs will go, their residuals, and the next
 * row of inputs. */
static void plan_row_fetches(struct fetch_list *list, const ank_convolution *operation, int32_t z, int32_t y) {
    fetch_list_clear(list);
    const ank_block *residual = operation->epilogue.residual;
    for (int32_t b = 0; b < operation->output_count; b++) {
        const ank_block *block = &operation->output[b];
        const int64_t bytes = (int64_t)operation->width * block->lanes * value_bytes(block->format);
        const int is_residual = residual && residual[b].planes[z] == block->planes[z];
        if (!is_residual && !is_streamed_output(operation, block, z, y))
            fetch_list_add(list, block_row(block, z, y), bytes);
        if (residual) fetch_list_add(list, block_row(&residual[b], z, y), bytes);
    }
    if (operation->kernel != 1 || y + 1 == operation->height) return;
    for (int32_t b = 0; b < operation->input_count; b++) {
        const ank_block *block = &operation->input[b];
        if (block->planes[z])
            fetch_list_add(list, block_row(block, z, y + 1),
                           (int64_t)operation->width * block->lanes * value_bytes(block->format));
    }
}

static void row_convolution_convolve(const ank_convolution *operation, int64_t item, void *scratch) {
    const struct item_rows rows = rows_of_item(item, operation->height);
    const int32_t z = operation->first_plane + rows.plane;

    struct lane_groups vectors, output;
    struct output_passes passes;
    ank_lane_groups(&vectors, operation->output_count, operation->output, WIDE);
    ank_lane_groups(&output, operation->output_count, operation->output, BLOCK_LANES);
    ank_output_passes(&passes, &vectors, 0, WIDE);

    float *sums = scratch, *widened = sums + (int64_t)output.lanes * operation->width;
    struct fetch_list fetches;
    for (int32_t y = rows.first; y < rows.end; y++) {
        plan_row_fetches(&fetches, operation, z, y);
        struct source sources[LANE_GROUPS_MAX];
        int32_t source_count, inputs;
        if (operation->kernel == 1) {
            source_count = operation->input_count;
            inputs = channel_total(operation->input, source_count);
            channel_sources(operation->input, source_count, z, y, 0, operation->width, operation->input_height,
                            operation->zero_row, widened, sources);
        } else {
            source_count = 9;
            inputs = 27;
            for (int32_t tap = 0; tap < 9; tap++) {
                const float *row = input_row(operation->input, 2 * z + tap / 3 - 1, 2 * y + tap % 3 - 1,
                                             operation->input_height, operation->zero_row);
                sources[tap] = (struct source){row - 1, 3, 2};
            }
        }
        spread_fetches(&fetches, 1, &passes, operation->width, sources, source_count);
        multiply_whole_row(sources, source_count, inputs, operation->width, &passes, &vectors, operation->weights,
                           sums, &fetches);
        for (int32_t g = 0; g < output.count; g++) {
            const struct lane_group *group = &output.group[g];
            finish_row(operation, group, z, y, sums + (int64_t)operation->width * group->offset);
        }
        for (int32_t b = 0; b < operation->output_count; b++) {
            clear_row_ends(&operation->output[b], z, y, operation->width);
        }
    }
    await_streams();
}
