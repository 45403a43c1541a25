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

/* A map of `channels` channels in the blocks that the networks use, in one format; or an image, which
 * is always float32. `gap` values lie between rows. All values are `fill`. */
void feature_map_create(struct feature_map *map, int32_t channels, int32_t format, int32_t depth, int32_t height,
                        int32_t width, int32_t gap, float fill, enum guard_side side);
void feature_map_create_image(struct feature_map *map, int32_t depth, int32_t height, int32_t width, int32_t gap,
                              float fill, enum guard_side side);
void feature_map_free(struct feature_map *map);

/* Zero voxels and zero lanes as the interface demands, random values elsewhere. */
void feature_map_randomise(struct feature_map *map, struct random_source *source);

float feature_map_value(const struct feature_map *map, int32_t channel, int32_t z, int32_t y, int32_t x);
void feature_map_set(const struct feature_map *map, int32_t channel, int32_t z, int32_t y, int32_t x, float value);

/* Value `index` of row y of plane z of a block, counted from voxel 0. */
float block_value(const ank_block *block, int32_t z, int32_t y, int64_t index);

/* From plane `planes` on, plane z is stored where plane z - planes is. */
void feature_map_make_ring(struct feature_map *map, int32_t planes);

/* The nearest bfloat16, ties to even, by arithmetic rather than by bits; and how far that may be from
 * a value within `error` of `value`: half a unit in the last of eight binary places. */
float nearest_bfloat16(float value);
double bfloat16_rounding(double value, double error);

/* How much further `actual`, stored in `format`, is from `expected` than rounding to the format explains. */
double error_of(double expected, float actual, int32_t format, double tolerance);

/* Copies voxels, zeros included, between maps of one shape and format. */
void feature_map_copy(struct feature_map *to, const struct feature_map *from);

/* Appends the blocks of `from` to those of `list`, as a concatenation does; returns their number. */
int32_t append_blocks(ank_block *list, int32_t count, const struct feature_map *from);

#endif
