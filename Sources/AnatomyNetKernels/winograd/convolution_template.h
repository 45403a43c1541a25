/* The fused 3x3x3 convolution: for one row block after another, data transform,
 * 216 matrix products (288 of wide tiles), output transform and epilogue, all
 * within the thread's scratch. Nothing but the layer's input and output passes through memory.
 *
 * Included by each instruction set after its products of rows.
 */

#include "output_rows.h"

_Static_assert(BLOCK_TILES_MAX * WINOGRAD_OUTPUTS <= ROW_BLOCK_COLUMNS_MAX
                   && SINGLE_BLOCK_TILES_MAX * WINOGRAD_OUTPUTS <= ROW_BLOCK_COLUMNS_MAX,
               "a slot has room for the columns of a row block");

#define LANES 8
#include "transform_template.h"
#undef LANES
#if WIDE == 16
_Static_assert(WIDE_BLOCK_TILES_MAX * WIDE_OUTPUTS <= ROW_BLOCK_COLUMNS_MAX, "likewise");
#define LANES 16
#include "transform_template.h"
#undef LANES
#endif
#include "pairs_template.h"

_Static_assert(COLUMN_SLOT >= COLUMNS_MAX * ANK_PAIR_LANES + WIDE, "there is room for zeros behind a row of pairs");

/* Thread scratch, in floats:
 *   columns      for each group of channels 36 x COLUMN_SLOT: at each point along D and H, the row block's
 *                columns; first of transformed inputs, then of products that wait for their transform back
 *   tile_values  7 x tile_slot, 9 of wide tiles: the row block's tiles at one of those points, for each point along W.
 *                Transformed values of point x lie in slot x + 1, its products in slot x: that is free by
 *                then, whatever the numbers of input and output groups, and no second buffer takes up
 *                first-level cache. Values take BLOCK_LANES a tile and group, also of 8 lanes: at constant
 *                distances the products need no arithmetic for addresses.
 *   pair_tiles   of each pair of channels, of the inputs and then of the outputs, the same with all points along W
 *                side by side: [tile][BLOCK_LANES]
 *   sums         doubles: of the item's outputs, [z][lane]
 *   shortcut     what a shortcut adds to the row block's outputs: for each of the 16 rows
 *                [z][y], block by block, the tiles' columns
 *   widened      one of those rows of the shortcut's inputs, where they are bfloat16
 *   outputs      where labels take the outputs' place: those of LABELLED_COLUMNS at a time, block by block,
 *                for each of the 16 rows. They stay in the first-level cache: 16 KB with up to 16 classes.
 */
enum { LABELLED_COLUMNS = 16 };

struct item {
    const ank_convolution *operation;
    struct lane_groups input, output; /* of whole blocks */
    struct lane_groups output_vectors;
    struct output_passes passes;      /* of the vectors */
    struct output_passes row_passes;  /* likewise, of a shortcut's products */
    struct winograd_work work;
    int32_t plane;              /* first plane of the tile */
    int32_t planes;             /* so many of its four planes are wanted */
    int32_t tile, tiles;        /* tiles along W */
    float *columns, *tile_values, *pair_tiles, *shortcut, *widened, *outputs;
    double *sums; /* NULL: not wanted */
    struct fetch_list fetches;
    int32_t input_pairs, output_pairs; /* of channels, in blocks of two lanes */
    struct pair_matrices matrices;     /* where there are some */
};

/* Whether four points along D do instead of six; see points.h. */
static int is_short(const struct item *item) { return item->planes <= SHORT_OUTPUTS; }

/* A constant where vectors have 8 lanes. */
static int has_wide_tiles(const struct item *item) { return WIDE == BLOCK_LANES && item->work.wide_tiles; }

/* Of a row block: its first column, and how many there are. */
static int32_t first_column(const struct item *item) { return item->work.tile_width * item->tile; }
static int32_t output_columns(const struct item *item) { return item->work.tile_width * item->tiles; }
static int32_t input_columns(const struct item *item) { return output_columns(item) + WINOGRAD_TAPS - 1; }

/* Voxels of a row behind the columns of its last row block; they are zero. */
static int64_t voxels_after(const struct item *item) {
    return ank_row_voxels(item->operation->width) - 1 - item->work.tile_width * item->work.tile_columns;
}

/* Pointers to the 6 x 6 input rows of a row of tiles, at its first input column. */
static void input_rows(const struct item *item, const struct lane_group *group, int32_t tile_row,
                       const void *rows[WINOGRAD_PLANE_POINTS]) {
    const ank_convolution *op = item->operation;
    const ank_block *block = &op->input[group->block];
    const int64_t column = (int64_t)(first_column(item) - 1) * block->lanes;
    for (int z = 0; z < 6; z++) {
        const int32_t plane = item->plane + z - 1;
        const void *base = plane <= op->input_depth ? block->planes[plane] : NULL;
        for (int y = 0; y < 6; y++) {
            const int32_t row = 4 * tile_row + y - 1;
            /* Row of zeros: its first voxel stands for x = -1. */
            const void *start = value_at(op->zero_row, block->lanes, block->format);
            if (base && row >= 0 && row < op->input_height)
                start = value_at(base, row * block->row_stride, block->format);
            rows[6 * z + y] = value_at(start, column, block->format);
        }
    }
}

/* Pointers to the 4 x 4 output rows of a row of tiles in `block`; NULL outside the operation. */
static void output_rows(const struct item *item, const ank_block *block, int32_t tile_row,
                        void *rows[OUTPUT_ROWS]) {
    const ank_convolution *op = item->operation;
    const int64_t column = (int64_t)first_column(item) * block->lanes;
    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++) {
            const int32_t plane = item->plane + z, row = 4 * tile_row + y;
            rows[4 * z + y] = plane < op->end_plane && row < op->height
                                  ? writable_value_at(block_row(block, plane, row), column, block->format)
                                  : NULL;
        }
}

/* Voxels of a row block's rows that lie within the width. */
static int32_t voxels_of_rows(const struct item *item) {
    const int32_t left = item->operation->width - first_column(item);
    return left < output_columns(item) ? left : output_columns(item);
}

#include "fetches_template.h"

/* Where the columns of a group of channels begin, of its inputs or of its products. Groups are whole blocks. */
static float *columns_of(const struct item *item, const struct lane_group *group, int point) {
    return item->columns + (int64_t)(group->block * WINOGRAD_PLANE_POINTS + point) * COLUMN_SLOT;
}

static int64_t columns_floats(const struct lane_groups *input, const struct lane_groups *output) {
    const int64_t groups = input->count > output->count ? input->count : output->count;
    return groups * WINOGRAD_PLANE_POINTS * COLUMN_SLOT;
}

/* Among the first `count` groups. */
static int32_t pairs_among(const struct lane_groups *groups, int32_t count) {
    int32_t pairs = 0;
    for (int32_t g = 0; g < count; g++) pairs += is_pair(&groups->group[g]);
    return pairs;
}

static int32_t pairs_in(const struct lane_groups *groups) { return pairs_among(groups, groups->count); }

/* Where the tiles of a pair of channels begin, of the item's inputs or outputs. */
static float *pair_tiles(const struct item *item, const struct lane_groups *groups, int32_t group) {
    const int32_t before = (groups == &item->output ? item->input_pairs : 0) + pairs_among(groups, group);
    return item->pair_tiles + (int64_t)before * item->work.block_tiles * BLOCK_LANES;
}

/* From voxels to columns at all 36 points along D and H. */
static void transform_block_input(const struct item *item, int32_t tile_row) {
    for (int32_t g = 0; g < item->input.count; g++) {
        const struct lane_group *group = &item->input.group[g];
        const void *rows[WINOGRAD_PLANE_POINTS];
        input_rows(item, group, tile_row, rows);
        const int32_t format = item->operation->input[group->block].format;
        const int64_t values = (int64_t)input_columns(item) * group->stored_lanes;
        float *to = columns_of(item, group, 0);
        if (is_pair(group)) {
            transform_pair_columns(rows, is_short(item), format, values, to);
            continue;
        }
#if WIDE == 16
        if (group->lanes == WIDE) {
            transform_columns_16(rows, is_short(item), format, values, to);
            continue;
        }
#endif
        transform_columns_8(rows, is_short(item), format, values, to);
    }
}

/* From the columns of one of those points to tiles at all points along W. */
static void transform_point_input(const struct item *item, int point) {
    for (int32_t g = 0; g < item->input.count; g++) {
        const struct lane_group *group = &item->input.group[g];
        const float *from = columns_of(item, group, point);
        float *to = item->tile_values + item->work.tile_slot + (int64_t)item->tiles * BLOCK_LANES * g;
        if (is_pair(group)) {
            transform_pairs(&item->matrices, from, has_wide_tiles(item), item->tiles, pair_tiles(item, &item->input, g));
            continue;
        }
#if WIDE == 16
        if (group->lanes == WIDE) {
            transform_tiles_16(from, group->lanes, has_wide_tiles(item), item->tiles, to, item->work.tile_slot);
            continue;
        }
#endif
        transform_tiles_8(from, group->lanes, has_wide_tiles(item), item->tiles, to, item->work.tile_slot);
    }
}

/* From the tiles' products to columns, which take the place of the inputs'. */
static void restore_point_output(const struct item *item, int point) {
    for (int32_t g = 0; g < item->output.count; g++) {
        const struct lane_group *group = &item->output.group[g];
        const float *from = item->tile_values + (int64_t)item->tiles * group->offset;
        float *to = columns_of(item, group, point);
        if (is_pair(group)) {
            restore_pairs(&item->matrices, pair_tiles(item, &item->output, g), has_wide_tiles(item), item->tiles, to);
            continue;
        }
#if WIDE == 16
        if (group->lanes == WIDE) {
            restore_columns_16(from, item->work.tile_slot, group->lanes, has_wide_tiles(item), item->tiles, to);
            continue;
        }
#endif
        restore_columns_8(from, item->work.tile_slot, group->lanes, has_wide_tiles(item), item->tiles, to);
    }
}

/* Which of the points along D and H the products of a row block are wanted at; returns how many. A short tile
 * does without b and -b along D, and no output but the last of four needs infinity: there the output transform
 * gets zeros, lest it meet what is no number. */
static int32_t wanted_points(const struct item *item, int32_t tile_row, int wanted[WINOGRAD_PLANE_POINTS]) {
    const int32_t rows = item->operation->height - WINOGRAD_OUTPUTS * tile_row;
    int32_t count = 0;
    for (int point = 0; point < WINOGRAD_PLANE_POINTS; point++) {
        const int z = point / WINOGRAD_POINTS, y = point % WINOGRAD_POINTS;
        if (is_short(item) && (z == 3 || z == 4)) continue;
        const int is_needless = (z == 5 && item->planes == WINOGRAD_OUTPUTS - 1) || (y == 5 && rows < WINOGRAD_OUTPUTS);
        for (int32_t g = 0; is_needless && g < item->output.count; g++) {
            const struct lane_group *group = &item->output.group[g];
            const int32_t values = output_columns(item) * group->stored_lanes;
            /* Behind a row of pairs, too; see restore_pairs(). */
            memset(columns_of(item, group, point), 0,
                   sizeof(float) * (size_t)(is_pair(group) ? values + WIDE : values));
        }
        if (!is_needless) wanted[count++] = point;
    }
    return count;
}

/* The products of pairs of outputs at one point. */
static void multiply_pairs(const struct item *item, const struct source *sources, const float *weights, int point) {
    for (int32_t g = 0; g < item->output_vectors.count; g++) {
        const struct lane_group *group = &item->output_vectors.group[g];
        if (!is_pair(group)) continue;
        const struct dots dots = {
            .source_count = item->input.count,
            .sources = sources,
            .displacement = point * item->work.tile_slot,
            .weights = weights + (int64_t)item->input.channels * group->offset,
            .weights_step = ank_used_lanes_of(&item->input),
            .to = pair_tiles(item, &item->output, group->block) + point * ANK_PAIR_LANES,
        };
        multiply_dots(group->channels, item->tiles, &dots);
    }
}

/* The products at all points along W, which the one group of vectors of outputs takes together. Where there are several
 * groups, or pairs, each point is a turn of its own: products of a point take the place of the values of the point
 * before, which all must have read by then, and pairs should find values in the first-level cache. */
static void multiply_points(const struct item *item, struct pass_group *groups, int32_t group_count,
                            const struct source *sources, const float *weights) {
    const int32_t turns = item->work.row_points / groups->product.points;
    for (int32_t x = 0; x < turns; x++, sources += item->input.count, weights += groups->product.weights_step) {
        for (int32_t g = 0; g < group_count; g++) {
            struct product *product = &groups[g].product;
            product->sources = sources;
            product->displacement = x * item->work.tile_slot;
            product->weights = weights + groups[g].first_weights;
            multiply_group(&groups[g]);
        }
        if (item->output_pairs > 0) multiply_pairs(item, sources, weights, x);
    }
}

/* Where the values of an item's inputs are at each point along W: [point][group]. They are displaced from point to
 * point by a slot of tiles; for pairs, which are no more than a pair further, that is taken off again. */
static void point_sources(const struct item *item, struct source *sources) {
    for (int x = 0; x < item->work.row_points; x++)
        for (int32_t g = 0; g < item->input.count; g++, sources++) {
            const struct lane_group *group = &item->input.group[g];
            const float *values = item->tile_values + item->work.tile_slot + (int64_t)item->tiles * BLOCK_LANES * g;
            if (is_pair(group))
                values = pair_tiles(item, &item->input, g) + x * (ANK_PAIR_LANES - item->work.tile_slot);
            *sources = (struct source){values, group->channels, BLOCK_LANES};
        }
}

/* From columns of inputs to columns of products, point after point along D and H, so that few tiles and
 * products are in use at a time: up to 32 channels the first-level cache holds them. What does not change
 * from point to point is set up before: with 14 channels a portion takes no more than 84 cycles. */
static void convolve_columns(struct item *item, int32_t tile_row) {
    int wanted[WINOGRAD_PLANE_POINTS];
    const int32_t wanted_count = wanted_points(item, tile_row, wanted);
    struct source sources[WIDE_POINTS * LANE_GROUPS_MAX];
    point_sources(item, sources);
    struct pass_group groups[LANE_GROUPS_MAX];
    struct target targets[LANE_GROUPS_MAX];
    const int32_t channels = item->input.channels;
    const int32_t group_count =
        group_passes(&item->passes, &item->output_vectors, item->tiles, item->tile_values, sources, item->input.count,
                     channels, &item->fetches, groups, targets);
    spread_fetches(&item->fetches, wanted_count * item->work.row_points, &item->passes, item->tiles, sources,
                   item->input.count);

    const int64_t weights_step = (int64_t)channels * item->output_vectors.lanes;
    for (int32_t g = 0; g < group_count; g++) {
        struct product *product = &groups[g].product;
        product->points = group_count == 1 && item->output_pairs == 0 ? item->work.row_points : 1;
        product->point_step = item->work.tile_slot;
        product->weights_step = weights_step;
    }
    for (int32_t i = 0; i < wanted_count; i++) {
        const int point = wanted[i];
        transform_point_input(item, point);
        const float *weights = (const float *)item->operation->weights + point * item->work.row_points * weights_step;
        multiply_points(item, groups, group_count, sources, weights);
        restore_point_output(item, point);
    }
}

/* What a shortcut adds to row r = 4 * z + y of the row block's outputs, of one group of channels. */
static float *shortcut_row(const struct item *item, const struct lane_group *group, int r) {
    return item->shortcut + (int64_t)r * output_columns(item) * item->output.lanes
           + (int64_t)voxels_of_rows(item) * group->offset;
}

/* What the shortcut adds to the row block's outputs. All of it, before the first output is written:
 * outputs may take the place of the shortcut's inputs. */
static void multiply_shortcut(struct item *item, int32_t tile_row) {
    const ank_convolution *op = item->operation;
    const ank_shortcut *shortcut = op->epilogue.shortcut;
    const int32_t voxels = voxels_of_rows(item);
    const int32_t inputs = channel_total(shortcut->input, shortcut->input_count);
    for (int r = 0; r < OUTPUT_ROWS; r++) {
        const int32_t plane = item->plane + r / 4, row = 4 * tile_row + r % 4;
        if (plane >= op->end_plane || row >= op->height) continue;
        struct source sources[LANE_GROUPS_MAX];
        channel_sources(shortcut->input, shortcut->input_count, plane, row, first_column(item), voxels, op->height,
                        op->zero_row, item->widened, sources);
        multiply_whole_row(sources, shortcut->input_count, inputs, voxels, &item->row_passes, &item->output_vectors,
                           shortcut->weights, shortcut_row(item, &item->output.group[0], r), &item->fetches);
        for (int32_t g = 0; g < item->output.count; g++)
            if (is_pair(&item->output.group[g]))
                close_up_pairs(shortcut_row(item, &item->output.group[g], r), voxels);
    }
}

/* What the output transform of a group of channels needs beside the rows that it writes. */
static struct output_rows group_output(const struct item *item, const struct lane_group *group) {
    const ank_convolution *op = item->operation;
    const ank_epilogue *epilogue = &op->epilogue;
    const ank_block *block = &op->output[group->block];
    struct output_rows to = {
        .is_short = is_short(item),
        .added = epilogue->residual || epilogue->shortcut,
        .format = block->format,
        .added_format = epilogue->shortcut ? ANK_FLOAT32 : block->format,
        .lanes = block->lanes,
        .columns = op->width - first_column(item),
        .negative_slope = epilogue->negative_slope,
    };
    for (int32_t l = 0; l < group->channels; l++) {
        to.scale[l] = epilogue->scale ? epilogue->scale[group->stored_offset + l] : 1;
        to.shift[l] = epilogue->shift ? epilogue->shift[group->stored_offset + l] : 0;
    }
    return to;
}

static void transform_columns_back(const struct lane_group *group, const float *products, int32_t columns,
                                   const struct output_rows *to) {
    if (is_pair(group)) {
        transform_pair_output(products, columns, to);
        return;
    }
#if WIDE == 16
    if (group->lanes == WIDE) {
        transform_output_16(products, columns, to);
        return;
    }
#endif
    transform_output_8(products, columns, to);
}

static void transform_group_output(const struct item *item, const struct lane_group *group, int32_t tile_row) {
    const ank_epilogue *epilogue = &item->operation->epilogue;
    struct output_rows to = group_output(item, group);
    output_rows(item, &item->operation->output[group->block], tile_row, to.rows);
    to.streamed = are_streamed_rows(item, group, to.rows);
    if (epilogue->residual) output_rows(item, &epilogue->residual[group->block], tile_row, to.added_rows);
    for (int r = 0; epilogue->shortcut && r < OUTPUT_ROWS; r++) to.added_rows[r] = shortcut_row(item, group, r);
    float sums[4 * BLOCK_LANES] = {0};
    if (item->sums) to.sums = sums;
    transform_columns_back(group, columns_of(item, group, 0), output_columns(item), &to);
    /* Of pairs, several voxels lie in a vector: lanes are folded, their number being a power of two. */
    for (int32_t z = 0; item->sums && z < 4; z++)
        for (int32_t l = 0; l < BLOCK_LANES; l++)
            item->sums[z * item->output.stored_lanes + group->stored_offset + (l & (group->stored_lanes - 1))] +=
                (double)sums[z * BLOCK_LANES + l];
    /* The zero voxels before and behind the row belong to the items at its ends. */
    for (int r = 0; r < OUTPUT_ROWS; r++) {
        if (!to.rows[r]) continue;
        const int64_t bytes = to.lanes * value_bytes(to.format);
        if (item->tile == 0) memset(writable_value_at(to.rows[r], -to.lanes, to.format), 0, (size_t)bytes);
        if (item->tile + item->tiles == item->work.tile_columns)
            memset(writable_value_at(to.rows[r], output_columns(item) * to.lanes, to.format), 0,
                   (size_t)(voxels_after(item) * bytes));
    }
}

static void transform_block_output(const struct item *item, int32_t tile_row) {
    for (int32_t g = 0; g < item->output.count; g++)
        transform_group_output(item, &item->output.group[g], tile_row);
}

#include "labels_template.h"

static void winograd_plan(struct lane_groups *input, struct lane_groups *output, struct winograd_work *work,
                 const ank_convolution *operation) {
    ank_lane_groups(input, operation->input_count, operation->input, BLOCK_LANES);
    ank_lane_groups(output, operation->output_count, operation->output, BLOCK_LANES);
    struct winograd_block_limits limits = {
        .tiles = output->lanes <= WIDE ? SINGLE_BLOCK_TILES_MAX : BLOCK_TILES_MAX,
        .bytes = BLOCK_BYTES_MAX,
        .portion = output->lanes <= WIDE ? ROWS_MAX : ROWS_TWO_VECTORS,
    };
#if WIDE == 16
    limits.wide_tiles = winograd_takes_wide_tiles(operation->wide_tiles, WIDE);
    if (limits.wide_tiles) {
        limits.tiles = WIDE_BLOCK_TILES_MAX;
        limits.bytes = output->lanes <= WIDE ? WIDE_SINGLE_BLOCK_BYTES_MAX : WIDE_BLOCK_BYTES_MAX;
    }
#endif
    winograd_plan_work(work, operation, input, output, &limits);
}

/* Of tile_values: one more than there are points; see above. */
static int64_t tile_slots(const struct winograd_work *work) { return work->row_points + 1; }

static int64_t pair_tiles_floats(const struct lane_groups *input, const struct lane_groups *output,
                                 const struct winograd_work *work) {
    return (int64_t)(pairs_in(input) + pairs_in(output)) * work->block_tiles * BLOCK_LANES;
}

/* Of an item's sums, which are doubles. */
static int64_t sums_floats(const struct lane_groups *output) {
    return 4 * output->stored_lanes * (int64_t)(sizeof(double) / sizeof(float));
}

static size_t winograd_scratch_bytes(const ank_convolution *operation) {
    struct lane_groups input, output;
    struct winograd_work work;
    winograd_plan(&input, &output, &work, operation);
    int64_t floats = columns_floats(&input, &output) + tile_slots(&work) * work.tile_slot
                     + pair_tiles_floats(&input, &output, &work) + sums_floats(&output);
    const ank_shortcut *shortcut = operation->epilogue.shortcut;
    if (shortcut) {
        const int64_t voxels = work.tile_width * work.block_tiles;
        floats += OUTPUT_ROWS * voxels * output.lanes + widened_floats(shortcut->input, shortcut->input_count, voxels);
    }
    if (operation->epilogue.labels) floats += OUTPUT_ROWS * LABELLED_COLUMNS * output.lanes;
    return sizeof(float) * (size_t)floats;
}

/* Whether a convolution takes a shortcut along; the shortcut's weights are then those of a product of
 * rows. */
static int32_t winograd_takes_shortcut(const ank_convolution_shape *shape, const ank_convolution_shape *shortcut) {
    return winograd_suits_shape(shape, WIDE) && shortcut->kernel == 1 && row_convolution_suits_shape(shortcut, WIDE);
}

/* An item adds up its own outputs: a plane's sum has as many addends as items share the plane. */
static int32_t winograd_sum_addends(const ank_convolution *operation) {
    struct lane_groups input, output;
    struct winograd_work work;
    winograd_plan(&input, &output, &work, operation);
    return work.row_stretches * work.column_blocks;
}

static int64_t winograd_items(const ank_convolution *operation) {
    struct lane_groups input, output;
    struct winograd_work work;
    winograd_plan(&input, &output, &work, operation);
    return (int64_t)work.depth_tiles * work.row_stretches * work.column_blocks;
}

static void winograd_convolve(const ank_convolution *operation, int64_t index, void *scratch) {
    struct item item;
    item.operation = operation;
    winograd_plan(&item.input, &item.output, &item.work, operation);
    ank_lane_groups(&item.output_vectors, operation->output_count, operation->output, WIDE);
    ank_output_passes(&item.passes, &item.output_vectors, 1, WIDE);
    ank_output_passes(&item.row_passes, &item.output_vectors, 0, WIDE);
    const struct winograd_work *work = &item.work;
    item.input_pairs = pairs_in(&item.input);
    item.output_pairs = pairs_in(&item.output);
    if (item.input_pairs + item.output_pairs > 0) make_pair_matrices(has_wide_tiles(&item), &item.matrices);

    /* Consecutive items walk on along H. */
    const int32_t stretch = (int32_t)(index % work->row_stretches);
    const int32_t block = (int32_t)(index / work->row_stretches % work->column_blocks);
    const int32_t depth_tile = (int32_t)(index / work->column_blocks / work->row_stretches);
    item.plane = 4 * (work->first_depth_tile + depth_tile);
    item.planes = operation->end_plane - item.plane < 4 ? operation->end_plane - item.plane : 4;
    item.tile = winograd_first_tile(work, block);
    item.tiles = winograd_first_tile(work, block + 1) - item.tile;
    item.columns = scratch;
    item.tile_values = item.columns + columns_floats(&item.input, &item.output);
    item.pair_tiles = item.tile_values + tile_slots(work) * work->tile_slot;
    double *const sums = (double *)(item.pair_tiles + pair_tiles_floats(&item.input, &item.output, work));
    item.sums = operation->epilogue.sums ? sums : NULL;
    for (int32_t l = 0; item.sums && l < 4 * item.output.stored_lanes; l++) sums[l] = 0;
    item.shortcut = (float *)sums + sums_floats(&item.output);
    item.widened = item.shortcut + (int64_t)OUTPUT_ROWS * work->tile_width * work->block_tiles * item.output.lanes;
    item.outputs = item.shortcut;

    const int32_t first_row = (int32_t)((int64_t)stretch * work->tile_rows / work->row_stretches);
    const int32_t end_row = (int32_t)((int64_t)(stretch + 1) * work->tile_rows / work->row_stretches);
    for (int32_t row = first_row; row < end_row; row++) {
        plan_fetches(&item, row);
        transform_block_input(&item, row);
        convolve_columns(&item, row);
        if (operation->epilogue.shortcut) multiply_shortcut(&item, row);
        if (operation->epilogue.labels)
            label_block(&item, row);
        else
            transform_block_output(&item, row);
    }
    await_streams();
    const int64_t addends = (int64_t)work->row_stretches * work->column_blocks;
    for (int32_t z = 0; item.sums && z < 4 && item.plane + z < operation->end_plane; z++)
        memcpy(operation->epilogue.sums + ((item.plane + z) * addends + index % addends) * item.output.stored_lanes,
               sums + z * item.output.stored_lanes, sizeof(double) * (size_t)item.output.stored_lanes);
}
