/* Where the rows of a feature map are; see anatomynet_kernels.h. */
#ifndef ANK_TEMPLATE_ROWS_H
#define ANK_TEMPLATE_ROWS_H

#include <string.h>

#include "anatomynet_kernels.h"
#include "vector.h"

/* Voxel 0 of row y of plane z, which may lie one outside the grid: such rows are zero. */
ANK_INLINE const float *input_row(const ank_block *block, int32_t z, int32_t y, int32_t height,
                                  const float *zero_row) {
    const float *plane = block->planes[z];
    if (plane == NULL || y < 0 || y >= height) return zero_row + block->lanes;
    return plane + y * block->row_stride;
}

/* Writes the zero voxels at both ends of a row. */
ANK_INLINE void clear_row_ends(float *row, int32_t lanes, int32_t width) {
    memset(row - lanes, 0, sizeof(float) * (size_t)lanes);
    int64_t after = ank_row_voxels(width) - 1 - width;
    memset(row + (int64_t)width * lanes, 0, sizeof(float) * (size_t)(after * lanes));
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

#endif
