/* The voxel-by-voxel step that batch statistics leave over. */

static int64_t ANK(affine_items)(const ank_affine *operation) {
    return operation->end_plane - operation->first_plane;
}

ANK_INLINE void ANK(apply_affine_to)(const ank_affine *operation, int32_t z, const int32_t input_format,
                                     const int32_t output_format) {
    vector_16 slope = splat_16(operation->negative_slope);
    int32_t offset = 0;
    for (int32_t block = 0; block < operation->count; block += 1) {
        const ank_block *input = &operation->input[block], *output = &operation->output[block];
        int32_t lanes = output->lanes;
        vector_16 scale = load_lanes(operation->scale + offset, lanes, ANK_FLOAT32);
        vector_16 shift = load_lanes(operation->shift + offset, lanes, ANK_FLOAT32);
        const ank_block *residual = operation->residual ? &operation->residual[block] : NULL;
        for (int32_t y = 0; y < operation->height; y += 1) {
            const void *from = block_row(input, z, y), *added = residual ? block_row(residual, z, y) : NULL;
            void *to = block_row(output, z, y);
            for (int64_t index = 0; index < (int64_t)operation->width * lanes; index += lanes) {
                vector_16 value = load_lanes(value_at(from, index, input_format), lanes, input_format) * scale + shift;
                if (added) value += load_lanes(value_at(added, index, output_format), lanes, output_format);
                store_lanes(writable_value_at(to, index, output_format), lanes, activate_16(value, slope), output_format);
            }
            clear_row_ends(output, z, y, operation->width);
        }
        offset += lanes;
    }
}

static void ANK(apply_affine)(const ank_affine *operation, int64_t item) {
    const int32_t z = operation->first_plane + (int32_t)item;
    if (operation->input->format == ANK_FLOAT32) {
        if (operation->output->format == ANK_FLOAT32)
            ANK(apply_affine_to)(operation, z, ANK_FLOAT32, ANK_FLOAT32);
        else
            ANK(apply_affine_to)(operation, z, ANK_FLOAT32, ANK_BFLOAT16);
    } else {
        if (operation->output->format == ANK_FLOAT32)
            ANK(apply_affine_to)(operation, z, ANK_BFLOAT16, ANK_FLOAT32);
        else
            ANK(apply_affine_to)(operation, z, ANK_BFLOAT16, ANK_BFLOAT16);
    }
}
