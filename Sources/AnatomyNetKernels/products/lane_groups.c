#include "lane_groups.h"

int32_t ank_lane_group_count(int32_t count, const ank_block *blocks, int32_t vector_lanes) {
    int64_t groups = 0;
    for (int32_t b = 0; b < count && groups <= LANE_GROUPS_MAX; b++)
        groups += blocks[b].lanes > vector_lanes ? blocks[b].lanes / vector_lanes : 1;
    return groups <= LANE_GROUPS_MAX ? (int32_t)groups : LANE_GROUPS_MAX + 1;
}

void ank_lane_groups(struct lane_groups *groups, int32_t count, const ank_block *blocks,
                          int32_t vector_lanes) {
    groups->count = groups->lanes = groups->stored_lanes = groups->channels = 0;
    for (int32_t b = 0; b < count; b++) {
        const int32_t stored_lanes = blocks[b].lanes, block_lanes = stored_lanes < 8 ? 8 : stored_lanes;
        const int32_t width = block_lanes < vector_lanes ? block_lanes : vector_lanes;
        for (int32_t lane = 0; lane < block_lanes; lane += width) {
            int32_t channels = blocks[b].channels - lane;
            if (channels < 0) channels = 0;
            if (channels > width) channels = width;
            groups->group[groups->count++] = (struct lane_group){
                .block = b, .lane = lane, .lanes = width, .channels = channels, .offset = groups->lanes,
                .block_lanes = block_lanes, .stored_lanes = stored_lanes, .stored_offset = groups->stored_lanes + lane,
            };
            groups->lanes += width;
            groups->channels += channels;
        }
        groups->stored_lanes += stored_lanes;
    }
}

/* Two wide vectors a row make the best use of 32 (or 16) registers. With 32, three, or two and a
 * narrow one, beat two passes, the second of which would load every input value again for one vector
 * only. With 16, pairs and a pass of one vector, 12 rows at a time, were faster than three vectors of 3
 * rows. Rows of a pass's wide vectors are equally far apart. */
void ank_output_passes(struct output_passes *passes, const struct lane_groups *output, int without_pairs,
                       int32_t vector_lanes) {
    const int three = vector_lanes == 16;
    passes->count = 0;
    int32_t g = 0;
    while (g < output->count) {
        if (without_pairs && is_pair(&output->group[g])) {
            g++;
            continue;
        }
        int32_t wide = 0;
        while (g + wide < output->count && output->group[g + wide].lanes == vector_lanes
               && output->group[g + wide].block_lanes == output->group[g].block_lanes
               && !(without_pairs && is_pair(&output->group[g + wide])))
            wide++;
        const int tail = g + wide < output->count && output->group[g + wide].lanes < vector_lanes
                         && !(without_pairs && is_pair(&output->group[g + wide]));
        struct output_pass pass = {.first_group = g};
        if (three && (wide == 3 || (wide > 4 && wide % 2 == 1)))
            pass.wide = 3;
        else
            pass.wide = wide < 2 ? wide : 2;
        if (pass.wide == wide && pass.wide < 3 && tail) pass.narrow = 1;
        passes->pass[passes->count++] = pass;
        g += pass.wide + pass.narrow;
    }
}

struct weight_column ank_weight_column(const struct lane_groups *output, const struct output_passes *passes,
                                       int32_t inputs, int32_t group, int32_t lane, int32_t vector_lanes) {
    const struct output_pass *pass = passes->pass;
    while (group >= pass->first_group + pass->wide + pass->narrow) pass++;
    int64_t first = (int64_t)inputs * output->group[pass->first_group].offset;
    const int32_t vector = group - pass->first_group;
    if (vector < pass->wide)
        return (struct weight_column){first + (int64_t)vector * vector_lanes + lane,
                                      (int64_t)pass->wide * vector_lanes};
    first += (int64_t)inputs * pass->wide * vector_lanes;
    const int32_t narrow_lanes = output->group[group].lanes;
    return (struct weight_column){first + (int64_t)(vector - pass->wide) * narrow_lanes + lane,
                                  (int64_t)pass->narrow * narrow_lanes};
}
