/* Products over a row of voxels as they lie in memory: every voxel's channels, or every other voxel's
 * taps, times a matrix. Included by each instruction set after its products. */

/* Sums over `sources` for `rows` rows, a portion that fills the registers after another. */
static void multiply_whole_row(const struct source *sources, int32_t source_count, int32_t inputs, int32_t rows,
                               const struct output_passes *passes, const struct lane_groups *output,
                               const float *weights, float *sums, struct fetch_list *fetches) {
    for (int32_t p = 0; p < passes->count; p++) {
        const struct output_pass *pass = &passes->pass[p];
        struct product product = {
            .source_count = source_count,
            .sources = sources,
            .rows = rows,
            .wide_weights = weights,
            .narrow_weights = weights + (int64_t)inputs * pass->wide * WIDE,
            .products = sums + (int64_t)rows * output->group[pass->first_group].offset,
        };
        const int32_t most = rows_most(pass->wide, pass->narrow);
        for (int32_t x = 0; x < rows; x += most) {
            product.first_row = x;
            product.fetch = fetch_list_take(fetches, 2 * inputs, weights);
            multiply_rows(rows - x < most ? rows - x : most, pass->wide, pass->narrow, &product);
        }
        weights += (int64_t)inputs * (pass->wide * WIDE + pass->narrow * 8);
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
static void channel_sources(const ank_block *blocks, const struct lane_groups *groups, int32_t z, int32_t y,
                            int32_t x, int32_t voxels, int32_t height, const float *zero_row, float *widened,
                            struct source *sources) {
    const float *row = NULL;
    for (int32_t g = 0; g < groups->count; g++) {
        const struct lane_group *group = &groups->group[g];
        const ank_block *block = &blocks[group->block];
        if (group->lane == 0) {
            row = value_at(input_row(block, z, y, height, zero_row), (int64_t)x * block->lanes, block->format);
            if (block->format == ANK_BFLOAT16) {
                const int64_t values = (int64_t)voxels * block->lanes;
                widen_values((const uint16_t *)row, values, widened);
                row = widened;
                widened += values;
            }
        }
        sources[g] = (struct source){row + group->lane, group->channels, block->lanes};
    }
}
