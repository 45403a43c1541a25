/* What belongs to the host: its floating-point environment, its threads' affinity, its children. */
#define _GNU_SOURCE
#include <anatomynet.h>

#include <dlfcn.h>
#include <fenv.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "check.h"

enum { extent = 37, voxels_count = extent * extent * extent };

/* Takes its place from the stack of every thread. */
static _Thread_local volatile char storage[1000 << 10];

static anatomynet_model *model;
static float voxels[voxels_count];
static double slope = 1;

static anatomynet_volume volume_of_voxels(void) {
    anatomynet_volume volume;
    anatomynet_volume_init(&volume, sizeof volume);
    volume.voxel_type = ANATOMYNET_FLOAT32;
    volume.voxels = voxels;
    volume.voxels_bytes = sizeof voxels;
    volume.rescale_slope = slope;
    for (int axis = 0; axis < 3; ++axis) volume.dimensions[axis] = extent;
    return volume;
}

static int32_t segment(uint32_t threads, float *probabilities, uint8_t *labels) {
    const anatomynet_volume volume = volume_of_voxels();
    anatomynet_segment_options options;
    anatomynet_outputs outputs;
    anatomynet_segment_options_init(&options, sizeof options);
    options.threads = threads;
    anatomynet_outputs_init(&outputs, sizeof outputs);
    outputs.class_count = 3;
    outputs.probabilities = probabilities;
    outputs.probabilities_bytes = 3 * sizeof voxels;
    return anatomynet_segment(model, &volume, &options, labels, voxels_count, &outputs);
}

/* A host that rounds otherwise, or traps what is no number, gets the same results and keeps its environment. */
static void floating_point(const char *path) {
    static float expected[3 * voxels_count], found[3 * voxels_count];
    static uint8_t labels[voxels_count];
    static const int roundings[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    CHECK(segment(2, expected, labels) == ANATOMYNET_OK);
    for (size_t i = 0; i < sizeof roundings / sizeof *roundings; ++i)
        for (uint32_t threads = 1; threads <= 2; ++threads) {
            anatomynet_model *loaded = NULL;
            const int traps = FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW;
            memset(found, 0, sizeof found);
            feclearexcept(FE_ALL_EXCEPT);
            feenableexcept(traps);
            fesetround(roundings[i]);
            const int32_t loading = anatomynet_load(path, NULL, &loaded), segmenting = segment(threads, found, labels);
            const int rounding = fegetround(), enabled = fegetexcept(), raised = fetestexcept(FE_ALL_EXCEPT);
            fesetenv(FE_DFL_ENV);
            anatomynet_free(loaded);
            CHECK(loading == ANATOMYNET_OK && segmenting == ANATOMYNET_OK);
            CHECK(rounding == roundings[i] && (enabled & traps) == traps && raised == 0);
            CHECK(memcmp(found, expected, sizeof found) == 0);
        }
    feenableexcept(FE_INVALID);
    voxels[5] = (float)NAN;
    const int32_t status = segment(2, found, labels);
    voxels[5] = 0;
    fesetenv(FE_DFL_ENV);
    CHECK(status == ANATOMYNET_ERROR_NONFINITE_VOXEL);
}

#ifdef __SSE2__
/* A host that takes subnormal numbers for zero, as programs do that are linked with -ffast-math, gets the same results
 * as others and keeps that habit. */
static void subnormal_numbers(void) {
    static float expected[3 * voxels_count], found[3 * voxels_count];
    static uint8_t labels[voxels_count];
    enum { flush_results = 0x8000, flush_operands = 0x40 };
    /* All voxels are subnormal, and from 0 to 1.2 HU. */
    for (int i = 0; i < voxels_count; ++i) voxels[i] = ldexpf((float)(i * 7919 % 2500), -138);
    slope = ldexp(1, 127);
    CHECK(segment(2, expected, labels) == ANATOMYNET_OK);
    for (uint32_t threads = 1; threads <= 2; ++threads) {
        const unsigned of_host = _mm_getcsr() | flush_results | flush_operands;
        memset(found, 0, sizeof found);
        _mm_setcsr(of_host);
        const int32_t status = segment(threads, found, labels);
        const unsigned left = _mm_getcsr();
        fesetenv(FE_DFL_ENV);
        CHECK(status == ANATOMYNET_OK && left == of_host);
        CHECK(memcmp(found, expected, sizeof found) == 0);
    }
    slope = 1;
}
#endif

/* OpenMP's runtime binds the thread that loads it, if it is told to bind threads. */
static void affinity(void) {
    static float probabilities[3 * voxels_count];
    static uint8_t labels[voxels_count];
    cpu_set_t before, after;
    CHECK(sched_getaffinity(0, sizeof before, &before) == 0);
    CHECK(segment(2, probabilities, labels) == ANATOMYNET_OK);
    CHECK(sched_getaffinity(0, sizeof after, &after) == 0);
    CHECK(CPU_EQUAL(&before, &after));
}

static int32_t segmenting(double fraction, void *has_segmented) {
    static float probabilities[3 * voxels_count];
    static uint8_t labels[voxels_count];
    (void)fraction;
    if (*(int *)has_segmented) return 0;
    *(int *)has_segmented = 1;
    CHECK(segment(4, probabilities, labels) == ANATOMYNET_OK);
    return 0;
}

static long threads_of_process(void) {
    struct stat tasks;
    return stat("/proc/self/task", &tasks) == 0 ? (long)tasks.st_nlink - 2 : -1;
}

/* No thread stays, whichever of two calls, one within the other's callback, had any. */
static void threads_after_nested_calls(void) {
    static uint8_t labels[voxels_count];
    const anatomynet_volume volume = volume_of_voxels();
    for (uint32_t threads = 1; threads <= 2; ++threads) {
        anatomynet_segment_options options;
        int has_segmented = 0;
        anatomynet_segment_options_init(&options, sizeof options);
        options.threads = threads;
        options.progress = segmenting;
        options.progress_user = &has_segmented;
        CHECK(anatomynet_segment(model, &volume, &options, labels, sizeof labels, NULL) == ANATOMYNET_OK);
        CHECK(has_segmented);
        /* The system counts a thread until a moment after it has ended. */
        for (int waited = 0; waited < 100 && threads_of_process() != 1; ++waited) usleep(10000);
        CHECK(threads_of_process() == 1);
    }
}

static pid_t forked = -1;

static void live_as_child(void) {
    static float probabilities[3 * voxels_count];
    static uint8_t labels[voxels_count];
    for (int call = 0; call < 3; ++call)
        if (segment(2, probabilities, labels) != ANATOMYNET_OK) _exit(1);
    _exit(0);
}

/* A model that was only loaded before. Children that find out at the same time on two threads what the parent never
 * needed must not wait for each other for good, which is a race, so several. */
static void fork_after_loading(void) {
    int children = 12;
    fflush(stdout);
    while (children > 0) {
        int status = -1;
        const pid_t child = fork();
        if (child == 0) {
            alarm(120);
            live_as_child();
        }
        if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) break;
        --children;
    }
    CHECK(children == 0);
}

static void do_nothing(void *context) { (void)context; }

/* A host that has threads of the very runtime that the library has loaded: its children do not have them. */
static void fork_beside_openmp(void) {
    static float probabilities[3 * voxels_count];
    static uint8_t labels[voxels_count];
    int status = -1;
    CHECK(segment(2, probabilities, labels) == ANATOMYNET_OK);
    void *runtime = dlopen("libgomp.so.1", RTLD_NOW);
    void (*parallel)(void (*)(void *), void *, unsigned, unsigned) = NULL;
    if (runtime != NULL) *(void **)&parallel = dlsym(runtime, "GOMP_parallel");
    CHECK(parallel != NULL);
    if (parallel == NULL) return;
    parallel(do_nothing, NULL, 4, 0);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        live_as_child();
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The child does not return where there is a user pointer. */
static int32_t forking(double fraction, void *user) {
    (void)fraction;
    if (forked >= 0) return 0;
    forked = fork();
    if (forked == 0 && user != NULL) live_as_child();
    return 0;
}

/* A child that is made in the middle of a call has calls of its own, also after that one if no other thread took part
 * in it. */
static void fork_in_callback(uint32_t threads, int finishes) {
    static uint8_t labels[voxels_count];
    const anatomynet_volume volume = volume_of_voxels();
    anatomynet_segment_options options;
    int status = -1;
    anatomynet_segment_options_init(&options, sizeof options);
    options.threads = threads;
    options.progress = forking;
    options.progress_user = finishes ? NULL : &options;
    forked = -1;
    fflush(stdout);
    const int32_t outcome = anatomynet_segment(model, &volume, &options, labels, sizeof labels, NULL);
    if (forked == 0) {
        if (outcome != ANATOMYNET_OK) _exit(2);
        live_as_child();
    }
    CHECK(outcome == ANATOMYNET_OK);
    CHECK(forked > 0 && waitpid(forked, &status, 0) == forked);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    storage[0] = 1;
    for (int i = 0; i < voxels_count; ++i) voxels[i] = (float)(i * 7919 % 2500 - 1000);
    CHECK(anatomynet_load(argv[1], NULL, &model) == ANATOMYNET_OK);
    fork_after_loading();
    affinity();
    threads_after_nested_calls();
    floating_point(argv[1]);
#ifdef __SSE2__
    subnormal_numbers();
#endif
    fork_in_callback(1, 0);
    fork_in_callback(2, 0);
    fork_in_callback(1, 1);
    fork_beside_openmp();
    anatomynet_free(model);
    return finish("host state");
}
