/* Times the convolution layers of the network, kernel by kernel: GMAC/s as direct convolution counts them. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "anatomynet_kernels.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *huge(size_t bytes) {
    bytes = (bytes + (2u << 20) - 1) & ~(size_t)((2u << 20) - 1);
    void *p = aligned_alloc(2u << 20, bytes);
    madvise(p, bytes, MADV_HUGEPAGE);
    memset(p, 0, bytes);
    return p;
}

struct map {
    int32_t count;
    ank_block blocks[16];
    void *storage[16];
    float **planes[16];
};

static void create(struct map *m, const int32_t *channels, int32_t parts, int32_t d, int32_t h, int32_t w) {
    m->count = 0;
    for (int32_t p = 0; p < parts; p++)
        for (int32_t first = 0; first < channels[p]; first += 16) {
            const int32_t left = channels[p] - first, lanes = ank_block_lanes(channels[p], first);
            const int64_t stride = ank_row_voxels(w) * lanes, plane = stride * h;
            float *data = huge(sizeof(float) * (size_t)(plane * d + 64));
            float **planes = calloc((size_t)d + 2, sizeof *planes);
            for (int32_t z = 0; z < d; z++) {
                planes[z + 1] = data + z * plane + lanes;
                for (int32_t y = 0; y < h; y++)
                    for (int32_t x = 0; x < w; x++)
                        for (int32_t c = 0; c < (left < lanes ? left : lanes); c++)
                            planes[z + 1][y * stride + x * lanes + c] = (float)((x * 7 + y * 5 + z * 3 + c) % 17 - 8) / 8;
            }
            m->storage[m->count] = data;
            m->planes[m->count] = planes;
            m->blocks[m->count++] = (ank_block){planes + 1, stride, lanes, left < 16 ? left : 16};
        }
}

static void release(struct map *m) {
    for (int32_t b = 0; b < m->count; b++) {
        free(m->storage[b]);
        free(m->planes[b]);
    }
}

struct job {
    const ank_kernels *kernels;
    const ank_convolution *operation;
    int64_t items;
    void *scratch[8];
    atomic_long next;
    atomic_int threads;
    double busy[8];
};

static void *work(void *argument) {
    struct job *job = argument;
    const int thread = atomic_fetch_add(&job->threads, 1);
    void *scratch = job->scratch[thread];
    const double began = cpu();
    for (int64_t i; (i = atomic_fetch_add(&job->next, 1)) < job->items;) job->kernels->convolve(job->operation, i, scratch);
    job->busy[thread] = cpu() - began;
    return NULL;
}

static void layer(const ank_kernels *kernels, int32_t set, const int32_t *in, int32_t in_parts, const int32_t *out,
                  int32_t out_parts, int32_t d, int32_t h, int32_t w, int residual, int threads) {
    struct map input, output, added = {0};
    create(&input, in, in_parts, d, h, w);
    create(&output, out, out_parts, d, h, w);
    if (residual) create(&added, out, out_parts, d, h, w);
    int32_t k = 0, n = 0;
    for (int i = 0; i < in_parts; i++) k += in[i];
    for (int i = 0; i < out_parts; i++) n += out[i];
    ank_convolution_shape shape = {3, 1, k, n, input.count, output.count, input.blocks, output.blocks, NULL};
    float *weights = malloc(sizeof(float) * 27 * (size_t)(k * n));
    for (int i = 0; i < 27 * k * n; i++) weights[i] = (float)(i % 13 - 6) / 100;
    void *prepared = huge(kernels->convolution_weights_bytes(&shape));
    kernels->prepare_convolution(&shape, weights, NULL, prepared);
    float *zeros = huge(sizeof(float) * 16 * (size_t)ank_row_voxels(w));
    float shift[256] = {0.25f};
    ank_convolution operation = {3, 1, d, h, w, d, h, w, input.count, output.count, input.blocks, output.blocks,
                                 prepared, zeros, {NULL, shift, residual ? added.blocks : NULL, 0.01f}, 0, d};
    struct job job = {kernels, &operation, kernels->convolution_items(&operation), {0}, 0, 0, {0}};
    for (int t = 0; t < threads; t++) job.scratch[t] = huge(kernels->convolution_scratch_bytes(&operation) + 64);
    double best = 1e9, best_busy = 1e9, times[64];
    int reps = 0;
    double began = now();
    for (; reps < 64 && (reps < 5 || now() - began < 1.0); reps++) {
        atomic_store(&job.next, 0);
        atomic_store(&job.threads, 0);
        double t0 = now();
        pthread_t ids[8];
        for (int t = 1; t < threads; t++) pthread_create(&ids[t], NULL, work, &job);
        work(&job);
        for (int t = 1; t < threads; t++) pthread_join(ids[t], NULL);
        times[reps] = now() - t0;
        double total = 0;
        for (int t = 0; t < threads; t++) total += job.busy[t];
        if (total / threads < best_busy) best_busy = total / threads;
        if (times[reps] < best) best = times[reps];
    }
    double macs = 27.0 * k * n * d * h * (double)w;
    char name[64];
    snprintf(name, sizeof name, "%d->%d%s", k, n, residual ? "+r" : "");
    printf("%-9s %-10s %dx%dx%d  %d threads  items %4ld  %7.2f ms  %7.1f GMAC/s (busy %7.1f)\n", kernels->name, name, d, h, w, threads,
           (long)job.items, best * 1e3, macs / best / 1e9, macs / best_busy / 1e9);
    fflush(stdout);
    (void)set;
    for (int t = 0; t < threads; t++) free(job.scratch[t]);
    free(weights); free(prepared); free(zeros);
    release(&input); release(&output);
    if (residual) release(&added);
}

int main(int argc, char **argv) {
    int32_t set = argc > 1 ? atoi(argv[1]) : 0;
    int threads = argc > 2 ? atoi(argv[2]) : 2;
    int only = argc > 3 ? atoi(argv[3]) : -1;
    const ank_kernels *k = ank_kernels_for(set);
    if (!k) return 1;
    static const struct { int32_t in[3], in_parts, out[2], out_parts, residual, full; } layers[] = {
        {{32}, 1, {32}, 1, 0, 0}, {{32}, 1, {32}, 1, 1, 0}, {{28}, 1, {28}, 1, 1, 0}, {{30}, 1, {30}, 1, 1, 0},
        {{34}, 1, {34}, 1, 1, 0}, {{34, 32}, 2, {32}, 1, 0, 0}, {{32, 30}, 2, {30}, 1, 0, 0}, {{30, 28}, 2, {28}, 1, 0, 0},
        {{15}, 1, {14}, 1, 0, 1}, {{15}, 1, {14, 14}, 2, 0, 1}, {{14}, 1, {14}, 1, 1, 1}, {{14}, 1, {10}, 1, 0, 1},
    };
    for (int i = 0; i < (int)(sizeof layers / sizeof *layers); i++) {
        if (only >= 0 && i != only) continue;
        layer(k, set, layers[i].in, layers[i].in_parts, layers[i].out, layers[i].out_parts, layers[i].full ? 48 : 89,
              layers[i].full ? 302 : 151, layers[i].full ? 225 : 113, layers[i].residual, threads);
    }
}
