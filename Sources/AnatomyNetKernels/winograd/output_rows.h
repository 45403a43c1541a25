/* Where the outputs of a row block go, for one block of channels, and what becomes of them on the way. */
#ifndef WINOGRAD_OUTPUT_ROWS_H
#define WINOGRAD_OUTPUT_ROWS_H

#include "../products/lane_groups.h"
#include "points.h"

enum { OUTPUT_ROWS = WINOGRAD_OUTPUTS * WINOGRAD_OUTPUTS };

struct output_rows {
    void *rows[OUTPUT_ROWS];       /* [z][y]: voxel x of the first tile; NULL: not wanted */
    void *added_rows[OUTPUT_ROWS]; /* likewise of a residual or a shortcut; used where `added` is set */
    int added;
    int streamed; /* all rows are wanted, and vectors may be written past the caches */
    int is_short; /* no row beyond the second plane is wanted, and products of b and -b along D are missing */
    int32_t format, added_format;
    int32_t lanes;   /* of a voxel: a multiple of the vector's */
    int32_t columns; /* voxels of the row from x on; those after are zero */
    float scale[BLOCK_LANES], shift[BLOCK_LANES], negative_slope;
    float *sums; /* [z][BLOCK_LANES]: where the outputs are added up, as they are stored; NULL: nowhere */
};

#endif
