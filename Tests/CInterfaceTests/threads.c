/* A system that has hardly any threads left: calls get fewer than they ask for, and nothing ends the
 * process. Each case runs in a child that may have no more than a few tasks. */
#define _DEFAULT_SOURCE
#include <anatomynet.h>

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* A user that runs nothing else: the limit counts the tasks of a user. */
enum { user = 54321, extent = 48, calls = 5 };

static int segment_with_few_tasks(const char *path, unsigned tasks, unsigned threads) {
    anatomynet_model *model = NULL;
    if (anatomynet_load(path, NULL, &model) != ANATOMYNET_OK) return 1;
    const struct rlimit limit = {tasks, tasks};
    if (setrlimit(RLIMIT_NPROC, &limit) != 0 || setgid(user) != 0 || setuid(user) != 0) return 2;

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
    anatomynet_free(model);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    if (geteuid() != 0) {
        printf("threads: skipped, only root can become a user with few tasks\n");
        return 0;
    }
    static const unsigned cases[][2] = {{1, 4}, {2, 2}, {8, 8}, {12, 8}, {30, 50}, {40, 40}, {40, 41}, {100, 90}, {100, 200}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        for (int repetition = 0; repetition < 4; ++repetition) {
            fflush(stdout);
            const pid_t child = fork();
            if (child == 0) _exit(segment_with_few_tasks(argv[1], cases[i][0], cases[i][1]));
            int status = -1;
            CHECK(waitpid(child, &status, 0) == child);
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            if (status != 0) printf("%u tasks, %u threads: status %d\n", cases[i][0], cases[i][1], status);
        }
    return finish("threads");
}
