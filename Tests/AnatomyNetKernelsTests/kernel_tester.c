/* One tester for every kernel of every instruction set that this machine runs.
 *
 * Each case runs an operation on random maps between guard pages, its work items in a random order,
 * and compares every output with the definition of the operation in double precision; outputs that
 * the operation should not write (other planes, the gaps between rows) must keep their canary, and
 * the zero voxels and lanes must be zero. Usage: kernel-tester [seed]
 */
#include "kernel_tester.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed;

void check(int condition, const char *format, ...) {
    if (condition) {
        passed++;
        return;
    }
    failed++;
    if (failed > 50) return;
    va_list arguments;
    va_start(arguments, format);
    printf("FAILED ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

int untouched(const struct feature_map *map, int32_t first_plane, int32_t end_plane) {
    for (int32_t b = 0; b < map->count; b++) {
        const ank_block *block = &map->blocks[b];
        const int64_t row = ank_row_voxels(map->width) * block->lanes;
        for (int32_t z = 0; z < map->depth; z++)
            for (int32_t y = 0; y < map->height; y++) {
                const int last = z == map->depth - 1 && y == map->height - 1;
                const int64_t from = z >= first_plane && z < end_plane ? row : 0;
                const int64_t to = last ? row : block->row_stride;
                for (int64_t i = from; i < to; i++)
                    if (block_value(block, z, y, i - block->lanes) != CANARY) return 0;
            }
    }
    return 1;
}

int zeros_written(const struct feature_map *map, int32_t first_plane, int32_t end_plane) {
    for (int32_t b = 0; b < map->count; b++) {
        const ank_block *block = &map->blocks[b];
        for (int32_t z = first_plane; z < end_plane; z++)
            for (int32_t y = 0; y < map->height; y++)
                for (int64_t x = -1; x < ank_row_voxels(map->width) - 1; x++)
                    for (int32_t lane = 0; lane < block->lanes; lane++) {
                        if (x >= 0 && x < map->width && lane < block->channels) continue;
                        if (block_value(block, z, y, x * block->lanes + lane) != 0) return 0;
                    }
    }
    return 1;
}

void shuffled(int64_t *order, int64_t count, struct random_source *source) {
    for (int64_t i = 0; i < count; i++) {
        const int64_t j = random_below(source, (uint32_t)i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

int main(int argc, char **argv) {
    const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    for (int32_t set = ANK_PORTABLE; set <= ANK_AVX512; set++) {
        const ank_kernels *kernels = ank_kernels_for(set);
        if (!kernels) {
            printf("instruction set %d: not on this machine\n", (int)set);
            continue;
        }
        struct random_source source = {seed};
        const int before = passed;
        test_convolutions(kernels, &source);
        test_voxelwise(kernels, &source);
        test_labels(kernels, &source);
        test_rounding(kernels);
        printf("%s: %d passed\n", kernels->name, passed - before);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
