/* The voxel-by-voxel step that batch statistics leave over. */

static int64_t ANK(affine_items)(const ank_affine *operation) {
    return operation->end_plane - operation->first_plane;
}

static void ANK(apply_affine)(const ank_affine *operation, int64_t item) {
    int32_t z = operation->first_plane + (int32_t)item;
    lanes16 slope = broadcast(operation->negative_slope);
    int32_t offset = 0;
    for (int32_t block = 0; block < operation->count; block += 1) {
        const ank_block *input = &operation->input[block], *output = &operation->output[block];
        int32_t lanes = output->lanes;
        lanes16 scale = load_lanes(operation->scale + offset, lanes);
        lanes16 shift = load_lanes(operation->shift + offset, lanes);
        const ank_block *residual = operation->residual ? &operation->residual[block] : NULL;
        lanes16 residual_scale = operation->residual_scale ? load_lanes(operation->residual_scale + offset, lanes)
                                                           : broadcast(1);
        for (int32_t y = 0; y < operation->height; y += 1) {
            const float *from = input->planes[z] + y * input->row_stride;
            float *to = output->planes[z] + y * output->row_stride;
            const float *added = residual ? residual->planes[z] + y * residual->row_stride : NULL;
            for (int64_t index = 0; index < (int64_t)operation->width * lanes; index += lanes) {
                lanes16 value = load_lanes(from + index, lanes) * scale + shift;
                if (added) value += load_lanes(added + index, lanes) * residual_scale;
                store_lanes(to + index, lanes, activated(value, slope));
            }
            clear_row_ends(to, lanes, operation->width);
        }
        offset += lanes;
    }
}
