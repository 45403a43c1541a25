/* Convolutions by products of rows; see row_convolution.h. Included after the products of rows. */

static int64_t row_convolution_items(const ank_convolution *operation) {
    const int64_t groups = (operation->height + ANK(rows_per_item) - 1) / ANK(rows_per_item);
    return (operation->end_plane - operation->first_plane) * groups;
}

/* A row of sums, group by group: it stays in cache between the products and the epilogue. Behind it,
 * where the inputs are bfloat16, the row of inputs as float32, block by block. */
static size_t row_convolution_scratch_bytes(const ank_convolution *operation) {
    struct lane_groups output;
    ank_lane_groups(&output, operation->output_count, operation->output, WIDE);
    const int64_t widened = widened_floats(operation->input, operation->input_count, operation->width);
    return sizeof(float) * (size_t)((int64_t)output.lanes * operation->width + widened);
}

#define FINISH_ROW(vector)                                                                         \
    ANK_INLINE void finish_row_of_##vector(const ank_convolution *operation, const struct lane_group *group,      \
                                           int32_t z, int32_t y, const float *sums, const int32_t format) {       \
        const ank_epilogue *epilogue = &operation->epilogue;                                       \
        const ank_block *block = &operation->output[group->block];                                 \
        float scales[vector] = {0}, shifts[vector] = {0};                                          \
        for (int32_t l = 0; l < group->channels; l++) {                                            \
            scales[l] = epilogue->scale ? epilogue->scale[group->offset + l] : 1;                  \
            shifts[l] = epilogue->shift ? epilogue->shift[group->offset + l] : 0;                  \
        }                                                                                          \
        const vector_##vector scale = load_##vector(scales), shift = load_##vector(shifts);        \
        const vector_##vector slope = splat_##vector(epilogue->negative_slope);                    \
        void *to = writable_value_at(block_row(block, z, y), group->lane, format);                 \
        const void *residual = NULL;                                                               \
        if (epilogue->residual)                                                                    \
            residual = value_at(block_row(&epilogue->residual[group->block], z, y), group->lane, format);         \
        for (int32_t x = 0; x < operation->width; x++) {                                           \
            const int64_t offset = (int64_t)x * block->lanes;                                      \
            vector_##vector v = multiply_add_##vector(load_##vector(sums + x * vector), scale, shift);            \
            if (residual) v += load_values_##vector(value_at(residual, offset, format), format);   \
            store_values_##vector(writable_value_at(to, offset, format), activate_##vector(v, slope), format);    \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void finish_row_##vector(const ank_convolution *operation, const struct lane_group *group, int32_t z,  \
                                    int32_t y, const float *sums) {                                \
        if (operation->output->format == ANK_FLOAT32)                                              \
            finish_row_of_##vector(operation, group, z, y, sums, ANK_FLOAT32);                     \
        else                                                                                       \
            finish_row_of_##vector(operation, group, z, y, sums, ANK_BFLOAT16);                    \
    }

FINISH_ROW(8)
#if WIDE == 16
FINISH_ROW(16)
#endif
#undef FINISH_ROW

/* What the products of a row fetch meanwhile: where its outputs will go, their residuals, and the next
 * row of inputs. */
static void plan_row_fetches(struct fetch_list *list, const ank_convolution *operation, int32_t z, int32_t y) {
    list->count = list->next = list->position = 0;
    const ank_block *residual = operation->epilogue.residual;
    for (int32_t b = 0; b < operation->output_count; b++) {
        const ank_block *block = &operation->output[b];
        const int64_t bytes = (int64_t)operation->width * block->lanes * value_bytes(block->format);
        fetch_list_add(list, block_row(block, z, y), bytes);
        if (residual && residual[b].planes != block->planes)
            fetch_list_add(list, block_row(&residual[b], z, y), bytes);
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
    const int64_t row_groups = (operation->height + ANK(rows_per_item) - 1) / ANK(rows_per_item);
    const int32_t z = operation->first_plane + (int32_t)(item / row_groups);
    const int32_t first_row = (int32_t)(item % row_groups) * ANK(rows_per_item);
    int32_t end_row = first_row + ANK(rows_per_item);
    if (end_row > operation->height) end_row = operation->height;

    struct lane_groups output, input;
    struct output_passes passes;
    ank_lane_groups(&output, operation->output_count, operation->output, WIDE);
    ank_output_passes(&passes, &output, WIDE);
    if (operation->kernel == 1) ank_lane_groups(&input, operation->input_count, operation->input, WIDE);

    float *sums = scratch, *widened = sums + (int64_t)output.lanes * operation->width;
    struct fetch_list fetches;
    for (int32_t y = first_row; y < end_row; y++) {
        plan_row_fetches(&fetches, operation, z, y);
        struct source sources[LANE_GROUPS_MAX];
        int32_t source_count, inputs;
        if (operation->kernel == 1) {
            source_count = input.count;
            inputs = input.channels;
            channel_sources(operation->input, &input, z, y, 0, operation->width, operation->input_height,
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
        multiply_whole_row(sources, source_count, inputs, operation->width, &passes, &output, operation->weights,
                           sums, &fetches);
        for (int32_t g = 0; g < output.count; g++) {
            const struct lane_group *group = &output.group[g];
            const float *group_sums = sums + (int64_t)operation->width * group->offset;
#if WIDE == 16
            if (group->lanes == WIDE) {
                finish_row_16(operation, group, z, y, group_sums);
                continue;
            }
#endif
            finish_row_8(operation, group, z, y, group_sums);
        }
        for (int32_t b = 0; b < operation->output_count; b++) {
            clear_row_ends(&operation->output[b], z, y, operation->width);
        }
    }
}
