/* A system that has hardly any threads left, or no address space for their stacks: calls get fewer than
 * they ask for, and nothing ends the process. Each case runs in a process of its own. */
#define _DEFAULT_SOURCE
#include <anatomynet.h>

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* A user that runs nothing else: the limit counts the tasks of a user. */
enum { user = 54321, extent = 48, calls = 5, no_such_case = 100 };

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

static intptr_t repeat_as_one_of_several(anatomynet_model *model, int times, int32_t permitted) {
    uint8_t *labels = malloc(sizeof expected);
    intptr_t result = labels ? 0 : 6;
    for (int call = 0; call < times && result == 0; ++call) {
        const int32_t status = segment(model, 8, labels);
        if (status != ANATOMYNET_OK && status != permitted) result = 7;
        for (size_t i = 0; i < sizeof expected && status == ANATOMYNET_OK && result == 0; ++i)
            if (labels[i] != expected[i]) result = 8;
    }
    free(labels);
    return result;
}

static void *segment_as_one_of_several(void *model) {
    return (void *)repeat_as_one_of_several(model, calls, ANATOMYNET_OK);
}

static void *segment_while_there_is_memory(void *model) {
    return (void *)repeat_as_one_of_several(model, 20 * calls, ANATOMYNET_ERROR_OUT_OF_MEMORY);
}

/* As a host with several threads. */
static int run_at_once(void *(*work)(void *), anatomynet_model *model, int count) {
    enum { most = 4 };
    pthread_t host[most];
    intptr_t result = 0;
    for (int i = 0; i < count; ++i)
        if (pthread_create(&host[i], NULL, work, model) != 0) return 9;
    for (int i = 0; i < count; ++i) {
        void *of_thread = NULL;
        pthread_join(host[i], &of_thread);
        if ((intptr_t)of_thread != 0) result = (intptr_t)of_thread;
    }
    return (int)result;
}

/* Each of the host's threads finds as many free tasks as the others, and all want them at the same time. */
static int segment_at_once_with_few_tasks(const char *path, unsigned tasks) {
    anatomynet_model *model = NULL;
    if (anatomynet_load(path, NULL, &model) != ANATOMYNET_OK) return 1;
    if (segment(model, 1, expected) != ANATOMYNET_OK) return 3;
    const struct rlimit limit = {tasks, tasks};
    if (setrlimit(RLIMIT_NPROC, &limit) != 0 || setgid(user) != 0 || setuid(user) != 0) return 2;
    const int result = run_at_once(segment_as_one_of_several, model, 4);
    anatomynet_free(model);
    return result;
}

/* What the system has given to one call's threads another call may have taken when they are wanted. */
static int segment_at_once_with_little_memory(const char *path, unsigned megabytes) {
    anatomynet_model *model = NULL;
    long pages = 0;
    if (anatomynet_load(path, NULL, &model) != ANATOMYNET_OK) return 1;
    if (segment(model, 1, expected) != ANATOMYNET_OK) return 3;
    FILE *const statistics = fopen("/proc/self/statm", "r");
    if (statistics == NULL || fscanf(statistics, "%ld", &pages) != 1) return 10;
    fclose(statistics);
    const rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)megabytes << 20);
    const struct rlimit limit = {bytes, bytes};
    if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
    const int result = run_at_once(segment_while_there_is_memory, model, 3);
    anatomynet_free(model);
    return result;
}

typedef struct {
    anatomynet_model *model;
    intptr_t result;
} region;

static void segment_in_region(void *context) {
    region *const mine = context;
    if (segment_as_one_of_several(mine->model) != NULL) mine->result = 11;
}

/* A host's parallel region in which others may be nested: the runtime then makes new threads for each. */
static int segment_in_regions_with_few_tasks(const char *path, unsigned tasks, unsigned regions) {
    setenv("OMP_MAX_ACTIVE_LEVELS", "3", 1);
    void *const runtime = dlopen("libgomp.so.1", RTLD_NOW);
    void (*parallel)(void (*)(void *), void *, unsigned, unsigned) = NULL;
    if (runtime != NULL) *(void **)&parallel = dlsym(runtime, "GOMP_parallel");
    if (parallel == NULL) return 12;
    region all = {NULL, 0};
    if (anatomynet_load(path, NULL, &all.model) != ANATOMYNET_OK) return 1;
    if (segment(all.model, 1, expected) != ANATOMYNET_OK) return 3;
    const struct rlimit limit = {tasks, tasks};
    if (setrlimit(RLIMIT_NPROC, &limit) != 0 || setgid(user) != 0 || setuid(user) != 0) return 2;
    parallel(segment_in_region, &all, regions, 0);
    anatomynet_free(all.model);
    return (int)all.result;
}

static pthread_t host_thread;
static volatile sig_atomic_t on_host_thread, on_other_threads;

static void count_signal(int number) {
    (void)number;
    if (pthread_equal(pthread_self(), host_thread))
        on_host_thread = on_host_thread + 1;
    else
        on_other_threads = on_other_threads + 1;
}

/* A host's signals are handled on its own threads, also where the address space is limited and the library makes its
 * threads itself. */
static int segment_beside_signals(const char *path, unsigned terabytes) {
    anatomynet_model *model = NULL;
    const rlim_t bytes = terabytes > 0 ? (rlim_t)terabytes << 40 : RLIM_INFINITY;
    const struct rlimit limit = {bytes, bytes};
    const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    struct sigaction action;
    if (anatomynet_load(path, NULL, &model) != ANATOMYNET_OK) return 1;
    if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
    memset(&action, 0, sizeof action);
    action.sa_handler = count_signal;
    action.sa_flags = SA_RESTART;
    host_thread = pthread_self();
    if (sigaction(SIGALRM, &action, NULL) != 0 || setitimer(ITIMER_REAL, &often, NULL) != 0) return 13;
    int result = 0;
    for (int repetition = 0; repetition < 4 && result == 0; ++repetition) result = segment_repeatedly(model, 8);
    setitimer(ITIMER_REAL, &never, NULL);
    anatomynet_free(model);
    return result != 0 ? result : on_host_thread < 100 ? 14 : on_other_threads > 0 ? 15 : 0;
}

/* Hosts of large OpenMP programs ask for large stacks; 20 TB have room for six of them at most. */
static int segment_with_large_stacks(const char *path, const char *variable, const char *stack_size,
                                     unsigned threads) {
    setenv(variable, stack_size, 1);
    anatomynet_model *model = NULL;
    if (anatomynet_load(path, NULL, &model) != ANATOMYNET_OK) return 1;
    const int result = segment_repeatedly(model, threads);
    anatomynet_free(model);
    return result;
}

/* A process of its own, and no mere child: in children the library uses no OpenMP. */
static int run_case(const char *path, const char *name, unsigned first, unsigned second) {
    static const char *const stacks[][2] = {
        {"OMP_STACKSIZE", "20000G"}, {"OMP_STACKSIZE", " 20000000 m "}, {"OMP_STACKSIZE", "20000000000"},
        {"GOMP_STACKSIZE", "20000000000k"}, {"OMP_STACKSIZE", "20000000000000B"}, {"OMP_STACKSIZE", "much"},
        {"OMP_STACKSIZE", "99999999999999999999G"},
    };
    if (strcmp(name, "stacks") == 0) {
        if (first >= sizeof stacks / sizeof *stacks) return no_such_case;
        return segment_with_large_stacks(path, stacks[first][0], stacks[first][1], second);
    }
    if (strcmp(name, "memory") == 0) return segment_at_once_with_little_memory(path, first);
    if (strcmp(name, "tasks") == 0) return segment_with_few_tasks(path, first, second);
    if (strcmp(name, "at-once") == 0) return segment_at_once_with_few_tasks(path, first);
    if (strcmp(name, "regions") == 0) return segment_in_regions_with_few_tasks(path, first, second);
    if (strcmp(name, "signals") == 0) return segment_beside_signals(path, first);
    return no_such_case;
}

static int status_of(const char *path, const char *name, unsigned first, unsigned second) {
    char arguments[2][16];
    int status = -1;
    snprintf(arguments[0], sizeof arguments[0], "%u", first);
    snprintf(arguments[1], sizeof arguments[1], "%u", second);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "threads", path, name, arguments[0], arguments[1], (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return status;
    return WEXITSTATUS(status);
}

static void expect_success(const char *path, const char *name, unsigned first, unsigned second) {
    const int status = status_of(path, name, first, second);
    CHECK(status == 0);
    if (status != 0) printf("%s %u %u: status %d\n", name, first, second, status);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    for (int i = 0; i < extent * extent * extent; ++i) voxels[i] = (int16_t)(i * 7919 % 2000 - 1000);
    if (argc == 5) return run_case(argv[1], argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
    for (unsigned stack = 0; status_of(argv[1], "stacks", stack, 8) != no_such_case; ++stack)
        expect_success(argv[1], "stacks", stack, 8);
    for (unsigned megabytes = 200; megabytes <= 320; megabytes += 20) expect_success(argv[1], "memory", megabytes, 8);
    for (unsigned terabytes = 0; terabytes <= 1; ++terabytes) expect_success(argv[1], "signals", terabytes, 0);
    if (geteuid() != 0) {
        printf("threads: few tasks skipped, only root can become a user that has no others\n");
        return finish("threads");
    }
    static const unsigned cases[][2] = {{1, 4}, {2, 2}, {8, 8}, {12, 8}, {30, 50}, {40, 40}, {40, 41}, {100, 90}, {100, 200}};
    for (int repetition = 0; repetition < 4; ++repetition) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) expect_success(argv[1], "tasks", cases[i][0], cases[i][1]);
        expect_success(argv[1], "at-once", 30, 8);
        for (unsigned tasks = 12; tasks <= 36; tasks += 8)
            for (unsigned regions = 2; regions <= 4; regions += 2) expect_success(argv[1], "regions", tasks, regions);
    }
    return finish("threads");
}
