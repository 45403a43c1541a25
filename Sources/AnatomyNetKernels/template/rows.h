/* Where the rows of a feature map are; see anatomynet_kernels.h. */
#ifndef ANK_TEMPLATE_ROWS_H
#define ANK_TEMPLATE_ROWS_H

#include "vector.h"

/* Voxel 0 of row y of plane z of a block. */
ANK_INLINE void *block_row(const ank_block *block, int32_t z, int64_t y) {
    return writable_value_at(block->planes[z], y * block->row_stride, block->format);
}

/* The same where the row may lie one outside the grid: such rows are zero. */
ANK_INLINE const void *input_row(const ank_block *block, int32_t z, int32_t y, int32_t height,
                                 const float *zero_row) {
    if (block->planes[z] == NULL || y < 0 || y >= height) return value_at(zero_row, block->lanes, block->format);
    return block_row(block, z, y);
}

/* Rows of one plane, the `plane`th of those to compute: a work item of whatever goes row by row. */
struct item_rows {
    int32_t plane, first, end;
};
enum { ROWS_PER_ITEM = 4 };

ANK_INLINE int64_t row_items(int32_t planes, int32_t height) {
    return (int64_t)planes * ((height + ROWS_PER_ITEM - 1) / ROWS_PER_ITEM);
}
ANK_INLINE struct item_rows rows_of_item(int64_t item, int32_t height) {
    const int32_t groups = (height + ROWS_PER_ITEM - 1) / ROWS_PER_ITEM;
    const int32_t first = (int32_t)(item % groups) * ROWS_PER_ITEM, end = first + ROWS_PER_ITEM;
    return (struct item_rows){(int32_t)(item / groups), first, end < height ? end : height};
}

/* Writes the zero voxels at both ends of row y of plane z. */
ANK_INLINE void clear_row_ends(const ank_block *block, int32_t z, int32_t y, int32_t width) {
    char *row = block_row(block, z, y);
    const int64_t voxel = block->lanes * value_bytes(block->format), after = ank_row_voxels(width) - 1 - width;
    memset(row - voxel, 0, (size_t)voxel);
    memset(row + width * voxel, 0, (size_t)(after * voxel));
}

/* `count` bfloat16 values as float32. */
ANK_INLINE void widen_values(const uint16_t *from, int64_t count, float *to) {
    int64_t index = 0;
    for (; index + 16 <= count; index += 16) store_16(to + index, load_values_16(from + index, ANK_BFLOAT16));
    for (; index < count; index += 1) to[index] = load_value(from + index, ANK_BFLOAT16);
}

/* Index of the first lane of block `index` in arrays that hold all blocks' lanes in sequence. */
ANK_INLINE int32_t lane_offset(const ank_block *blocks, int32_t index) {
    int32_t offset = 0;
    for (int32_t before = 0; before < index; before += 1) offset += blocks[before].lanes;
    return offset;
}

ANK_INLINE int32_t channel_total(const ank_block *blocks, int32_t count) {
    int32_t channels = 0;
    for (int32_t index = 0; index < count; index += 1) channels += blocks[index].channels;
    return channels;
}

/* What a transposed convolution appends to row y of plane z of output block `block`; NULL: nothing. */
ANK_INLINE const float *appended_row(const ank_transposed_convolution *operation, int32_t block, int32_t z,
                                     int32_t y) {
    const ank_block *appended = operation->appended;
    return appended && block == operation->output_count - 1 ? block_row(appended, z, y) : NULL;
}

/* Writes it into lane `lane` of the voxel at `to`. */
ANK_INLINE void append_value(void *to, int32_t lane, float value, int32_t format) {
    store_value(writable_value_at(to, lane, format), value, format);
}

#endif
