/* Products over a row of voxels as they lie in memory: every voxel's channels, or every other voxel's
 * taps, times a matrix. Included by each instruction set after its products. */

/* Sums over `sources` for `rows` rows. */
static void multiply_whole_row(const struct source *sources, int32_t source_count, int32_t channels, int32_t rows,
                               const struct output_passes *passes, const struct lane_groups *output,
                               const float *weights, float *sums, struct fetch_list *fetches) {
    struct pass_group groups[LANE_GROUPS_MAX];
    struct target targets[LANE_GROUPS_MAX];
    const int32_t count =
        group_passes(passes, output, rows, sums, sources, source_count, channels, fetches, groups, targets);
    for (int32_t g = 0; g < count; g++) {
        groups[g].product.weights = weights + groups[g].first_weights;
        multiply_group(&groups[g]);
    }
}

/* Floats that `voxels` voxels of bfloat16 blocks take as float32. */
static int64_t widened_floats(const ank_block *blocks, int32_t count, int64_t voxels) {
    int64_t lanes = 0;
    for (int32_t b = 0; b < count; b++)
        if (blocks[b].format == ANK_BFLOAT16) lanes += blocks[b].lanes;
    return lanes * voxels;
}

/* The channels of `voxels` voxels of row y of plane z, from voxel x on, as sources of a product; those
 * of bfloat16 blocks by way of `widened`, which holds widened_floats() of them. */
static void channel_sources(const ank_block *blocks, int32_t count, int32_t z, int32_t y, int32_t x,
                            int32_t voxels, int32_t height, const float *zero_row, float *widened,
                            struct source *sources) {
    for (int32_t b = 0; b < count; b++) {
        const ank_block *block = &blocks[b];
        const float *row =
            value_at(input_row(block, z, y, height, zero_row), (int64_t)x * block->lanes, block->format);
        if (block->format == ANK_BFLOAT16) {
            const int64_t values = (int64_t)voxels * block->lanes;
            widen_values((const uint16_t *)row, values, widened);
            row = widened;
            widened += values;
        }
        sources[b] = (struct source){row, block->channels, block->lanes};
    }
}
