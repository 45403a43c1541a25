#include "kernel_tester.h"

void test_voxelwise(const ank_kernels *kernels, struct random_source *source) {
    (void)kernels;
    (void)source;
}
