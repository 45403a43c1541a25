#include "feature_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t next_random(struct random_source *source) {
    /* splitmix64 */
    uint64_t z = source->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t random_below(struct random_source *source, uint32_t bound) {
    return (uint32_t)((next_random(source) >> 32) * bound >> 32);
}

double random_normal(struct random_source *source) {
    const double u = ((double)(next_random(source) >> 11) + 1) * 0x1p-53;
    const double v = (double)(next_random(source) >> 11) * 0x1p-53;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void add_block(struct feature_map *map, int32_t lanes, int32_t channels, int32_t gap, float fill,
                      enum guard_side side) {
    const int64_t row = ank_row_voxels(map->width) * lanes, stride = row + gap;
    const int64_t rows = (int64_t)map->depth * map->height;
    const int64_t floats = rows * stride - gap; /* nothing behind the last row */
    ank_block *block = &map->blocks[map->count];
    struct guarded_memory *storage = &map->storage[map->count];
    *storage = guarded_memory_create(sizeof(float) * (size_t)floats, side);
    float *data = storage->data;
    for (int64_t i = 0; i < floats; i++) data[i] = fill;

    float **planes = malloc(sizeof *planes * (size_t)(map->depth + 2));
    planes[0] = planes[map->depth + 1] = NULL;
    for (int32_t z = 0; z < map->depth; z++) planes[z + 1] = data + z * map->height * stride + lanes;
    map->planes[map->count++] = planes;
    map->channels += channels;
    *block = (ank_block){planes + 1, stride, lanes, channels};
}

void feature_map_create(struct feature_map *map, int32_t channels, int32_t depth, int32_t height, int32_t width,
                        int32_t gap, float fill, enum guard_side side) {
    *map = (struct feature_map){.depth = depth, .height = height, .width = width};
    for (int32_t first = 0; first < channels; first += 16) {
        const int32_t left = channels - first;
        add_block(map, ank_block_lanes(channels, first), left < 16 ? left : 16, gap, fill, side);
    }
}

void feature_map_create_image(struct feature_map *map, int32_t depth, int32_t height, int32_t width, int32_t gap,
                              float fill, enum guard_side side) {
    *map = (struct feature_map){.depth = depth, .height = height, .width = width};
    add_block(map, 1, 1, gap, fill, side);
}

void feature_map_free(struct feature_map *map) {
    for (int32_t b = 0; b < map->count; b++) {
        guarded_memory_free(&map->storage[b]);
        free(map->planes[b]);
    }
    map->count = 0;
}

void feature_map_randomise(struct feature_map *map, struct random_source *source) {
    for (int32_t b = 0; b < map->count; b++) {
        const ank_block *block = &map->blocks[b];
        for (int32_t z = 0; z < map->depth; z++)
            for (int32_t y = 0; y < map->height; y++) {
                float *row = block->planes[z] + y * block->row_stride;
                memset(row - block->lanes, 0, sizeof(float) * (size_t)(ank_row_voxels(map->width) * block->lanes));
                for (int32_t x = 0; x < map->width; x++)
                    for (int32_t c = 0; c < block->channels; c++)
                        row[x * block->lanes + c] = (float)random_normal(source);
            }
    }
}

float *feature_map_at(const struct feature_map *map, int32_t channel, int32_t z, int32_t y, int32_t x) {
    int32_t b = 0;
    while (channel >= map->blocks[b].channels) channel -= map->blocks[b++].channels;
    const ank_block *block = &map->blocks[b];
    return block->planes[z] + y * block->row_stride + (int64_t)x * block->lanes + channel;
}

void feature_map_copy(struct feature_map *to, const struct feature_map *from) {
    for (int32_t b = 0; b < from->count; b++) {
        const ank_block *source = &from->blocks[b], *target = &to->blocks[b];
        for (int32_t z = 0; z < from->depth; z++)
            for (int32_t y = 0; y < from->height; y++)
                memcpy(target->planes[z] + y * target->row_stride - target->lanes,
                       source->planes[z] + y * source->row_stride - source->lanes,
                       sizeof(float) * (size_t)(ank_row_voxels(from->width) * source->lanes));
    }
}

int32_t append_blocks(ank_block *list, int32_t count, const struct feature_map *from) {
    memcpy(list + count, from->blocks, sizeof(ank_block) * (size_t)from->count);
    return count + from->count;
}
