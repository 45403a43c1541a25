#include "layout.h"

/* 48 MB of transformed weights, about 240 x 240 channels (200 x 200 with wide tiles): beyond that, direct convolution. */
static const int64_t weights_floats_most = 12 * 1024 * 1024;

static int suits(int32_t kernel, int32_t stride, int32_t wide_tiles, int32_t input_count, const ank_block *input,
                 int32_t output_count, const ank_block *output, int32_t vector_lanes) {
    if (kernel != 3 || stride != 1) return 0;
    int64_t channels = 0, lanes = 0;
    for (int32_t b = 0; b < input_count; b++) {
        if (input[b].lanes < ANK_PAIR_LANES) return 0;
        channels += input[b].channels;
    }
    for (int32_t b = 0; b < output_count; b++) lanes += output[b].lanes;
    return ank_lane_group_count(input_count, input, vector_lanes) <= LANE_GROUPS_MAX
           && ank_lane_group_count(output_count, output, vector_lanes) <= LANE_GROUPS_MAX
           && winograd_cube_points(winograd_takes_wide_tiles(wide_tiles, vector_lanes)) * channels * lanes
                  <= weights_floats_most;
}

int winograd_suits_shape(const ank_convolution_shape *shape, int32_t vector_lanes) {
    return suits(shape->kernel, shape->stride, shape->wide_tiles, shape->input_count, shape->input, shape->output_count,
                 shape->output, vector_lanes);
}

int winograd_suits(const ank_convolution *operation, int32_t vector_lanes) {
    return suits(operation->kernel, operation->stride, operation->wide_tiles, operation->input_count, operation->input,
                 operation->output_count, operation->output, vector_lanes);
}

static int32_t ceiling(int32_t value, int32_t divisor) { return (value + divisor - 1) / divisor; }

enum {
    BLOCK_TILES_MIN = 4,
    ITEMS_WANTED = 128,   /* the last of which threads wait for: 1 % of a layer or less */
    STRETCH_ROWS_MIN = 2, /* rows of tiles an item at least walks over, if there are as many */
};

int32_t winograd_first_tile(const struct winograd_work *work, int32_t block) {
    const int64_t cut = (int64_t)block * work->cuts / work->column_blocks;
    return (int32_t)(cut * work->tile_columns / work->cuts);
}

/* An odd number of cache lines: the slots, between which the transforms step, then fall on all sets of the
 * first-level cache in turn. */
static int64_t odd_lines(int64_t floats) {
    const int64_t line = 64 / sizeof(float);
    return ((floats + line - 1) / line | 1) * line;
}

void winograd_plan_work(struct winograd_work *work, const ank_convolution *operation,
                        const struct lane_groups *input, const struct lane_groups *output,
                        const struct winograd_block_limits *limits) {
    work->wide_tiles = limits->wide_tiles;
    work->tile_width = winograd_tile_width(limits->wide_tiles);
    work->row_points = winograd_row_points(limits->wide_tiles);
    work->tile_rows = ceiling(operation->height, WINOGRAD_OUTPUTS);
    work->tile_columns = ceiling(operation->width, work->tile_width);
    work->first_depth_tile = operation->first_plane / WINOGRAD_OUTPUTS;
    work->depth_tiles = ceiling(operation->end_plane, WINOGRAD_OUTPUTS) - work->first_depth_tile;

    const int64_t tile_lanes = input->lanes > output->lanes ? input->lanes : output->lanes;
    int64_t tiles =
        limits->bytes / (WINOGRAD_PLANE_POINTS * work->tile_width * tile_lanes * (int64_t)sizeof(float));
    if (tiles > limits->tiles) tiles = limits->tiles;
    if (tiles < BLOCK_TILES_MIN) tiles = BLOCK_TILES_MIN;
    /* A block of several portions is cut where a portion ends: one of 5 or 6 rows keeps the
     * multipliers busier than one of 4. */
    const int32_t portions = (int32_t)tiles / limits->portion;
    if (portions > 1) {
        work->cuts = ceiling(work->tile_columns, limits->portion);
        work->column_blocks = ceiling(work->cuts, portions);
    } else {
        work->column_blocks = ceiling(work->tile_columns, (int32_t)tiles);
        work->cuts = work->column_blocks;
    }
    work->block_tiles = 0;
    for (int32_t block = 0; block < work->column_blocks; block++) {
        const int32_t wide = winograd_first_tile(work, block + 1) - winograd_first_tile(work, block);
        if (wide > work->block_tiles) work->block_tiles = wide;
    }

    /* Walking down a column saves fetching a third of its rows again. Threads take runs of consecutive items
     * and so walk on from one stretch to the next; where two meet, rows are fetched twice, so a column is cut
     * only where there would be too few items to share evenly. */
    const int64_t columns = (int64_t)work->column_blocks * work->depth_tiles;
    int64_t stretches = (ITEMS_WANTED + columns - 1) / columns;
    if (stretches > work->tile_rows / STRETCH_ROWS_MIN)
        stretches = work->tile_rows / STRETCH_ROWS_MIN;
    work->row_stretches = stretches < 1 ? 1 : (int32_t)stretches;

    const int64_t value_lanes = input->count * BLOCK_LANES;
    work->tile_slot = odd_lines(work->block_tiles * (value_lanes > output->lanes ? value_lanes : output->lanes));
}
