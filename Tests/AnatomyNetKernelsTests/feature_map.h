/* Feature maps for the tests: blocks whose storage lies between guard pages, filled with random
 * channels, and read back voxel by voxel. */
#ifndef FEATURE_MAP_H
#define FEATURE_MAP_H

#include <stdint.h>

#include "anatomynet_kernels.h"
#include "guarded_memory.h"

enum { BLOCKS_MAX = 40 };

struct feature_map {
    int32_t depth, height, width, count, channels;
    ank_block blocks[BLOCKS_MAX];
    struct guarded_memory storage[BLOCKS_MAX];
    float **planes[BLOCKS_MAX]; /* planes[b][0] is plane -1 */
};

/* A deterministic generator: same seed, same numbers, on every machine. */
struct random_source {
    uint64_t state;
};
uint32_t random_below(struct random_source *source, uint32_t bound);
double random_normal(struct random_source *source);

/* A map of `channels` channels in the blocks that the networks use; 0 lanes a block chosen by the
 * channel count, 1: an image. `gap` floats lie between rows. All floats are `fill`. */
void feature_map_create(struct feature_map *map, int32_t channels, int32_t depth, int32_t height, int32_t width,
                        int32_t gap, float fill, enum guard_side side);
void feature_map_create_image(struct feature_map *map, int32_t depth, int32_t height, int32_t width, int32_t gap,
                              float fill, enum guard_side side);
void feature_map_free(struct feature_map *map);

/* Zero voxels and zero lanes as the interface demands, random values elsewhere. */
void feature_map_randomise(struct feature_map *map, struct random_source *source);

float *feature_map_at(const struct feature_map *map, int32_t channel, int32_t z, int32_t y, int32_t x);

/* Copies voxels, zeros included, between maps of one shape. */
void feature_map_copy(struct feature_map *to, const struct feature_map *from);

/* Appends the blocks of `from` to those of `list`, as a concatenation does; returns their number. */
int32_t append_blocks(ank_block *list, int32_t count, const struct feature_map *from);

#endif
