/* How channels are spread over vectors, and weights over matrices: the part of the kernels that
 * depends on the width of a vector only, not on the instruction set. */
#ifndef LANE_GROUPS_H
#define LANE_GROUPS_H

#include "anatomynet_kernels.h"

/* A vector's worth of the channels of a block; a block of two lanes takes a vector of 8. */
struct lane_group {
    int32_t block, lane;   /* where it begins */
    int32_t lanes;         /* 8 or 16 */
    int32_t channels;      /* of which carry a channel */
    int32_t offset;        /* lanes of the groups before it */
    int32_t block_lanes;   /* of the whole block's vectors */
    int32_t stored_lanes;  /* of the whole block in memory */
    int32_t stored_offset; /* lanes in memory before it, in arrays of all blocks' lanes */
};

/* Lanes of the widest block: with vectors this wide, every block is one group. */
enum { LANE_GROUPS_MAX = 80, BLOCK_LANES = 16 };

/* Whether it is the one or two channels of a block of two lanes. */
static inline int is_pair(const struct lane_group *group) { return group->stored_lanes == ANK_PAIR_LANES; }

/* The channels of a feature map as lane groups. */
struct lane_groups {
    int32_t count, lanes, stored_lanes, channels;
    struct lane_group group[LANE_GROUPS_MAX];
};

/* Output groups whose products are computed together: up to three accumulators a row. */
struct output_pass {
    int32_t first_group;
    int32_t wide, narrow; /* vectors of the full width, and of half of it */
};

struct output_passes {
    int32_t count;
    struct output_pass pass[LANE_GROUPS_MAX];
};

/* Lanes of the vectors of 8 that hold so many channels; two are loaded by themselves. */
static inline int32_t ank_used_lanes(int32_t channels) {
    return channels <= ANK_PAIR_LANES ? ANK_PAIR_LANES : (channels + 7) / 8 * 8;
}

/* Those of all groups. */
static inline int32_t ank_used_lanes_of(const struct lane_groups *groups) {
    int32_t lanes = 0;
    for (int32_t g = 0; g < groups->count; g++) lanes += ank_used_lanes(groups->group[g].channels);
    return lanes;
}

/* The groups that blocks come to; more than LANE_GROUPS_MAX do not fit the tables. */
int32_t ank_lane_group_count(int32_t count, const ank_block *blocks, int32_t vector_lanes);

void ank_lane_groups(struct lane_groups *groups, int32_t count, const ank_block *blocks,
                          int32_t vector_lanes);

/* Pairs of channels are vectors of 8, unless they are left out. */
void ank_output_passes(struct output_passes *passes, const struct lane_groups *output, int without_pairs,
                       int32_t vector_lanes);

/* Where the weights of one output lane are in a weight matrix: that of input channel k at first + k * step. The matrix
 * holds, for each pass, the wide vectors of every input channel and then the narrow ones. */
struct weight_column {
    int64_t first, step;
};

struct weight_column ank_weight_column(const struct lane_groups *output, const struct output_passes *passes,
                                       int32_t inputs, int32_t group, int32_t lane, int32_t vector_lanes);

#endif
