/* Products over a row of voxels as they lie in memory: every voxel's channels, or every other voxel's
 * taps, times a matrix. Included by each instruction set after its products. */

/* Where the vectors of a pass go in `sums`, which hold `rows` rows of one block after another. */
static void pass_targets(const struct output_pass *pass, const struct lane_groups *output, float *sums, int64_t rows,
                         struct target targets[3]) {
    for (int32_t n = 0; n < pass->wide + pass->narrow; n++) {
        const struct lane_group *group = &output->group[pass->first_group + n];
        targets[n] = (struct target){sums + rows * (group->offset - group->lane) + group->lane, group->block_lanes};
    }
}

/* How many products multiply_whole_row() comes to. */
static int64_t whole_row_products(const struct output_passes *passes, int32_t rows) {
    int64_t products = 0;
    for (int32_t p = 0; p < passes->count; p++) {
        const int32_t most = rows_most(passes->pass[p].wide, passes->pass[p].narrow);
        products += (rows + most - 1) / most;
    }
    return products;
}

/* Sums over `sources` for `rows` rows, a portion that fills the registers after another. */
static void multiply_whole_row(const struct source *sources, int32_t source_count, int32_t inputs, int32_t rows,
                               const struct output_passes *passes, const struct lane_groups *output,
                               const float *weights, float *sums, struct fetch_list *fetches) {
    for (int32_t p = 0; p < passes->count; p++) {
        const struct output_pass *pass = &passes->pass[p];
        struct product product = {
            .source_count = source_count,
            .sources = sources,
            .wide_weights = weights,
            .narrow_weights = weights + (int64_t)inputs * pass->wide * WIDE,
        };
        pass_targets(pass, output, sums, rows, product.targets);
        const int32_t most = rows_most(pass->wide, pass->narrow);
        for (int32_t x = 0; x < rows; x += most) {
            product.first_row = x;
            fetch_list_share(fetches, inputs, &product);
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
