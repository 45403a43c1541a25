/* Times whole calls of anatomynet_segment on noise: the first in the process, and the median of
 * those that follow; and compares the process's peak memory with the estimate.
 *
 * Usage: whole_volume MODEL DEPTH HEIGHT WIDTH THREADS INSTRUCTION-SET RUNS
 */
#define _POSIX_C_SOURCE 200809L
#include <anatomynet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Peak resident memory of this process in bytes, by the system's accounting, whose kB are 1024. */
static double peak_bytes(void) {
    char line[256];
    double kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %lf", &kilobytes) == 1) break;
    if (status) fclose(status);
    return kilobytes * 1024;
}

static int ascending(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void check(int32_t status) {
    if (status == ANATOMYNET_OK) return;
    fprintf(stderr, "%s: %s\n", anatomynet_status_name(status), anatomynet_last_error());
    exit(1);
}

int main(int argc, char **argv) {
    if (argc != 8) return 2;
    const int64_t depth = atoll(argv[2]), height = atoll(argv[3]), width = atoll(argv[4]);
    const size_t voxels = (size_t)(depth * height * width);
    const int runs = atoi(argv[7]);
    float *ct = malloc(voxels * sizeof *ct);
    uint8_t *labels = malloc(voxels);
    double *times = malloc((size_t)runs * sizeof *times);
    if (!ct || !labels || !times || runs < 1) return 2;
    uint64_t noise = 1;
    for (size_t voxel = 0; voxel < voxels; voxel += 1) {
        noise = noise * 6364136223846793005u + 1442695040888963407u;
        ct[voxel] = (float)(noise >> 40) / (float)(1 << 24);
    }
    memset(labels, 0, voxels);
    const double before = peak_bytes();

    anatomynet_load_options load;
    anatomynet_load_options_init(&load, sizeof load);
    load.padding_multiple = 2;
    load.instruction_set = (uint32_t)atoi(argv[6]);
    anatomynet_model *model = NULL;
    const double began = now();
    check(anatomynet_load(argv[1], &load, &model));
    const double loaded = now() - began;

    anatomynet_volume volume;
    anatomynet_volume_init(&volume, sizeof volume);
    volume.voxel_type = ANATOMYNET_FLOAT32;
    volume.voxels = ct;
    volume.voxels_bytes = voxels * sizeof *ct;
    volume.dimensions[0] = width;
    volume.dimensions[1] = height;
    volume.dimensions[2] = depth;
    anatomynet_segment_options options;
    anatomynet_segment_options_init(&options, sizeof options);
    options.threads = (uint32_t)atoi(argv[5]);
    uint64_t estimate = 0;
    check(anatomynet_estimate_memory(model, &volume, &options, &estimate));

    double first = 0;
    for (int run = -1; run < runs; run += 1) {
        const double start = now();
        check(anatomynet_segment(model, &volume, &options, labels, voxels, NULL));
        if (run < 0) {
            first = now() - start;
        } else {
            times[run] = now() - start;
        }
    }
    qsort(times, (size_t)runs, sizeof *times, ascending);
    printf("| %dx%dx%d | %s | %s | %.0f | %.2f | %.2f | %.0f | %.0f |\n", (int)depth, (int)height, (int)width,
           argv[5], argv[6][0] == '0' ? anatomynet_instruction_set() : argv[6], loaded * 1000, first,
           times[runs / 2], (peak_bytes() - before) / 1e6, (double)estimate / 1e6);
    anatomynet_free(model);
    free(times);
    free(labels);
    free(ct);
    return 0;
}
