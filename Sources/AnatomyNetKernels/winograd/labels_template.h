/* Labels in place of a convolution's outputs: these stay in the first-level cache, some columns of a row block at a
 * time, and the number of the largest channel is all that is stored of a voxel. Included by convolution_template.h. */

/* The outputs of some columns only, in float32 to `outputs`. */
static void transform_group_columns(const struct item *item, const struct lane_group *group, int32_t first,
                                    int32_t columns, float *const outputs[4]) {
    struct output_rows to = group_output(item, group);
    to.format = ANK_FLOAT32;
    to.columns = columns;
    for (int r = 0; r < OUTPUT_ROWS; r++)
        to.rows[r] = outputs[r / 4] + (int64_t)(r % 4) * LABELLED_COLUMNS * group->stored_lanes;
    transform_columns_back(group, columns_of(item, group, 0) + (int64_t)first * group->stored_lanes, columns, &to);
}

/* Labels what `outputs` holds, the columns from `first` on, as far as it lies in the box. */
static void label_columns(const struct item *item, int32_t tile_row, int32_t first, int32_t columns,
                          const ank_block *outputs) {
    const ank_labels *box = item->operation->epilogue.labels;
    const int32_t start = first_column(item) + first, end = start + columns;
    const int32_t x = start > box->first_column ? start : box->first_column;
    const int32_t count = (end < box->end_column ? end : box->end_column) - x;
    if (count <= 0) return;
    for (int r = 0; r < OUTPUT_ROWS; r++) {
        const int32_t plane = item->plane + r / 4, row = 4 * tile_row + r % 4;
        if (plane < box->first_plane || plane >= box->end_plane || plane >= item->operation->end_plane) continue;
        if (row < box->first_row || row >= box->end_row) continue;
        uint8_t labels[LABELLED_COLUMNS];
        float largest[LABELLED_COLUMNS];
        ANK(best_classes)(outputs, item->output.count, r / 4, r % 4, x - start, count, ANK_FLOAT32, labels, largest,
                          box->nonfinite);
        uint8_t *to = box->labels + (plane - box->first_plane) * box->plane_stride
                      + (row - box->first_row) * box->row_stride + (x - box->first_column) * box->column_stride;
        if (box->column_stride == 1) {
            memcpy(to, labels, (size_t)count);
            continue;
        }
        for (int32_t i = 0; i < count; i++) to[i * box->column_stride] = labels[i];
    }
}

static void label_block(const struct item *item, int32_t tile_row) {
    float *planes[LANE_GROUPS_MAX][4];
    ank_block outputs[LANE_GROUPS_MAX];
    for (int32_t g = 0; g < item->output.count; g++) {
        const struct lane_group *group = &item->output.group[g];
        for (int z = 0; z < 4; z++)
            planes[g][z] = item->outputs
                           + (int64_t)LABELLED_COLUMNS * (OUTPUT_ROWS * group->offset + 4 * z * group->stored_lanes);
        outputs[g] = (ank_block){planes[g], LABELLED_COLUMNS * group->stored_lanes, group->stored_lanes, group->channels,
                                 ANK_FLOAT32};
    }
    const int32_t all = output_columns(item);
    for (int32_t first = 0; first < all; first += LABELLED_COLUMNS) {
        const int32_t columns = all - first < LABELLED_COLUMNS ? all - first : LABELLED_COLUMNS;
        for (int32_t g = 0; g < item->output.count; g++)
            transform_group_columns(item, &item->output.group[g], first, columns, planes[g]);
        label_columns(item, tile_row, first, columns, outputs);
    }
}
