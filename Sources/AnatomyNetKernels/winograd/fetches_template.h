/* What is fetched ahead while a row block's products run, and which outputs go past the caches instead. Included by
 * convolution_template.h. */

static void fetch_output_rows(struct item *item, const ank_block *block, void *const rows[OUTPUT_ROWS]) {
    const int64_t bytes = (int64_t)output_columns(item) * block->lanes * value_bytes(block->format);
    for (int r = 0; r < OUTPUT_ROWS; r++)
        if (rows[r]) fetch_list_add(&item->fetches, rows[r], bytes);
}

/* Whether outputs take the place of what is added to them, or of what a shortcut makes that from. */
static int writes_over_added(const struct item *item, const struct lane_group *group) {
    const ank_convolution *op = item->operation;
    const void *output = op->output[group->block].planes[item->plane];
    const ank_block *residual = op->epilogue.residual;
    if (residual && residual[group->block].planes[item->plane] == output) return 1;
    const ank_shortcut *shortcut = op->epilogue.shortcut;
    for (int32_t b = 0; shortcut && b < shortcut->input_count; b++)
        if (shortcut->input[b].planes[item->plane] == output) return 1;
    return 0;
}

/* Whether all of a group's outputs, `rows`, are wanted and go past the caches. What the caches hold already, because
 * it has just been read, is better overwritten there. */
static int are_streamed_rows(const struct item *item, const struct lane_group *group, void *const rows[OUTPUT_ROWS]) {
    const ank_block *block = &item->operation->output[group->block];
    int streamed = !writes_over_added(item, group);
    for (int r = 0; r < OUTPUT_ROWS; r++) streamed &= is_streamed_row(rows[r], block->lanes, block->format);
    return streamed;
}

/* What the products of this row block fetch meanwhile: where its outputs will
 * go, what is added to them, and the rows that only the next block reads. */
static void plan_fetches(struct item *item, int32_t tile_row) {
    const ank_convolution *op = item->operation;
    struct fetch_list *list = &item->fetches;
    fetch_list_clear(list);
    for (int32_t g = 0; !op->epilogue.labels && g < item->output.count; g++) {
        const struct lane_group *group = &item->output.group[g];
        const ank_block *output = &op->output[group->block];
        void *rows[OUTPUT_ROWS];
        output_rows(item, output, tile_row, rows);
        if (!writes_over_added(item, group) && !are_streamed_rows(item, group, rows)) fetch_output_rows(item, output, rows);
        if (op->epilogue.residual) {
            const ank_block *residual = &op->epilogue.residual[group->block];
            output_rows(item, residual, tile_row, rows);
            fetch_output_rows(item, residual, rows);
        }
    }
    const ank_shortcut *shortcut = op->epilogue.shortcut;
    for (int32_t b = 0; shortcut && b < shortcut->input_count; b++) {
        const ank_block *block = &shortcut->input[b];
        const int64_t column = (int64_t)first_column(item) * block->lanes;
        for (int r = 0; r < OUTPUT_ROWS; r++) {
            const int32_t plane = item->plane + r / 4, row = 4 * tile_row + r % 4;
            if (plane >= op->end_plane || row >= op->height || !block->planes[plane]) continue;
            fetch_list_add(list, value_at(block_row(block, plane, row), column, block->format),
                           (int64_t)voxels_of_rows(item) * block->lanes * value_bytes(block->format));
        }
    }
    /* The row after the item's last is, most likely, the first of this thread's next item. */
    if (tile_row + 1 == item->work.tile_rows) return;
    for (int32_t g = 0; g < item->input.count; g++) {
        const struct lane_group *group = &item->input.group[g];
        const void *rows[WINOGRAD_PLANE_POINTS];
        input_rows(item, group, tile_row + 1, rows);
        const ank_block *block = &op->input[group->block];
        for (int z = 0; z < (is_short(item) ? SHORT_INPUTS : WINOGRAD_POINTS); z++)
            for (int y = FIRST_FETCHED_ROW; y < 6; y++)
                fetch_list_add(list, rows[6 * z + y],
                               (int64_t)input_columns(item) * block->lanes * value_bytes(block->format));
    }
}
