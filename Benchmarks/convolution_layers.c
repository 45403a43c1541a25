/* Times AnatomyNet's convolutions, layer shape by layer shape, in GMAC/s as direct convolution counts
 * them.
 *
 * Usage: convolution_layers [instruction set 1-3, 0: best] [threads] [layer, -1: all]
 *                           [format 0: float32, 1: bfloat16] [depth height width, of any layer]
 *
 * "Wall" is the shortest of several runs; "busy" counts the threads' processor time instead, which
 * other programs on the machine disturb less. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "anatomynet_kernels.h"

enum { THREADS_MAX = 16, BLOCKS_MAX = 8, RUNS = 12 };

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Zeroed memory on huge pages, as the library uses; exits where there is none. */
static void *allocated(size_t bytes) {
    const size_t page = (size_t)2 << 20;
    bytes = (bytes + page) / page * page;
    void *memory = aligned_alloc(page, bytes);
    if (!memory) exit(2);
    madvise(memory, bytes, MADV_HUGEPAGE);
    return memset(memory, 0, bytes);
}

struct map {
    int32_t count;
    ank_block blocks[BLOCKS_MAX];
    char *storage[BLOCKS_MAX];
    float **planes[BLOCKS_MAX];
};

/* Blocks of 8 or 16 lanes, filled with eighths, which are the same in either format. */
static void map_append(struct map *map, int32_t channels, int32_t format, int32_t depth, int32_t height,
                       int32_t width) {
    const int64_t value_bytes = format == ANK_BFLOAT16 ? 2 : 4;
    for (int32_t first = 0; first < channels; first += 16) {
        const int32_t lanes = ank_block_lanes(channels, first);
        const int32_t carried = channels - first < lanes ? channels - first : lanes;
        const int64_t stride = ank_row_voxels(width) * lanes, plane = stride * height;
        char *data = allocated(64 + (size_t)(plane * depth * value_bytes));
        float **planes = allocated(sizeof *planes * (size_t)(depth + 2));
        for (int32_t z = 0; z < depth; z++) {
            char *voxels = data + 64 + z * plane * value_bytes;
            planes[z + 1] = (float *)voxels;
            for (int32_t y = 0; y < height; y++)
                for (int32_t x = 0; x < width; x++)
                    for (int32_t c = 0; c < carried; c++) {
                        const float value = (float)((7 * x + 5 * y + 3 * z + c) % 17 - 8) / 8;
                        /* The upper half of a float32 is behind the lower. */
                        memcpy(voxels + (y * stride + x * lanes + c) * value_bytes,
                               (const char *)&value + 4 - value_bytes, (size_t)value_bytes);
                    }
        }
        map->storage[map->count] = data;
        map->planes[map->count] = planes;
        map->blocks[map->count++] = (ank_block){planes + 1, stride, lanes, carried, format};
    }
}

static void map_free(struct map *map) {
    for (int32_t b = 0; b < map->count; b++) {
        free(map->storage[b]);
        free(map->planes[b]);
    }
}

struct job {
    const ank_kernels *kernels;
    const ank_convolution *operation;
    int64_t items;
    void *scratch[THREADS_MAX];
    double busy[THREADS_MAX];
    atomic_int_fast64_t next_item;
    atomic_int next_thread;
};

static void *work(void *argument) {
    struct job *job = argument;
    const int thread = atomic_fetch_add(&job->next_thread, 1);
    const double began = seconds(CLOCK_THREAD_CPUTIME_ID);
    for (int64_t item; (item = atomic_fetch_add(&job->next_item, 1)) < job->items;)
        job->kernels->convolve(job->operation, item, job->scratch[thread]);
    job->busy[thread] = seconds(CLOCK_THREAD_CPUTIME_ID) - began;
    return NULL;
}

struct layer {
    int32_t kernel;
    int32_t parts, inputs[2];   /* channels of the concatenated maps */
    int32_t outputs[2];
    int32_t residual, full_resolution;
};

struct extent {
    int32_t depth, height, width;
};

static void measure(const ank_kernels *kernels, int threads, const struct layer *layer, int32_t format,
                    struct extent extent) {
    const int32_t depth = extent.depth, height = extent.height, width = extent.width;
    const int32_t taps = layer->kernel * layer->kernel * layer->kernel;
    struct map input = {0}, output = {0}, residual = {0};
    int32_t inputs = 0, outputs = 0;
    for (int32_t part = 0; part < layer->parts; part++) {
        map_append(&input, layer->inputs[part], format, depth, height, width);
        inputs += layer->inputs[part];
    }
    for (int32_t part = 0; part < 2; part++) {
        map_append(&output, layer->outputs[part], format, depth, height, width);
        if (layer->residual) map_append(&residual, layer->outputs[part], format, depth, height, width);
        outputs += layer->outputs[part];
    }
    const int32_t wide_tiles = 1;
    const ank_convolution_shape shape = {
        .kernel = layer->kernel, .stride = 1, .wide_tiles = wide_tiles,
        .input_channels = inputs, .output_channels = outputs,
        .input_count = input.count, .output_count = output.count, .input = input.blocks, .output = output.blocks,
    };
    float *weights = allocated(sizeof(float) * (size_t)(taps * inputs * outputs));
    for (int32_t i = 0; i < taps * inputs * outputs; i++) weights[i] = (float)(i % 13 - 6) / 100;
    void *prepared = allocated(kernels->convolution_weights_bytes(&shape));
    kernels->prepare_convolution(&shape, weights, NULL, prepared);
    float *zeros = allocated(sizeof(float) * 16 * (size_t)ank_row_voxels(width));
    const ank_convolution operation = {
        .kernel = layer->kernel, .stride = 1, .wide_tiles = wide_tiles, .height = height, .width = width,
        .input_depth = depth, .input_height = height,
        .input_count = input.count, .output_count = output.count, .input = input.blocks, .output = output.blocks,
        .weights = prepared, .zero_row = zeros,
        .epilogue = {NULL, NULL, layer->residual ? residual.blocks : NULL, 0.01f},
        .first_plane = 0, .end_plane = depth,
    };
    struct job job = {.kernels = kernels, .operation = &operation, .items = kernels->convolution_items(&operation)};
    for (int t = 0; t < threads; t++) job.scratch[t] = allocated(kernels->convolution_scratch_bytes(&operation));

    double wall = 1e9, busy = 1e9;
    for (int run = 0; run < RUNS; run++) {
        pthread_t others[THREADS_MAX];
        atomic_store(&job.next_item, 0);
        atomic_store(&job.next_thread, 0);
        const double began = seconds(CLOCK_MONOTONIC);
        for (int t = 1; t < threads; t++)
            if (pthread_create(&others[t], NULL, work, &job)) exit(2);
        work(&job);
        for (int t = 1; t < threads; t++) pthread_join(others[t], NULL);
        const double took = seconds(CLOCK_MONOTONIC) - began;
        double mean = 0;
        for (int t = 0; t < threads; t++) mean += job.busy[t] / threads;
        if (took < wall) wall = took;
        if (mean < busy) busy = mean;
    }
    const double multiplications = 1e-9 * taps * inputs * outputs * depth * height * width;
    printf("%-8s %-8s %d^3 %2d->%d%-9s %dx%dx%d  %d threads  wall %7.1f GMAC/s  busy %7.1f GMAC/s\n", kernels->name,
           format == ANK_BFLOAT16 ? "bfloat16" : "float32", (int)layer->kernel, (int)inputs, (int)outputs,
           layer->residual ? "+residual" : "", (int)depth, (int)height, (int)width, threads, multiplications / wall,
           multiplications / busy);
    fflush(stdout);

    for (int t = 0; t < threads; t++) free(job.scratch[t]);
    free(zeros);
    free(prepared);
    free(weights);
    map_free(&residual);
    map_free(&output);
    map_free(&input);
}

int main(int argc, char **argv) {
    static const struct layer layers[] = {
        {3, 1, {32}, {32, 0}, 0, 0},     {3, 1, {32}, {32, 0}, 1, 0},     {3, 1, {28}, {28, 0}, 1, 0},
        {3, 1, {30}, {30, 0}, 1, 0},     {3, 1, {34}, {34, 0}, 1, 0},     {3, 2, {34, 32}, {32, 0}, 0, 0},
        {3, 2, {32, 30}, {30, 0}, 0, 0}, {3, 2, {30, 28}, {28, 0}, 0, 0}, {3, 1, {15}, {14, 0}, 0, 1},
        {3, 1, {15}, {14, 14}, 0, 1},    {3, 1, {14}, {14, 0}, 1, 1},     {3, 1, {14}, {10, 0}, 0, 1},
        {1, 2, {34, 32}, {32, 0}, 0, 0}, {1, 1, {28}, {30, 0}, 0, 0},
    };
    static const struct extent half_resolution = {89, 151, 113}, head_slab = {48, 302, 225};
    const ank_kernels *kernels = ank_kernels_for(argc > 1 ? atoi(argv[1]) : 0);
    const int threads = argc > 2 ? atoi(argv[2]) : 2, only = argc > 3 ? atoi(argv[3]) : -1;
    const int32_t format = argc > 4 && atoi(argv[4]) ? ANK_BFLOAT16 : ANK_FLOAT32;
    if (!kernels || threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "no such instruction set on this machine, or threads not in 1-%d\n", THREADS_MAX);
        return 1;
    }
    for (int i = 0; i < (int)(sizeof layers / sizeof *layers); i++) {
        struct extent extent = layers[i].full_resolution ? head_slab : half_resolution;
        if (argc > 7) extent = (struct extent){atoi(argv[5]), atoi(argv[6]), atoi(argv[7])};
        if (only < 0 || only == i) measure(kernels, threads, &layers[i], format, extent);
    }
    return 0;
}
