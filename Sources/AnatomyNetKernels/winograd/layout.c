#include "layout.h"

/* 48 MB of transformed weights, about 240 x 240 channels: beyond that, direct convolution. */
static const int64_t weights_floats_most = 12 * 1024 * 1024;

static int suits(int32_t kernel, int32_t stride, int32_t input_count, const ank_block *input,
                 int32_t output_count, const ank_block *output, int32_t vector_lanes) {
    if (kernel != 3 || stride != 1) return 0;
    int64_t channels = 0, lanes = 0;
    for (int32_t b = 0; b < input_count; b++) {
        if (input[b].lanes < 8) return 0;
        channels += input[b].channels;
    }
    for (int32_t b = 0; b < output_count; b++) lanes += output[b].lanes;
    return ank_lane_group_count(input_count, input, vector_lanes) <= LANE_GROUPS_MAX
           && ank_lane_group_count(output_count, output, vector_lanes) <= LANE_GROUPS_MAX
           && WINOGRAD_CUBE_POINTS * channels * lanes <= weights_floats_most;
}

int winograd_suits_shape(const ank_convolution_shape *shape, int32_t vector_lanes) {
    return suits(shape->kernel, shape->stride, shape->input_count, shape->input,
                 shape->output_count, shape->output, vector_lanes);
}

int winograd_suits(const ank_convolution *operation, int32_t vector_lanes) {
    return suits(operation->kernel, operation->stride, operation->input_count, operation->input,
                 operation->output_count, operation->output, vector_lanes);
}

static int32_t ceiling(int32_t value, int32_t divisor) { return (value + divisor - 1) / divisor; }

/* The more tiles share a pass over the weights (0.9 MB for 32 x 32 channels, streamed from the
 * third-level cache), the less that stream matters; the transformed tiles must not outgrow a 1 MB
 * second-level cache themselves. Measured for 66 -> 32 channels, 62 KB a tile: 6 tiles 750, 10 tiles
 * 970, 15 tiles 1040 GMAC/s. Sixteen are two portions of what the accumulators of two vectors a row
 * hold; with a single vector of outputs 30 rows fit them, and half as many calls are needed. */
static const int64_t block_floats = 960 * 1024 / sizeof(float);
enum {
    BLOCK_TILES_MAX = 16,
    SINGLE_BLOCK_TILES_MAX = 30,
    BLOCK_TILES_MIN = 4,
    ITEMS_WANTED = 64,    /* to share evenly among a few threads */
    STRETCH_ROWS_MIN = 4, /* rows of tiles an item at least walks over, if there are as many */
};

void winograd_plan_work(struct winograd_work *work, const ank_convolution *operation,
                        const struct lane_groups *input, const struct lane_groups *output) {
    work->tile_rows = ceiling(operation->height, WINOGRAD_OUTPUTS);
    work->tile_columns = ceiling(operation->width, WINOGRAD_OUTPUTS);
    work->first_depth_tile = operation->first_plane / WINOGRAD_OUTPUTS;
    work->depth_tiles = ceiling(operation->end_plane, WINOGRAD_OUTPUTS) - work->first_depth_tile;

    const int64_t tile_lanes = input->lanes > output->lanes ? input->lanes : output->lanes;
    int64_t tiles = block_floats / (WINOGRAD_CUBE_POINTS * tile_lanes);
    const int32_t most = output->count == 1 ? SINGLE_BLOCK_TILES_MAX : BLOCK_TILES_MAX;
    if (tiles > most) tiles = most;
    if (tiles < BLOCK_TILES_MIN) tiles = BLOCK_TILES_MIN;
    work->column_blocks = ceiling(work->tile_columns, (int32_t)tiles);
    work->block_tiles = ceiling(work->tile_columns, work->column_blocks);

    /* Walking down a column saves fetching a third of its rows again, so cut it
     * only where there would be too few items to share among threads. */
    const int64_t columns = (int64_t)work->column_blocks * work->depth_tiles;
    int64_t stretches = (ITEMS_WANTED + columns - 1) / columns;
    if (stretches > work->tile_rows / STRETCH_ROWS_MIN)
        stretches = work->tile_rows / STRETCH_ROWS_MIN;
    work->row_stretches = stretches < 1 ? 1 : (int32_t)stretches;

    /* An odd number of cache lines: the 216 slots, between which the transforms
     * step, then fall on all sets of the first-level cache in turn. */
    const int64_t line = 64 / sizeof(float);
    int64_t lines = (work->block_tiles * tile_lanes + line - 1) / line;
    work->slot = (lines | 1) * line;
}
