/* What the tests of the operations share. */
#ifndef KERNEL_TESTER_H
#define KERNEL_TESTER_H

#include <stdarg.h>

#include "feature_map.h"

/* What output maps hold before an operation runs: the same in either format. */
#define CANARY 12288.0f

/* Counts a check; prints where it fails. */
void check(int condition, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether planes outside [first_plane, end_plane), and the gaps between rows, hold the canary. */
int untouched(const struct feature_map *map, int32_t first_plane, int32_t end_plane);

/* Whether all lanes without a channel and all voxels outside the width are zero in these planes. */
int zeros_written(const struct feature_map *map, int32_t first_plane, int32_t end_plane);

/* 0 ... count - 1 in a random order: items have to be independent of it. */
void shuffled(int64_t *order, int64_t count, struct random_source *source);

void test_convolutions(const ank_kernels *kernels, struct random_source *source);
void test_voxelwise(const ank_kernels *kernels, struct random_source *source);
void test_labels(const ank_kernels *kernels, struct random_source *source);
void test_rounding(const ank_kernels *kernels);

#endif
