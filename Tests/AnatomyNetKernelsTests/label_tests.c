#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_tester.h"

enum { NO_LABEL = 255 };

/* A box of voxels and where their labels go: any of the six orders of the axes, each in either direction. */
static ank_labels random_box(int32_t depth, int32_t height, int32_t width, struct random_source *source,
                             uint8_t *labels, int32_t *nonfinite) {
    const int32_t sizes[3] = {depth, height, width};
    int32_t first[3], end[3], axes[3] = {0, 1, 2};
    int64_t strides[3], step = 1;
    for (int axis = 0; axis < 3; axis++) {
        const int whole = (int)random_below(source, 2);
        first[axis] = whole ? 0 : (int32_t)random_below(source, (uint32_t)sizes[axis]);
        end[axis] = whole ? sizes[axis] : first[axis] + 1 + (int32_t)random_below(source, (uint32_t)(sizes[axis] - first[axis]));
    }
    for (int axis = 2; axis > 0; axis--) {
        const int other = (int)random_below(source, (uint32_t)axis + 1), kept = axes[axis];
        axes[axis] = axes[other];
        axes[other] = kept;
    }
    for (int i = 2; i >= 0; i--) {
        const int axis = axes[i], backwards = (int)random_below(source, 2);
        strides[axis] = backwards ? -step : step;
        if (backwards) labels += step * (end[axis] - first[axis] - 1);
        step *= end[axis] - first[axis];
    }
    return (ank_labels){first[0], end[0], first[1], end[1], first[2], end[2], labels, strides[0], strides[1], strides[2],
                        nonfinite};
}

/* A convolution that stores labels finds those of the outputs that it stores otherwise, in the box and in the
 * planes that it computes, and writes nothing else. The last channel is the same as the first, and never a label. */
static void test_labels_of(const ank_kernels *kernels, int32_t wide_tiles, int32_t inputs, int32_t classes, int32_t format, int32_t depth,
                           int32_t height, int32_t width, struct random_source *source) {
    const enum guard_side side = random_below(source, 2) ? GUARD_BEFORE : GUARD_BEHIND;
    struct feature_map input, output;
    feature_map_create(&input, inputs, format, depth, height, width, 0, 0, side);
    feature_map_randomise(&input, source);
    feature_map_create(&output, classes, ANK_FLOAT32, depth, height, width, 0, CANARY, side);
    float *weights = malloc(sizeof(float) * 27 * (size_t)(inputs * classes));
    for (int32_t i = 0; i < 27 * inputs * classes; i++)
        weights[i] = (float)(random_normal(source) / sqrt(27.0 * inputs));
    if (classes > 1)
        memcpy(weights + 27 * inputs * (classes - 1), weights, sizeof(float) * 27 * (size_t)inputs);
    float shift[16 * BLOCKS_MAX] = {0};
    for (int32_t c = 1; c < classes - 1; c++) shift[c] = (float)random_normal(source);

    struct guarded_memory zeros = guarded_memory_create(sizeof(float) * 16 * (size_t)ank_row_voxels(width), side);
    const ank_convolution_shape shape = {3, 1, wide_tiles, inputs, classes, input.count, output.count, input.blocks,
                                         output.blocks, NULL};
    struct guarded_memory prepared =
        guarded_memory_create((kernels->convolution_weights_bytes(&shape) + 63) / 64 * 64, side);
    kernels->prepare_convolution(&shape, weights, NULL, prepared.data);
    ank_convolution operation = {
        .kernel = 3, .stride = 1, .wide_tiles = wide_tiles, .height = height, .width = width,
        .input_depth = depth, .input_height = height,
        .input_count = input.count, .output_count = output.count, .input = input.blocks, .output = output.blocks,
        .weights = prepared.data, .zero_row = zeros.data,
        .epilogue = {.shift = shift, .negative_slope = 1},
        .first_plane = depth > 4 ? 4 * (int32_t)random_below(source, 2) : 0, .end_plane = depth,
    };
    const size_t voxels = (size_t)(depth * height * width);
    struct guarded_memory labels = guarded_memory_create(voxels, side);
    uint8_t *found = labels.data;
    memset(found, NO_LABEL, voxels);
    int32_t nonfinite = 0;
    const ank_labels box = random_box(depth, height, width, source, found, &nonfinite);

    for (int labelled = 0; labelled < 2; labelled++) {
        ank_block unused[BLOCKS_MAX];
        if (labelled) {
            for (int32_t b = 0; b < output.count; b++) {
                unused[b] = output.blocks[b];
                unused[b].planes = NULL;
            }
            operation.output = unused;
            operation.epilogue.labels = &box;
        }
        struct guarded_memory scratch =
            guarded_memory_create((kernels->convolution_scratch_bytes(&operation) + 63) / 64 * 64, side);
        const int64_t items = kernels->convolution_items(&operation);
        int64_t *sequence = malloc(sizeof(int64_t) * (size_t)items);
        shuffled(sequence, items, source);
        for (int64_t i = 0; i < items; i++) kernels->convolve(&operation, sequence[i], scratch.data);
        free(sequence);
        guarded_memory_free(&scratch);
    }

    int64_t wrong = 0, written = 0, expected = 0;
    for (size_t i = 0; i < voxels; i++) written += found[i] != NO_LABEL;
    for (int32_t z = box.first_plane; z < box.end_plane; z++)
        for (int32_t y = box.first_row; y < box.end_row; y++)
            for (int32_t x = box.first_column; x < box.end_column; x++) {
                const uint8_t label = box.labels[(z - box.first_plane) * box.plane_stride
                                                 + (y - box.first_row) * box.row_stride
                                                 + (x - box.first_column) * box.column_stride];
                if (z < operation.first_plane) {
                    wrong += label != NO_LABEL;
                    continue;
                }
                int32_t best = 0;
                for (int32_t c = 1; c < classes; c++)
                    if (feature_map_value(&output, c, z, y, x) > feature_map_value(&output, best, z, y, x)) best = c;
                wrong += label != best;
                expected++;
            }
    check(nonfinite == 0, "%s labels of a convolution %d->%d: scores are finite", kernels->name, inputs, classes);
    check(wrong == 0 && written == expected,
          "%s labels of a convolution %d->%d format %d at %dx%dx%d planes %d-%d strides %d %d %d: %d wrong, %d written "
          "of %d", kernels->name, inputs, classes, format, depth, height, width, operation.first_plane,
          operation.end_plane, (int)box.plane_stride, (int)box.row_stride, (int)box.column_stride, (int)wrong,
          (int)written, (int)expected);
    guarded_memory_free(&labels);
    guarded_memory_free(&prepared);
    guarded_memory_free(&zeros);
    free(weights);
    feature_map_free(&output);
    feature_map_free(&input);
}

/* One channel that is no finite number is noticed, in whichever class. */
static void test_nonfinite_labels(const ank_kernels *kernels, int32_t classes, float score) {
    enum { DEPTH = 3, HEIGHT = 5, WIDTH = 21 };
    for (int32_t label = 0; label < classes; label++) {
        struct feature_map input, output;
        feature_map_create(&input, 8, ANK_FLOAT32, DEPTH, HEIGHT, WIDTH, 0, 0, GUARD_BEHIND);
        feature_map_create(&output, classes, ANK_FLOAT32, DEPTH, HEIGHT, WIDTH, 0, CANARY, GUARD_BEHIND);
        float *weights = calloc(27 * 8 * (size_t)classes, sizeof(float));
        float shift[16 * BLOCKS_MAX] = {0};
        shift[label] = score;
        struct guarded_memory zeros = guarded_memory_create(sizeof(float) * 16 * (size_t)ank_row_voxels(WIDTH), GUARD_BEHIND);
        const ank_convolution_shape shape = {3, 1, 0, 8, classes, input.count, output.count, input.blocks, output.blocks, NULL};
        struct guarded_memory prepared =
            guarded_memory_create((kernels->convolution_weights_bytes(&shape) + 63) / 64 * 64, GUARD_BEHIND);
        kernels->prepare_convolution(&shape, weights, NULL, prepared.data);
        uint8_t labels[DEPTH * HEIGHT * WIDTH];
        int32_t nonfinite = 0;
        const ank_labels box = {0, DEPTH, 0, HEIGHT, 0, WIDTH, labels, HEIGHT * WIDTH, WIDTH, 1, &nonfinite};
        ank_convolution operation = {
            .kernel = 3, .stride = 1, .height = HEIGHT, .width = WIDTH,
            .input_depth = DEPTH, .input_height = HEIGHT,
            .input_count = input.count, .output_count = output.count, .input = input.blocks, .output = output.blocks,
            .weights = prepared.data, .zero_row = zeros.data,
            .epilogue = {.shift = shift, .negative_slope = 1, .labels = &box}, .end_plane = DEPTH,
        };
        struct guarded_memory scratch =
            guarded_memory_create((kernels->convolution_scratch_bytes(&operation) + 63) / 64 * 64, GUARD_BEHIND);
        for (int64_t i = 0; i < kernels->convolution_items(&operation); i++) kernels->convolve(&operation, i, scratch.data);
        check(nonfinite == 1, "%s labels of %d classes: %g in class %d is noticed", kernels->name, classes, (double)score, label);
        guarded_memory_free(&scratch);
        guarded_memory_free(&prepared);
        guarded_memory_free(&zeros);
        free(weights);
        feature_map_free(&output);
        feature_map_free(&input);
    }
}

void test_labels(const ank_kernels *kernels, struct random_source *source) {
    const ank_block block = {NULL, 0, 16, 16, ANK_FLOAT32};
    const ank_convolution typical = {.kernel = 3, .stride = 1, .height = 4, .width = 4, .input_count = 1,
                                     .output_count = 1, .input = &block, .output = &block, .end_plane = 4};
    if (!kernels->takes_labels(&typical)) {
        check(strcmp(kernels->name, "portable") == 0, "%s convolutions take no labels", kernels->name);
        return;
    }
    static const int32_t layers[][2] = {{14, 10}, {14, 8}, {11, 10}, {32, 2}, {8, 1}, {22, 17}, {34, 34}, {16, 40}};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        for (int32_t width = 1; width <= 131; width += 1 + width / 8)
            for (int32_t format = ANK_FLOAT32; format <= ANK_BFLOAT16; format++)
                test_labels_of(kernels, (int32_t)random_below(source, 2), layers[i][0], layers[i][1], format, 1 + (int32_t)random_below(source, 9),
                               1 + (int32_t)random_below(source, 9), width, source);
    const int32_t class_counts[] = {2, 10, 17, 18};
    for (size_t i = 0; i < sizeof class_counts / sizeof *class_counts; i++) {
        test_nonfinite_labels(kernels, class_counts[i], NAN);
        test_nonfinite_labels(kernels, class_counts[i], INFINITY);
        test_nonfinite_labels(kernels, class_counts[i], -INFINITY);
    }
}
