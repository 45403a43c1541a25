#include "machine_peak.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- Arithmetic ---- */

/* Fourteen independent sums: enough for two units of four or five cycles' latency, and few enough for
 * sixteen registers. The multiplier keeps them finite. */
enum { SUMS = 14, ROUNDS = 1000 };

#define MULTIPLY_ADDS(name, lanes, attributes)                                                       \
    typedef float vector_##name __attribute__((vector_size(4 * lanes)));                             \
    attributes static double multiply_adds_##name(float seed) {                                      \
        vector_##name sums[SUMS], factor = {0}, term = {0};                                          \
        factor += 0.5f;                                                                              \
        term += seed;                                                                                \
        for (int i = 0; i < SUMS; i += 1) sums[i] = term * (float)i;                                 \
        for (int round = 0; round < ROUNDS; round += 1) {                                            \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < SUMS; i += 1) {                   \
                sums[i] = sums[i] * factor + term;                                                   \
                /* Keeps the compiler from solving the recurrence. */                                \
                __asm__ volatile("" : "+" VECTOR_REGISTER(sums[i]));                                 \
            }                                                                                        \
        }                                                                                            \
        return (double)lanes * SUMS * ROUNDS;                                                        \
    }

#if defined(__x86_64__)
#define VECTOR_REGISTER "x"
MULTIPLY_ADDS(baseline, 4, )
#undef VECTOR_REGISTER
#define VECTOR_REGISTER "x"
MULTIPLY_ADDS(avx2, 8, __attribute__((target("avx2,fma"))))
#undef VECTOR_REGISTER
#define VECTOR_REGISTER "v"
MULTIPLY_ADDS(avx512, 16, __attribute__((target("avx512f"))))
#else
#define VECTOR_REGISTER "w"
MULTIPLY_ADDS(baseline, 4, )
#endif

static double multiply_adds(int32_t instruction_set, float seed) {
#if defined(__x86_64__)
    if (instruction_set == 3) return multiply_adds_avx512(seed);
    if (instruction_set == 2) return multiply_adds_avx2(seed);
#endif
    return multiply_adds_baseline(seed);
}

/* ---- Threads ---- */

static const double seconds_wanted = 0.2;
static const size_t copied_bytes = (size_t)64 << 20; /* a thread, each way */

typedef struct {
    pthread_t thread;
    pthread_mutex_t *gate; /* held by the thread that creates the others until all are there */
    const int *abandoned;
    int32_t instruction_set; /* 0: copy */
    char *from, *to;
    double done, seconds;
} runner;

static void *run(void *argument) {
    runner *mine = argument;
    pthread_mutex_lock(mine->gate);
    const int abandoned = *mine->abandoned;
    pthread_mutex_unlock(mine->gate);
    if (abandoned) return NULL;
    const double began = now();
    do {
        if (mine->from) {
            memcpy(mine->to, mine->from, copied_bytes);
            __asm__ volatile("" : : "r"(mine->to) : "memory");
            mine->done += 2 * (double)copied_bytes;
        } else {
            for (int repetition = 0; repetition < 50; repetition += 1)
                mine->done += multiply_adds(mine->instruction_set, 1e-3f * (float)repetition);
        }
        mine->seconds = now() - began;
    } while (mine->seconds < seconds_wanted);
    return NULL;
}

static char *touched_memory(void) {
    char *memory = malloc(copied_bytes);
    if (memory) memset(memory, 1, copied_bytes);
    return memory;
}

/* Units a second of all threads together. */
static double rate(int32_t instruction_set, int32_t threads) {
    runner *runners = calloc((size_t)threads, sizeof *runners);
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    int abandoned = 0;
    int32_t created = 0;
    double sum = 0;
    if (!runners) return 0;
    pthread_mutex_lock(&gate);
    /* The first runner is this thread. */
    for (; created < threads && !abandoned; created += 1) {
        runner *one = &runners[created];
        *one = (runner){.gate = &gate, .abandoned = &abandoned, .instruction_set = instruction_set};
        if (instruction_set == 0) {
            one->from = touched_memory();
            one->to = touched_memory();
        }
        abandoned = (instruction_set == 0 && (!one->from || !one->to))
                    || (created > 0 && pthread_create(&one->thread, NULL, run, one) != 0);
    }
    pthread_mutex_unlock(&gate);
    run(&runners[0]);
    for (int32_t i = 0; i < created; i += 1) {
        if (i > 0 && (i + 1 < created || !abandoned)) pthread_join(runners[i].thread, NULL);
        if (!abandoned) sum += runners[i].done / runners[i].seconds;
        free(runners[i].from);
        free(runners[i].to);
    }
    free(runners);
    return sum;
}

double machine_peak_multiply_adds(int32_t instruction_set, int32_t threads) {
    return threads < 1 ? 0 : rate(instruction_set < 1 ? 1 : instruction_set, threads);
}

double machine_peak_copied_bytes(int32_t threads) { return threads < 1 ? 0 : rate(0, threads); }
