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

static int64_t value_bytes(int32_t format) { return format == ANK_BFLOAT16 ? 2 : 4; }

static void *address(const ank_block *block, int32_t z, int32_t y, int64_t index) {
    return (char *)block->planes[z] + (y * block->row_stride + index) * value_bytes(block->format);
}

static void store(void *to, int32_t format, float value) {
    /* The upper half of a float32 lies behind the lower. */
    const float stored = format == ANK_BFLOAT16 ? nearest_bfloat16(value) : value;
    memcpy(to, (const char *)&stored + 4 - value_bytes(format), (size_t)value_bytes(format));
}

static void add_block(struct feature_map *map, int32_t lanes, int32_t channels, int32_t format, int32_t gap,
                      float fill, enum guard_side side) {
    const int64_t row = ank_row_voxels(map->width) * lanes, stride = row + gap, bytes = value_bytes(format);
    const int64_t rows = (int64_t)map->depth * map->height;
    const int64_t values = rows * stride - gap; /* nothing behind the last row */
    ank_block *block = &map->blocks[map->count];
    struct guarded_memory *storage = &map->storage[map->count];
    *storage = guarded_memory_create((size_t)(values * bytes), side);
    char *data = storage->data;
    for (int64_t i = 0; i < values; i++) store(data + i * bytes, format, fill);

    float **planes = malloc(sizeof *planes * (size_t)(map->depth + 2));
    planes[0] = planes[map->depth + 1] = NULL;
    for (int32_t z = 0; z < map->depth; z++)
        planes[z + 1] = (float *)(data + (z * map->height * stride + lanes) * bytes);
    map->planes[map->count++] = planes;
    map->channels += channels;
    *block = (ank_block){planes + 1, stride, lanes, channels, format};
}

void feature_map_create(struct feature_map *map, int32_t channels, int32_t format, int32_t depth, int32_t height,
                        int32_t width, int32_t gap, float fill, enum guard_side side) {
    *map = (struct feature_map){.depth = depth, .height = height, .width = width};
    for (int32_t first = 0; first < channels; first += 16) {
        const int32_t left = channels - first;
        add_block(map, ank_block_lanes(channels, first), left < 16 ? left : 16, format, gap, fill, side);
    }
}

void feature_map_create_image(struct feature_map *map, int32_t depth, int32_t height, int32_t width, int32_t gap,
                              float fill, enum guard_side side) {
    *map = (struct feature_map){.depth = depth, .height = height, .width = width};
    add_block(map, 1, 1, ANK_FLOAT32, gap, fill, side);
}

void feature_map_free(struct feature_map *map) {
    for (int32_t b = 0; b < map->count; b++) {
        guarded_memory_free(&map->storage[b]);
        free(map->planes[b]);
    }
    map->count = 0;
}

void feature_map_make_ring(struct feature_map *map, int32_t planes) {
    for (int32_t b = 0; b < map->count; b++)
        for (int32_t z = planes; z < map->depth; z++) map->planes[b][z + 1] = map->planes[b][z - planes + 1];
}

void feature_map_randomise(struct feature_map *map, struct random_source *source) {
    for (int32_t b = 0; b < map->count; b++) {
        const ank_block *block = &map->blocks[b];
        const int64_t bytes = value_bytes(block->format);
        for (int32_t z = 0; z < map->depth; z++)
            for (int32_t y = 0; y < map->height; y++) {
                memset(address(block, z, y, -block->lanes), 0,
                       (size_t)(ank_row_voxels(map->width) * block->lanes * bytes));
                for (int32_t x = 0; x < map->width; x++)
                    for (int32_t c = 0; c < block->channels; c++)
                        store(address(block, z, y, x * block->lanes + c), block->format,
                              (float)random_normal(source));
            }
    }
}

float block_value(const ank_block *block, int32_t z, int32_t y, int64_t index) {
    float value = 0;
    const size_t bytes = (size_t)value_bytes(block->format);
    memcpy((char *)&value + 4 - bytes, address(block, z, y, index), bytes);
    return value;
}

static const ank_block *block_of(const struct feature_map *map, int32_t *channel) {
    const ank_block *block = map->blocks;
    for (; *channel >= block->channels; block++) *channel -= block->channels;
    return block;
}

float feature_map_value(const struct feature_map *map, int32_t channel, int32_t z, int32_t y, int32_t x) {
    const ank_block *block = block_of(map, &channel);
    return block_value(block, z, y, (int64_t)x * block->lanes + channel);
}

void feature_map_set(const struct feature_map *map, int32_t channel, int32_t z, int32_t y, int32_t x, float value) {
    const ank_block *block = block_of(map, &channel);
    store(address(block, z, y, (int64_t)x * block->lanes + channel), block->format, value);
}

float nearest_bfloat16(float value) {
    if (value == 0 || !isfinite(value)) return value;
    int exponent;
    frexp((double)value, &exponent);
    /* Eight binary places, fewer below the smallest normal number, 2^-126. */
    const int last = exponent - 8 < -133 ? -133 : exponent - 8;
    const double rounded = ldexp(nearbyint(ldexp((double)value, -last)), last);
    return (float)copysign(fabs(rounded) >= 0x1p128 ? (double)INFINITY : fabs(rounded), (double)value);
}

double bfloat16_rounding(double value, double error) {
    int exponent;
    frexp(fabs(value) + error, &exponent);
    return ldexp(1, exponent - 9);
}

double error_of(double expected, float actual, int32_t format, double tolerance) {
    const double error = fabs(expected - (double)actual);
    if (format == ANK_FLOAT32 || isnan(error)) return error;
    return fmax(0, error - bfloat16_rounding(expected, tolerance));
}

void feature_map_copy(struct feature_map *to, const struct feature_map *from) {
    for (int32_t b = 0; b < from->count; b++) {
        const ank_block *source = &from->blocks[b], *target = &to->blocks[b];
        const int64_t bytes = value_bytes(source->format);
        for (int32_t z = 0; z < from->depth; z++)
            for (int32_t y = 0; y < from->height; y++)
                memcpy(address(target, z, y, -target->lanes), address(source, z, y, -source->lanes),
                       (size_t)(ank_row_voxels(from->width) * source->lanes * bytes));
    }
}

int32_t append_blocks(ank_block *list, int32_t count, const struct feature_map *from) {
    memcpy(list + count, from->blocks, sizeof(ank_block) * (size_t)from->count);
    return count + from->count;
}
