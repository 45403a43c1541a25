/* How a Winograd convolution arranges channels, tiles and work: the part that
 * depends on the width of a vector only, not on the instruction set.
 *
 * A tile is 4 x 4 x 4 outputs, computed from 6 x 6 x 6 inputs by way of 216
 * independent matrix products, one for each point of the transformed cube; a wide
 * one is 4 x 4 x 6 outputs from 6 x 6 x 8 inputs by way of 288. A work item is one
 * tile deep (D), up to 120 voxels wide (W) and walks over a stretch of rows of tiles
 * (H). One such row of tiles is a "row block".
 */
#ifndef WINOGRAD_LAYOUT_H
#define WINOGRAD_LAYOUT_H

#include "../products/lane_groups.h"
#include "points.h"

/* Whether a convolution is computed here: 3x3x3 with stride 1, and few enough channels that the
 * transformed weights, eight to eleven times as many as the kernel's, are worth their memory. The answer
 * depends on nothing but kernel, stride and blocks, so that preparation and execution agree. */
int winograd_suits_shape(const ank_convolution_shape *shape, int32_t vector_lanes);
int winograd_suits(const ank_convolution *operation, int32_t vector_lanes);

/* Whether tiles are wide, where the operation allows it: with AVX-512. AVX2 was no faster so (0.94 to 1.04): a row of
 * 19 wide tiles makes portions of five rows instead of six, and a third more weights pass through the caches. */
static inline int winograd_takes_wide_tiles(int32_t allowed, int32_t vector_lanes) {
    return allowed && vector_lanes == BLOCK_LANES;
}

/* Outputs and points of a tile along W, and all its points. */
static inline int32_t winograd_tile_width(int wide) { return wide ? WIDE_OUTPUTS : WINOGRAD_OUTPUTS; }
static inline int32_t winograd_row_points(int wide) { return winograd_tile_width(wide) + WINOGRAD_TAPS - 1; }
static inline int32_t winograd_cube_points(int wide) { return WINOGRAD_PLANE_POINTS * winograd_row_points(wide); }

/* Of one block of channels, floats from one point's columns (along D and H) to the next point's: room for the
 * widest row block. A constant, so that the transforms, which step from slot to slot, need no arithmetic for 36
 * addresses; and an odd number of cache lines, so that the slots fall on all sets of the first-level cache. */
enum {
    ROW_BLOCK_COLUMNS_MAX = 120, /* of outputs */
    COLUMNS_MAX = ROW_BLOCK_COLUMNS_MAX + WINOGRAD_TAPS - 1,
    COLUMN_SLOT = (COLUMNS_MAX * BLOCK_LANES * 4 / 64 | 1) * 64 / 4,
};
_Static_assert(COLUMN_SLOT >= COLUMNS_MAX * BLOCK_LANES, "rounded up");

/* How large a row block may be; see the instruction sets' products.h. */
struct winograd_block_limits {
    int wide_tiles;
    int32_t tiles;   /* at most */
    int64_t bytes;   /* of transformed columns, about: the two beyond the last tile are not counted, and
                      * four tiles are allowed whatever they take */
    int32_t portion; /* tiles that the accumulators hold */
};

/* Sizes of a convolution's work; everything in scratch is counted in floats. */
struct winograd_work {
    int wide_tiles;
    int32_t tile_width, row_points;  /* outputs and points of a tile along W */
    int32_t tile_rows, tile_columns; /* of the whole plane */
    int32_t cuts;                    /* stretches of equal size along W ... */
    int32_t column_blocks;           /* ... among which items along W are divided */
    int32_t row_stretches;           /* items along H */
    int32_t depth_tiles;             /* items along D */
    int32_t first_depth_tile;
    int32_t block_tiles; /* at most so many tiles in a row block */
    int64_t tile_slot;   /* floats from one point's tiles (along W) to the next point's */
};

void winograd_plan_work(struct winograd_work *work, const ank_convolution *operation,
                        const struct lane_groups *input, const struct lane_groups *output,
                        const struct winograd_block_limits *limits);

/* The first tile of a row block, 0 ... column_blocks. */
int32_t winograd_first_tile(const struct winograd_work *work, int32_t block);

#endif
