#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_tester.h"

static int32_t all_lanes(const ank_block *blocks, int32_t count) {
    int32_t lanes = 0;
    for (int32_t b = 0; b < count; b++) lanes += blocks[b].lanes;
    return lanes;
}

/* Per-lane values, zero in the lanes of `map` that carry no channel. */
static float *lane_values(const struct feature_map *map, struct random_source *source) {
    float *values = calloc((size_t)all_lanes(map->blocks, map->count), sizeof *values);
    for (int32_t b = 0, lane = 0; b < map->count; lane += map->blocks[b++].lanes)
        for (int32_t l = 0; l < map->blocks[b].channels; l++) values[lane + l] = (float)random_normal(source);
    return values;
}

static double activated(double v, double slope) { return v > slope * v ? v : slope * v; }

struct formats {
    int32_t input, output;
};

/* Sums of up to 96 products with standard deviation about 1 each way. */
static const double sum_error = 4e-6;

static void test_transposed(const ank_kernels *kernels, int32_t inputs, int32_t outputs, int appended, float slope,
                            struct formats formats, int32_t depth, int32_t height, int32_t width,
                            struct random_source *source) {
    const enum guard_side side = random_below(source, 2) ? GUARD_BEFORE : GUARD_BEHIND;
    const int32_t gap = 4 * (int32_t)random_below(source, 3);
    struct feature_map input, output, image;
    feature_map_create(&input, inputs, formats.input, (depth + 1) / 2, (height + 1) / 2, (width + 1) / 2, gap, 0, side);
    feature_map_randomise(&input, source);
    /* A block of all outputs and the appended channel. */
    feature_map_create(&output, outputs + appended, formats.output, depth, height, width, gap, CANARY, side);
    feature_map_create_image(&image, depth, height, width, gap, 0, side);
    feature_map_randomise(&image, source);
    struct ank_block *last = &output.blocks[output.count - 1];
    last->channels -= appended;
    float *weights = malloc(sizeof(float) * 8 * (size_t)(inputs * outputs));
    for (int32_t i = 0; i < 8 * inputs * outputs; i++) weights[i] = (float)(random_normal(source) / sqrt(inputs));
    float *shift = lane_values(&output, source);
    struct guarded_memory prepared =
        guarded_memory_create((kernels->transposed_weights_bytes(inputs, outputs) + 63) / 64 * 64, side);
    kernels->prepare_transposed(inputs, outputs, weights, prepared.data);
    const int32_t first = random_below(source, 2) && depth > 2 ? 2 : 0;
    const int32_t end = depth - (depth > first + 1 ? (int32_t)random_below(source, 2) : 0);
    const ank_transposed_convolution operation = {
        height, width, input.count, output.count, input.blocks, output.blocks, prepared.data, shift,
        appended ? image.blocks : NULL, slope, first, end,
    };
    const int64_t items = kernels->transposed_items(&operation);
    int64_t *sequence = malloc(sizeof(int64_t) * (size_t)items);
    shuffled(sequence, items, source);
    for (int64_t i = 0; i < items; i++) kernels->convolve_transposed(&operation, sequence[i]);
    last->channels += appended;

    double worst = 0;
    for (int32_t o = 0; o < outputs + appended; o++)
        for (int32_t z = first; z < end; z++)
            for (int32_t y = 0; y < height; y++)
                for (int32_t x = 0; x < width; x++) {
                    double expected;
                    if (o < outputs) {
                        double sum = (double)shift[o];
                        const int32_t tap = z % 2 * 4 + y % 2 * 2 + x % 2;
                        for (int32_t i = 0; i < inputs; i++)
                            sum += (double)feature_map_value(&input, i, z / 2, y / 2, x / 2)
                                   * (double)weights[(i * outputs + o) * 8 + tap];
                        expected = activated(sum, (double)slope);
                    } else {
                        expected = (double)feature_map_value(&image, 0, z, y, x);
                    }
                    const double error =
                        error_of(expected, feature_map_value(&output, o, z, y, x), formats.output, sum_error);
                    if (!(error <= worst)) worst = error;
                }
    check(worst <= sum_error && untouched(&output, first, end) && zeros_written(&output, first, end),
          "%s transposed %d->%d%s formats %d->%d at %dx%dx%d: error %.2e", kernels->name, inputs, outputs,
          appended ? "+1" : "", formats.input, formats.output, depth, height, width, worst);
    free(sequence);
    free(shift);
    free(weights);
    guarded_memory_free(&prepared);
    feature_map_free(&image);
    feature_map_free(&output);
    feature_map_free(&input);
}

/* Three roundings of values below 16. */
static const double affine_error = 3e-6;

static void test_affine(const ank_kernels *kernels, int32_t channels, int residual, int in_place, float slope,
                        struct formats formats, int32_t depth, int32_t height, int32_t width, struct random_source *source) {
    const enum guard_side side = random_below(source, 2) ? GUARD_BEFORE : GUARD_BEHIND;
    struct feature_map input, output, added;
    feature_map_create(&input, channels, formats.input, depth, height, width, 0, 0, side);
    feature_map_randomise(&input, source);
    feature_map_create(&output, channels, formats.output, depth, height, width, 8, CANARY, side);
    in_place = in_place && formats.input == formats.output;
    if (in_place) feature_map_copy(&output, &input);
    feature_map_create(&added, channels, formats.output, depth, height, width, 0, 0, side);
    feature_map_randomise(&added, source);
    float *scale = lane_values(&input, source), *shift = lane_values(&input, source);
    const int32_t first = depth > 1 && random_below(source, 2), end = depth;
    const ank_affine operation = {height, width, input.count, in_place ? output.blocks : input.blocks,
                                  output.blocks, scale, shift, residual ? added.blocks : NULL, slope, first, end};
    for (int64_t i = kernels->affine_items(&operation) - 1; i >= 0; i--) kernels->apply_affine(&operation, i);
    double worst = 0;
    for (int32_t c = 0; c < channels; c++)
        for (int32_t z = first; z < end; z++)
            for (int32_t y = 0; y < height; y++)
                for (int32_t x = 0; x < width; x++) {
                    double v = (double)scale[c] * (double)feature_map_value(&input, c, z, y, x) + (double)shift[c];
                    if (residual) v += (double)feature_map_value(&added, c, z, y, x);
                    const double error = error_of(activated(v, (double)slope), feature_map_value(&output, c, z, y, x),
                                                  formats.output, affine_error);
                    if (!(error <= worst)) worst = error;
                }
    check(worst <= affine_error && (in_place || untouched(&output, first, end)) && zeros_written(&output, first, end),
          "%s affine of %d channels formats %d->%d at %dx%dx%d residual %d%s: error %.2e", kernels->name, channels,
          formats.input, formats.output, depth, height, width, residual, in_place ? " in place" : "", worst);
    free(shift);
    free(scale);
    feature_map_free(&added);
    feature_map_free(&output);
    feature_map_free(&input);
}

static void test_plane_sums(const ank_kernels *kernels, int32_t channels, int squares, int is_known, int32_t format,
                            int32_t depth, int32_t height, int32_t width, struct random_source *source) {
    const enum guard_side side = random_below(source, 2) ? GUARD_BEFORE : GUARD_BEHIND;
    struct feature_map input;
    feature_map_create(&input, channels, format, depth, height, width, 4, 0, side);
    feature_map_randomise(&input, source);
    struct guarded_memory sums = guarded_memory_create(sizeof(double) * 9 * 16 * (size_t)depth, side);
    struct guarded_memory square_sums = guarded_memory_create(sizeof(double) * 16 * (size_t)depth, side);
    /* What a convolution would have left: a sum in two addends, among the lanes of another block. */
    enum { ADDENDS = 2, OTHER_LANES = 8 };
    const int32_t lanes = OTHER_LANES + input.blocks->lanes;
    double *known = calloc((size_t)(depth * ADDENDS * lanes), sizeof *known);
    for (int32_t z = 0; is_known && z < depth; z++)
        for (int32_t y = 0; y < height; y++)
            for (int32_t x = 0; x < width; x++)
                for (int32_t c = 0; c < channels; c++)
                    known[(z * ADDENDS + (x + y) % ADDENDS) * lanes + OTHER_LANES + c] +=
                        (double)feature_map_value(&input, c, z, y, x);
    const ank_plane_sums operation = {
        .height = height, .width = width, .input = input.blocks, .sums = sums.data,
        .squares = squares ? square_sums.data : NULL, .known = is_known ? known + OTHER_LANES : NULL,
        .known_addends = ADDENDS, .known_lanes = lanes, .first_plane = 0, .end_plane = depth,
    };
    for (int64_t i = kernels->plane_sums_items(&operation) - 1; i >= 0; i--) kernels->sum_planes(&operation, i);
    /* A row is added up in single precision in four chains, which are then joined and reduced by a
     * border voxel (of magnitude 6 at most): (width / 4 + 3) roundings of the sum of magnitudes. */
    const double roundings = (width / 4 + 3) * 0x1p-24;
    double worst = 0;
    for (int32_t z = 0; z < depth; z++)
        for (int32_t c = 0; c < channels; c++) {
            double square = 0;
            for (int32_t tap = 0; tap < 9; tap++) {
                double sum = 0, magnitude = 0;
                const int32_t ky = tap / 3, kx = tap % 3;
                for (int32_t y = ky == 2; y < height - (ky == 0); y++)
                    for (int32_t x = kx == 2; x < width - (kx == 0); x++) {
                        const double v = (double)feature_map_value(&input, c, z, y, x);
                        sum += v;
                        magnitude += fabs(v);
                        if (tap == 4) square += v * v;
                    }
                const double allowed = roundings * (magnitude + 6 * height);
                worst = fmax(worst, fabs(sum - ((double *)sums.data)[(z * 9 + tap) * 16 + c]) / allowed);
            }
            if (squares)
                worst = fmax(worst, fabs(square - ((double *)square_sums.data)[z * 16 + c]) / (roundings * square));
        }
    check(worst <= 1, "%s plane sums of %d channels%s format %d at %dx%dx%d: error %.2g times what rounding explains",
          kernels->name, channels, is_known ? " from known ones" : "", format, depth, height, width, worst);
    free(known);
    guarded_memory_free(&square_sums);
    guarded_memory_free(&sums);
    feature_map_free(&input);
}

static void test_classification(const ank_kernels *kernels, int32_t classes, int wanted, int32_t format, int32_t depth,
                                int32_t height, int32_t width, struct random_source *source) {
    const enum guard_side side = random_below(source, 2) ? GUARD_BEFORE : GUARD_BEHIND;
    struct feature_map logits;
    feature_map_create(&logits, classes, format, depth, height, width, 0, 0, side);
    feature_map_randomise(&logits, source);
    /* Ties, and differences beyond what the exponential can hold. */
    for (int32_t x = 0; x < width; x += 3)
        for (int32_t c = 0; c < classes; c += 2) feature_map_set(&logits, c, depth - 1, 0, x, 3);
    for (int32_t x = 1; x < width; x += 3) feature_map_set(&logits, classes - 1, depth - 1, 0, x, 200);

    /* The outputs cover a corner of the logits, as where padding is cropped away. */
    const int32_t rows = height - (height > 2), columns = width - (width > 3);
    const int32_t first = depth > 1, planes = depth - first;
    const size_t voxels = (size_t)planes * (size_t)rows * (size_t)columns;
    struct guarded_memory labels = guarded_memory_create(voxels, side), probabilities[40];
    float *pointers[40];
    for (int32_t c = 0; c < classes; c++) {
        probabilities[c] = guarded_memory_create(sizeof(float) * voxels, side);
        pointers[c] = wanted == 2 && c % 3 == 1 ? NULL : probabilities[c].data;
    }
    int32_t nonfinite = 0;
    const ank_classification operation = {rows, columns, classes, logits.count, logits.blocks,
                                          wanted == 3 ? NULL : labels.data, wanted ? pointers : NULL, &nonfinite,
                                          first, depth};
    for (int64_t i = kernels->classification_items(&operation) - 1; i >= 0; i--) kernels->classify(&operation, i);
    check(nonfinite == 0, "%s %d classes: logits are finite", kernels->name, classes);
    int wrong = 0;
    double worst = 0;
    size_t place = 0;
    for (int32_t z = first; z < depth; z++)
        for (int32_t y = 0; y < rows; y++)
            for (int32_t x = 0; x < columns; x++, place++) {
                int32_t label = 0;
                double total = 0;
                for (int32_t c = 1; c < classes; c++)
                    if (feature_map_value(&logits, c, z, y, x) > feature_map_value(&logits, label, z, y, x)) label = c;
                const double best = (double)feature_map_value(&logits, label, z, y, x);
                for (int32_t c = 0; c < classes; c++) total += exp((double)feature_map_value(&logits, c, z, y, x) - best);
                if (wanted != 3) wrong += ((uint8_t *)labels.data)[place] != label;
                for (int32_t c = 0; wanted && c < classes; c++) {
                    if (!pointers[c]) continue;
                    const double p = exp((double)feature_map_value(&logits, c, z, y, x) - best) / total;
                    const double error = fabs(p - (double)pointers[c][place]);
                    if (!(error <= worst)) worst = error;
                }
            }
    /* One logit that is no finite number is noticed. */
    const float nonfinite_values[] = {NAN, INFINITY, -INFINITY};
    feature_map_set(&logits, (int32_t)random_below(source, (uint32_t)classes), first, 0,
                    (int32_t)random_below(source, (uint32_t)columns), nonfinite_values[random_below(source, 3)]);
    for (int64_t i = kernels->classification_items(&operation) - 1; i >= 0; i--) kernels->classify(&operation, i);
    check(nonfinite == 1, "%s %d classes: a logit that is not finite is noticed", kernels->name, classes);
    check(wrong == 0 && worst <= 5e-7, "%s %d classes format %d at %dx%dx%d outputs %d: %d wrong labels, probabilities off by %.2e",
          kernels->name, classes, format, depth, height, width, wanted, wrong, worst);
    for (int32_t c = 0; c < classes; c++) guarded_memory_free(&probabilities[c]);
    guarded_memory_free(&labels);
    feature_map_free(&logits);
}

void test_voxelwise(const ank_kernels *kernels, struct random_source *source) {
    static const struct formats formats[] = {
        {ANK_FLOAT32, ANK_FLOAT32}, {ANK_FLOAT32, ANK_BFLOAT16}, {ANK_BFLOAT16, ANK_FLOAT32},
        {ANK_BFLOAT16, ANK_BFLOAT16},
    };
    static const int32_t transposed[][3] = {
        {28, 14, 1}, {22, 11, 0}, {22, 11, 1}, {32, 16, 1}, {96, 48, 0}, {48, 24, 1}, {64, 32, 1}, {8, 7, 1},
        {17, 5, 0}, {200, 3, 0},
    };
    for (size_t i = 0; i < sizeof transposed / sizeof *transposed; i++)
        for (int32_t width = 1; width <= 160; width += 1 + width / 4)
            for (int f = 0; f < 4; f++)
                test_transposed(kernels, transposed[i][0], transposed[i][1], transposed[i][2],
                                random_below(source, 2) ? 1 : 0.01f, formats[f], 1 + (int32_t)random_below(source, 5),
                                1 + (int32_t)random_below(source, 6), width, source);
    for (int32_t channels = 1; channels <= 40; channels += 1 + channels / 6)
        for (int32_t width = 1; width <= 9; width++)
            for (int f = 0; f < 4; f++)
                test_affine(kernels, channels, (int)random_below(source, 2), (int)random_below(source, 2),
                            random_below(source, 2) ? 0 : 0.01f, formats[f], 1 + (int32_t)random_below(source, 3),
                            1 + (int32_t)random_below(source, 4), width, source);
    for (int32_t format = ANK_FLOAT32; format <= ANK_BFLOAT16; format++) {
        for (int32_t channels = 1; channels <= 16; channels += 5)
            for (int32_t width = 1; width <= 130; width += 1 + width / 3)
                for (int32_t height = 1; height <= 5; height++) {
                    test_plane_sums(kernels, channels, height % 2, 0, format, 2, height, width, source);
                    test_plane_sums(kernels, channels, 0, 1, format, 2, height, width, source);
                }
        for (int32_t classes = 1; classes <= 37; classes += 1 + classes / 5)
            for (int32_t width = 1; width <= 35; width += 1 + width / 5)
                test_classification(kernels, classes, (int)random_below(source, 4), format,
                                    1 + (int32_t)random_below(source, 3), 1 + (int32_t)random_below(source, 6), width,
                                    source);
    }
}

/* Rounding to bfloat16 bit by bit: every upper half with the lower halves that decide. An affine step
 * that changes nothing stores them. */
void test_rounding(const ank_kernels *kernels) {
    static const uint32_t lower[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    enum { LOWER = sizeof lower / sizeof *lower, UPPER = 65536, CHANNELS = 24 };
    const float one[CHANNELS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    float minus_zero[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) minus_zero[c] = -0.0f; /* what a zero of either sign outlasts */
    const int32_t width = (LOWER * UPPER + CHANNELS - 1) / CHANNELS;
    struct feature_map input, output;
    feature_map_create(&input, CHANNELS, ANK_FLOAT32, 1, 1, width, 0, 0, GUARD_BEHIND);
    feature_map_create(&output, CHANNELS, ANK_BFLOAT16, 1, 1, width, 0, 0, GUARD_BEHIND);
    for (int32_t i = 0; i < LOWER * UPPER; i++) {
        const uint32_t bits = (uint32_t)(i / LOWER) << 16 | lower[i % LOWER];
        float value;
        memcpy(&value, &bits, sizeof value);
        feature_map_set(&input, i % CHANNELS, 0, 0, i / CHANNELS, value);
    }
    const ank_affine operation = {1, width, input.count, input.blocks, output.blocks, one, minus_zero, NULL,
                                  1, 0, 1};
    kernels->apply_affine(&operation, 0);
    int32_t wrong = 0;
    for (int32_t i = 0; i < LOWER * UPPER; i++) {
        const float value = feature_map_value(&input, i % CHANNELS, 0, 0, i / CHANNELS);
        const float actual = feature_map_value(&output, i % CHANNELS, 0, 0, i / CHANNELS);
        const float expected = nearest_bfloat16(value);
        wrong += isnan(value) ? !isnan(actual) : memcmp(&actual, &expected, sizeof actual) != 0;
    }
    check(wrong == 0, "%s rounds %d of %d values wrongly to bfloat16", kernels->name, (int)wrong, LOWER * UPPER);
    feature_map_free(&output);
    feature_map_free(&input);
}
