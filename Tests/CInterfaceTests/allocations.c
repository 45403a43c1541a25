/* Refuses each allocation above 64 KB of a load and of a segmentation once (see refuse.c). */
#define _GNU_SOURCE
#include <anatomynet.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static void (*refuse_arm)(long);
static long (*refuse_seen)(void);

static void loading(const char *path, const anatomynet_load_options *options) {
    long n, refused = 0;
    for (n = 1; n < 1000; ++n) {
        anatomynet_model *model = NULL;
        int32_t status;
        long allocations;
        refuse_arm(n);
        status = anatomynet_load(path, options, &model);
        allocations = refuse_seen();
        refuse_arm(0);
        CHECK((status == ANATOMYNET_OK) == (model != NULL));
        anatomynet_free(model);
        if (allocations < n) {
            CHECK(status == ANATOMYNET_OK);
            break;
        }
        CHECK(status == ANATOMYNET_ERROR_OUT_OF_MEMORY);
        ++refused;
    }
    printf("loading: %ld allocations refused\n", refused);
    CHECK(refused > 1);
}

static void segmenting(const anatomynet_model *model, uint32_t threads, int nx, int ny, int nz) {
    const size_t voxels = (size_t)nx * (size_t)ny * (size_t)nz;
    int16_t *ct = calloc(voxels, sizeof *ct);
    uint8_t *labels = malloc(voxels);
    float *probabilities = malloc(3 * voxels * sizeof *probabilities);
    anatomynet_measurement measurements[3];
    anatomynet_volume volume;
    anatomynet_segment_options options;
    anatomynet_outputs outputs;
    long n, refused = 0;
    size_t i;
    if (!ct || !labels || !probabilities) exit(2);
    for (i = 0; i < voxels; ++i) ct[i] = (int16_t)(i * 7919 % 2500 - 1000);
    anatomynet_volume_init(&volume, sizeof volume);
    volume.voxel_type = ANATOMYNET_INT16;
    volume.voxels = ct;
    volume.voxels_bytes = voxels * sizeof *ct;
    volume.dimensions[0] = nx;
    volume.dimensions[1] = ny;
    volume.dimensions[2] = nz;
    anatomynet_segment_options_init(&options, sizeof options);
    options.threads = threads;
    options.keep_largest_components = 1;
    anatomynet_outputs_init(&outputs, sizeof outputs);
    outputs.class_count = 3;
    outputs.probabilities = probabilities;
    outputs.probabilities_bytes = 3 * voxels * sizeof *probabilities;
    for (i = 0; i < 3; ++i) anatomynet_measurement_init(&measurements[i], sizeof measurements[i]);
    outputs.measurements = measurements;
    outputs.measurements_bytes = sizeof measurements;
    for (n = 1; n < 1000; ++n) {
        size_t changed = 0;
        int32_t status;
        long allocations;
        memset(labels, 0xA5, voxels);
        refuse_arm(n);
        status = anatomynet_segment(model, &volume, &options, labels, voxels, &outputs);
        allocations = refuse_seen();
        refuse_arm(0);
        if (allocations < n) {
            CHECK(status == ANATOMYNET_OK);
            break;
        }
        /* What an OpenMP runtime is refused for itself may be done without. */
        CHECK(status == ANATOMYNET_ERROR_OUT_OF_MEMORY || (status == ANATOMYNET_OK && threads > 1));
        if (status != ANATOMYNET_OK) {
            for (i = 0; i < voxels; ++i) changed += labels[i] != 0xA5;
            CHECK(changed == 0);
            ++refused;
        }
    }
    printf("segmenting %d x %d x %d on %u threads: %ld allocations refused\n", nx, ny, nz, threads, refused);
    CHECK(refused >= 1);
    free(probabilities);
    free(labels);
    free(ct);
}

int main(int argc, char **argv) {
    anatomynet_model *model = NULL;
    anatomynet_load_options options;
    uint32_t sets[2] = {ANATOMYNET_INSTRUCTION_SET_BEST, ANATOMYNET_INSTRUCTION_SET_PORTABLE};
    int i;
    if (argc < 2) return 2;
    setbuf(stdout, NULL);
    *(void **)&refuse_arm = dlsym(RTLD_DEFAULT, "refuse_arm");
    *(void **)&refuse_seen = dlsym(RTLD_DEFAULT, "refuse_seen");
    if (!refuse_arm || !refuse_seen) return 2;
    for (i = 0; i < 2; ++i) {
        anatomynet_load_options_init(&options, sizeof options);
        options.instruction_set = sets[i];
        loading(argv[1], &options);
        CHECK(anatomynet_load(argv[1], &options, &model) == ANATOMYNET_OK);
        if (model == NULL) break;
        segmenting(model, 1, 48, 40, 56);
        segmenting(model, 2, 48, 40, 56);
        segmenting(model, 1, 17, 90, 33);
        anatomynet_free(model);
    }
    return finish("allocations");
}
