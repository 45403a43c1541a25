/* A system that has hardly any threads left, or no address space for their stacks: calls get fewer than
 * they ask for, and nothing ends the process. Each case runs in a child of its own. */
#define _DEFAULT_SOURCE
#include <anatomynet.h>

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* A user that runs nothing else: the limit counts the tasks of a user. */
enum { user = 54321, extent = 48, calls = 5 };

static int segment_repeatedly(anatomynet_model *model, unsigned threads) {
    static int16_t voxels[extent * extent * extent];
    static uint8_t labels[extent * extent * extent], expected[extent * extent * extent];
    for (int i = 0; i < extent * extent * extent; ++i) voxels[i] = (int16_t)(i * 7919 % 2000 - 1000);
    anatomynet_volume volume;
    anatomynet_volume_init(&volume, sizeof volume);
    volume.voxel_type = ANATOMYNET_INT16;
    volume.voxels = voxels;
    volume.voxels_bytes = sizeof voxels;
    for (int axis = 0; axis < 3; ++axis) volume.dimensions[axis] = extent;
    anatomynet_segment_options options;
    anatomynet_segment_options_init(&options, sizeof options);
    options.threads = 1;
    if (anatomynet_segment(model, &volume, &options, expected, sizeof expected, NULL) != ANATOMYNET_OK) return 3;
    options.threads = threads;
    for (int call = 0; call < calls; ++call) {
        if (anatomynet_segment(model, &volume, &options, labels, sizeof labels, NULL) != ANATOMYNET_OK) return 4;
        for (size_t i = 0; i < sizeof labels; ++i)
            if (labels[i] != expected[i]) return 5;
    }
    return 0;
}

static int segment_with_few_tasks(const char *path, unsigned tasks, unsigned threads) {
    anatomynet_model *model = NULL;
    if (anatomynet_load(path, NULL, &model) != ANATOMYNET_OK) return 1;
    const struct rlimit limit = {tasks, tasks};
    if (setrlimit(RLIMIT_NPROC, &limit) != 0 || setgid(user) != 0 || setuid(user) != 0) return 2;
    const int result = segment_repeatedly(model, threads);
    anatomynet_free(model);
    return result;
}

/* Hosts of large OpenMP programs ask for large stacks; here there is room for three of them at most. */
static int segment_with_large_stacks(const char *path, const char *variable, const char *stack_size,
                                     unsigned threads) {
    setenv(variable, stack_size, 1);
    anatomynet_model *model = NULL;
    if (anatomynet_load(path, NULL, &model) != ANATOMYNET_OK) return 1;
    const rlim_t gigabyte = 1 << 30;
    const struct rlimit limit = {4 * gigabyte, 4 * gigabyte};
    if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
    const int result = segment_repeatedly(model, threads);
    anatomynet_free(model);
    return result;
}

static void expect_success(pid_t child, const char *of) {
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (status != 0) printf("%s: status %d\n", of, status);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    static const char *const stacks[][2] = {
        {"OMP_STACKSIZE", "1G"}, {"OMP_STACKSIZE", " 1100 m "}, {"OMP_STACKSIZE", "1048576"},
        {"GOMP_STACKSIZE", "1048576k"}, {"OMP_STACKSIZE", "1000000000B"}, {"OMP_STACKSIZE", "much"},
        {"OMP_STACKSIZE", "99999999999999999999G"},
    };
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; ++i) {
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) _exit(segment_with_large_stacks(argv[1], stacks[i][0], stacks[i][1], 8));
        expect_success(child, stacks[i][1]);
    }
    if (geteuid() != 0) {
        printf("threads: few tasks skipped, only root can become a user that has no others\n");
        return finish("threads");
    }
    static const unsigned cases[][2] = {{1, 4}, {2, 2}, {8, 8}, {12, 8}, {30, 50}, {40, 40}, {40, 41}, {100, 90}, {100, 200}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        for (int repetition = 0; repetition < 4; ++repetition) {
            fflush(stdout);
            const pid_t child = fork();
            if (child == 0) _exit(segment_with_few_tasks(argv[1], cases[i][0], cases[i][1]));
            char of[64];
            snprintf(of, sizeof of, "%u tasks, %u threads", cases[i][0], cases[i][1]);
            expect_success(child, of);
        }
    return finish("threads");
}
