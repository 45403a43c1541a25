/* A system that has hardly any threads left, or no address space for their stacks: calls get fewer than
 * they ask for, and nothing ends the process. Each case runs in a child of its own. */
#define _DEFAULT_SOURCE
#include <anatomynet.h>

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* A user that runs nothing else: the limit counts the tasks of a user. */
enum { user = 54321, extent = 48, calls = 5 };

/* Results of one thread, which every call must have. */
static int16_t voxels[extent * extent * extent];
static uint8_t expected[extent * extent * extent];

static int32_t segment(anatomynet_model *model, unsigned threads, uint8_t *labels) {
    anatomynet_volume volume;
    anatomynet_volume_init(&volume, sizeof volume);
    volume.voxel_type = ANATOMYNET_INT16;
    volume.voxels = voxels;
    volume.voxels_bytes = sizeof voxels;
    for (int axis = 0; axis < 3; ++axis) volume.dimensions[axis] = extent;
    anatomynet_segment_options options;
    anatomynet_segment_options_init(&options, sizeof options);
    options.threads = threads;
    return anatomynet_segment(model, &volume, &options, labels, sizeof expected, NULL);
}

static int segment_repeatedly(anatomynet_model *model, unsigned threads) {
    static uint8_t labels[extent * extent * extent];
    if (segment(model, 1, expected) != ANATOMYNET_OK) return 3;
    for (int call = 0; call < calls; ++call) {
        if (segment(model, threads, labels) != ANATOMYNET_OK) return 4;
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

static void *segment_as_one_of_several(void *model) {
    uint8_t *labels = malloc(sizeof expected);
    intptr_t result = labels ? 0 : 6;
    for (int call = 0; call < calls && result == 0; ++call) {
        if (segment(model, 8, labels) != ANATOMYNET_OK) result = 7;
        for (size_t i = 0; i < sizeof expected && result == 0; ++i)
            if (labels[i] != expected[i]) result = 8;
    }
    free(labels);
    return (void *)result;
}

/* Each of the host's threads finds as many free tasks as the others, and all want them at the same time. */
static int segment_at_once_with_few_tasks(const char *path, unsigned tasks) {
    enum { hosts = 4 };
    anatomynet_model *model = NULL;
    pthread_t host[hosts];
    intptr_t result = 0;
    if (anatomynet_load(path, NULL, &model) != ANATOMYNET_OK) return 1;
    if (segment(model, 1, expected) != ANATOMYNET_OK) return 3;
    const struct rlimit limit = {tasks, tasks};
    if (setrlimit(RLIMIT_NPROC, &limit) != 0 || setgid(user) != 0 || setuid(user) != 0) return 2;
    for (int i = 0; i < hosts; ++i)
        if (pthread_create(&host[i], NULL, segment_as_one_of_several, model) != 0) return 9;
    for (int i = 0; i < hosts; ++i) {
        void *of_thread = NULL;
        pthread_join(host[i], &of_thread);
        if ((intptr_t)of_thread != 0) result = (intptr_t)of_thread;
    }
    anatomynet_free(model);
    return (int)result;
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
    for (int i = 0; i < extent * extent * extent; ++i) voxels[i] = (int16_t)(i * 7919 % 2000 - 1000);
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
    for (int repetition = 0; repetition < 4; ++repetition) {
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) _exit(segment_at_once_with_few_tasks(argv[1], 30));
        expect_success(child, "30 tasks, 4 calls of 8 threads at once");
    }
    return finish("threads");
}
