#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_tester.h"

/* Errors are in units of the standard deviation that the output has before its activation: inputs are
 * standard normal, weights normal with deviation 1 / sqrt(taps x input channels), so a convolution's is 1,
 * times its scale; a residual and a shortcut have 1 each.
 *
 * Direct convolution adds up to 27 x 66 products one after another: rms error about
 * 2^-25 sqrt(1800) = 1.3e-6 at worst. Winograd F(4, 3) in three dimensions amplifies rounding about
 * sixfold against a short direct sum; measured rms 1.5e-6, and no single one of some million
 * outputs beyond 2e-5. F(6, 3) along W doubles that: rms 2.9e-6, 3.6e-5. */
static const double largest_error = 3e-5, rms_error = 3e-6;
static const double wide_largest_error = 6e-5, wide_rms_error = 6e-6;

struct convolution_case {
    int32_t kernel, stride, wide_tiles;
    int32_t depth, height, width;    /* of the output */
    int32_t parts, part_channels[3]; /* of the concatenated input */
    int32_t outputs, output_channels[2];
    int scale, shift, residual; /* residual 2: the output itself */
    float slope;
    int32_t first_plane, end_plane;
    int holes;     /* planes that are NULL */
    int ring;      /* planes of memory that input and output have; 0: one each */
    int reordered; /* the input's channels are those of the weights in another order */
    int32_t input_format, output_format; /* the last of several parts has the other input format if `mixed` */
    int mixed;
    int32_t added_parts, added_channels[2]; /* of the concatenated input of a shortcut; 0 parts: none */
    int32_t added_format;
    int added_in_place; /* the first of them is where the output goes */
};

static const struct convolution_case plain = {
    .kernel = 3, .stride = 1, .parts = 1, .part_channels = {16}, .outputs = 1, .output_channels = {16}, .slope = 1,
};

/* The inputs of a case in double precision with a border of one zero voxel: [channel][z][y][x]. */
struct dense {
    int64_t rows, columns, plane, channel;
    double *values;
};

static struct dense dense_create(const struct feature_map *parts, int32_t count, int32_t channels) {
    const int64_t rows = parts->height + 2, columns = parts->width + 2, planes = parts->depth + 2;
    struct dense dense = {rows, columns, rows * columns, planes * rows * columns, NULL};
    dense.values = calloc((size_t)(channels * dense.channel), sizeof(double));
    double *to = dense.values;
    for (int32_t p = 0; p < count; p++)
        for (int32_t i = 0; i < parts[p].channels; i++, to += dense.channel)
            for (int32_t z = 0; z < parts[p].depth; z++) {
                if (!parts[p].planes[0][z + 1]) continue;
                for (int32_t y = 0; y < parts[p].height; y++)
                    for (int32_t x = 0; x < parts[p].width; x++)
                        to[(z + 1) * dense.plane + (y + 1) * columns + x + 1] =
                            (double)feature_map_value(&parts[p], i, z, y, x);
            }
    return dense;
}

/* One row of a channel's sums by the definition of convolution. */
static void reference_row(int32_t kernel, int32_t stride, int32_t width, const struct dense *input,
                          const float *weights, int32_t inputs, const int32_t *order, int32_t z, int32_t y,
                          double *sums) {
    const int32_t reach = kernel / 2, taps = kernel * kernel * kernel;
    for (int32_t x = 0; x < width; x++) sums[x] = 0;
    for (int32_t i = 0; i < inputs; i++)
        for (int32_t tap = 0; tap < taps; tap++) {
            const double weight = (double)weights[(int64_t)(order ? order[i] : i) * taps + tap];
            const double *from = input->values + i * input->channel
                                 + (z * stride + tap / (kernel * kernel) - reach + 1) * input->plane
                                 + (y * stride + tap / kernel % kernel - reach + 1) * input->columns
                                 + tap % kernel - reach + 1;
            for (int32_t x = 0; x < width; x++) sums[x] += from[x * stride] * weight;
        }
}

/* The sums that an epilogue has left of `depth` planes, against those of the outputs as they are stored, in units of what
 * rounding explains: a row of tiles is added up in single precision, four rows of
 * voxels one after the other.
 * Infinite where planes that were not computed have been written to. */
static double error_of_sums(const ank_convolution *operation, int32_t depth, int64_t addends, int32_t lanes) {
    const double *left = operation->epilogue.sums;
    const double roundings = (4 * ank_row_voxels(operation->width) + 4) * 0x1p-24;
    double worst = 0;
    for (int32_t z = 0; z < depth; z++)
        for (int32_t b = 0, lane = 0; b < operation->output_count; b++)
            for (int32_t l = 0; l < operation->output[b].lanes; l++, lane++) {
                const ank_block *block = &operation->output[b];
                double sum = 0, magnitude = 0, total = 0;
                for (int64_t a = 0; a < addends; a++) total += left[(z * addends + a) * lanes + lane];
                if (z < operation->first_plane || z >= operation->end_plane) {
                    if (total != (double)CANARY * (double)addends) return INFINITY;
                    continue;
                }
                for (int32_t y = 0; y < operation->height; y++)
                    for (int32_t x = 0; x < operation->width; x++) {
                        const double value = (double)block_value(block, z, y, (int64_t)x * block->lanes + l);
                        sum += value;
                        magnitude += fabs(value);
                    }
                if (total != sum) worst = fmax(worst, fabs(total - sum) / (roundings * magnitude));
            }
    return worst;
}

static void run_case(const ank_kernels *kernels, const struct convolution_case *c, struct random_source *source) {
    const enum guard_side side = random_below(source, 2) ? GUARD_BEFORE : GUARD_BEHIND;
    const int32_t gap = random_below(source, 2) ? 0 : 4 * (int32_t)random_below(source, 5);
    const int32_t input_depth = c->stride * c->depth - (c->stride == 2 ? (int32_t)random_below(source, 2) : 0);
    const int32_t input_height = c->stride * c->height - (c->stride == 2 ? (int32_t)random_below(source, 2) : 0);
    const int32_t input_width = c->stride * c->width - (c->stride == 2 ? (int32_t)random_below(source, 2) : 0);

    struct feature_map parts[3], outputs[2], residuals[2], added[2];
    ank_block input[2 * BLOCKS_MAX], output[2 * BLOCKS_MAX], residual[2 * BLOCKS_MAX], added_input[2 * BLOCKS_MAX];
    int32_t input_count = 0, output_count = 0, residual_count = 0, inputs = 0, channels = 0;
    int32_t added_count = 0, added_inputs = 0;
    for (int32_t p = 0; p < c->parts; p++) {
        if (c->part_channels[p] == 1 && c->parts == 1)
            feature_map_create_image(&parts[p], input_depth, input_height, input_width, gap, 0, side);
        else
            feature_map_create(&parts[p], c->part_channels[p],
                               c->mixed && p + 1 == c->parts ? ANK_BFLOAT16 - c->input_format : c->input_format,
                               input_depth, input_height, input_width, gap, 0, side);
        if (c->ring) feature_map_make_ring(&parts[p], c->ring);
        feature_map_randomise(&parts[p], source);
        input_count = append_blocks(input, input_count, &parts[p]);
        inputs += c->part_channels[p];
    }
    for (int32_t b = 0; b < input_count; b++)
        if (c->holes) ((float **)input[b].planes)[(c->holes * 7 + 1) % input_depth] = NULL;
    for (int32_t o = 0; o < c->outputs; o++) {
        feature_map_create(&outputs[o], c->output_channels[o], c->output_format, c->depth, c->height, c->width, gap,
                           CANARY, side);
        if (c->ring) feature_map_make_ring(&outputs[o], c->ring);
        output_count = append_blocks(output, output_count, &outputs[o]);
        channels += c->output_channels[o];
        if (!c->residual) continue;
        feature_map_create(&residuals[o], c->output_channels[o], c->output_format, c->depth, c->height, c->width, gap,
                           0, side);
        if (c->ring) feature_map_make_ring(&residuals[o], c->ring);
        feature_map_randomise(&residuals[o], source);
        residual_count = append_blocks(residual, residual_count, &residuals[o]);
        if (c->residual == 2) feature_map_copy(&outputs[o], &residuals[o]);
    }

    for (int32_t p = 0; p < c->added_parts; p++) {
        feature_map_create(&added[p], c->added_channels[p], c->added_format, c->depth, c->height, c->width, gap, 0,
                           side);
        if (c->ring) feature_map_make_ring(&added[p], c->ring);
        feature_map_randomise(&added[p], source);
        const int in_place = c->added_in_place && p == 0;
        if (in_place) feature_map_copy(&outputs[0], &added[0]);
        added_count = append_blocks(added_input, added_count, in_place ? &outputs[0] : &added[p]);
        added_inputs += c->added_channels[p];
    }

    const int32_t kernel = c->kernel, taps = kernel * kernel * kernel;
    const double deviation = 1 / sqrt((double)taps * inputs);
    int32_t lanes = 0;
    for (int32_t b = 0; b < output_count; b++) lanes += output[b].lanes;
    float *weights = malloc(sizeof(float) * (size_t)(channels * inputs * taps));
    double *factors = malloc(sizeof(double) * (size_t)channels);
    int32_t *order = malloc(sizeof(int32_t) * (size_t)inputs);
    float *scale = malloc(sizeof(float) * (size_t)lanes), *shift = malloc(sizeof(float) * (size_t)lanes);
    for (int64_t i = 0; i < (int64_t)channels * inputs * taps; i++)
        weights[i] = (float)(deviation * random_normal(source));
    for (int32_t o = 0; o < channels; o++) factors[o] = 0.5 + random_below(source, 1000) / 1000.0;
    for (int32_t i = 0; i < inputs; i++) order[i] = c->reordered ? (i + inputs / 3) % inputs : i;
    for (int32_t l = 0; l < lanes; l++) {
        scale[l] = 0.5f + (float)random_below(source, 1000) / 1000;
        shift[l] = (float)random_normal(source);
    }
    /* Lanes without a channel carry nothing. */
    for (int32_t b = 0, lane = 0; b < output_count; lane += output[b++].lanes)
        for (int32_t l = output[b].channels; l < output[b].lanes; l++) shift[lane + l] = 0;

    const size_t zero_bytes = sizeof(float) * 16 * (size_t)ank_row_voxels(input_width);
    struct guarded_memory zeros = guarded_memory_create((zero_bytes + 63) / 64 * 64, side);
    const ank_convolution_shape shape = {kernel, c->stride, c->wide_tiles, inputs, channels, input_count, output_count,
                                         input,  output,    c->reordered ? order : NULL};
    struct guarded_memory prepared =
        guarded_memory_create((kernels->convolution_weights_bytes(&shape) + 63) / 64 * 64, side);
    kernels->prepare_convolution(&shape, weights, c->scale == 2 ? factors : NULL, prepared.data);

    float *added_weights = malloc(sizeof(float) * (size_t)(channels * added_inputs + 1));
    for (int32_t i = 0; i < channels * added_inputs; i++)
        added_weights[i] = (float)(random_normal(source) / sqrt(added_inputs));
    const ank_convolution_shape added_shape = {1, 1, 0, added_inputs, channels, added_count, output_count,
                                               added_input, output, NULL};
    const int has_shortcut = c->added_parts > 0;
    if (has_shortcut)
        check(kernels->takes_shortcut(&shape, &added_shape), "%s takes a shortcut %d->%d along", kernels->name,
              added_inputs, channels);
    struct guarded_memory added_prepared = guarded_memory_create(
        has_shortcut ? (kernels->convolution_weights_bytes(&added_shape) + 63) / 64 * 64 : 64, side);
    if (has_shortcut) kernels->prepare_convolution(&added_shape, added_weights, NULL, added_prepared.data);
    const ank_shortcut shortcut = {added_count, added_input, added_prepared.data};

    ank_convolution operation = {
        .kernel = kernel, .stride = c->stride, .wide_tiles = c->wide_tiles,
        .height = c->height, .width = c->width, .input_depth = input_depth, .input_height = input_height,
        .input_count = input_count, .output_count = output_count, .input = input, .output = output,
        .weights = prepared.data, .zero_row = zeros.data,
        .epilogue = {c->scale == 1 ? scale : NULL, c->shift ? shift : NULL,
                     c->residual == 0 ? NULL : c->residual == 1 ? residual : output, c->slope,
                     has_shortcut ? &shortcut : NULL, NULL, NULL},
        .first_plane = c->first_plane, .end_plane = c->end_plane,
    };
    const int64_t addends = kernels->convolution_sum_addends(&operation);
    const int summed = addends > 0 && random_below(source, 2);
    struct guarded_memory left_sums =
        guarded_memory_create(summed ? sizeof(double) * (size_t)(c->depth * addends * lanes) : 64, side);
    for (int64_t i = 0; summed && i < c->depth * addends * lanes; i++) ((double *)left_sums.data)[i] = (double)CANARY;
    if (summed) operation.epilogue.sums = left_sums.data;
    struct guarded_memory scratch =
        guarded_memory_create((kernels->convolution_scratch_bytes(&operation) + 63) / 64 * 64, side);
    const int64_t items = kernels->convolution_items(&operation);
    int64_t *sequence = malloc(sizeof(int64_t) * (size_t)items);
    shuffled(sequence, items, source);
    for (int64_t i = 0; i < items; i++) {
        if (i % 3 == 0) memset(scratch.data, 0xff, kernels->convolution_scratch_bytes(&operation));
        kernels->convolve(&operation, sequence[i], scratch.data);
    }

    const double worst_sum = summed ? error_of_sums(&operation, c->depth, addends, lanes) : 0;
    double worst = 0, squares = 0;
    const double largest = c->wide_tiles ? wide_largest_error : largest_error;
    int64_t voxels = 0;
    const struct dense dense = dense_create(parts, c->parts, inputs);
    const struct dense added_dense = has_shortcut ? dense_create(added, c->added_parts, added_inputs) : dense;
    double *sums = malloc(sizeof(double) * (size_t)c->width), *added_sums = malloc(sizeof(double) * (size_t)c->width);
    for (int32_t o = 0, lane = 0; o < channels; o++, lane++) {
        /* The lane of channel o among all output lanes. */
        int32_t part = 0, channel = o;
        while (channel >= outputs[part].channels) channel -= outputs[part++].channels;
        lane = 0;
        for (int32_t p = 0; p < part; p++)
            for (int32_t b = 0; b < outputs[p].count; b++) lane += outputs[p].blocks[b].lanes;
        lane += channel; /* all blocks of a map but the last are full */
        const double factor = !c->scale ? 1 : c->scale == 2 ? factors[o] : (double)scale[lane];
        const double unit = sqrt(factor * factor + (c->residual ? 1 : 0) + (has_shortcut ? 1 : 0));
        for (int32_t z = c->first_plane; z < c->end_plane; z++)
            for (int32_t y = 0; y < c->height; y++) {
                reference_row(kernel, c->stride, c->width, &dense, weights + (int64_t)o * inputs * taps, inputs, order,
                              z, y, sums);
                reference_row(1, 1, c->width, &added_dense, added_weights + (int64_t)o * added_inputs, added_inputs,
                              NULL, z, y, added_sums);
                for (int32_t x = 0; x < c->width; x++, voxels++) {
                    double sum = sums[x] * factor;
                    if (c->shift) sum += (double)shift[lane];
                    if (c->residual) sum += (double)feature_map_value(&residuals[part], channel, z, y, x);
                    sum += added_sums[x];
                    if (sum < 0) sum *= (double)c->slope;
                    const float actual = feature_map_value(&outputs[part], channel, z, y, x);
                    const double error = error_of(sum, actual, c->output_format, largest * unit) / unit;
                    if (!(error <= worst)) worst = error;
                    squares += error * error;
                }
            }
    }
    const double rms = sqrt(squares / (double)voxels);
    int kept = 1, zero = 1;
    for (int32_t o = 0; o < c->outputs; o++) {
        if (c->residual != 2 && !c->added_in_place && !c->ring) kept &= untouched(&outputs[o], c->first_plane, c->end_plane);
        zero &= zeros_written(&outputs[o], c->first_plane, c->end_plane);
    }
    check(worst_sum <= 1, "%s convolution %d->%d at %dx%dx%d planes %d-%d residual %d shortcut %d: sums of planes wrong "
          "by %.2g times what rounding explains", kernels->name, inputs, channels, c->depth, c->height, c->width,
          c->first_plane, c->end_plane, c->residual, added_inputs, worst_sum);
    check(worst <= largest && rms <= (c->wide_tiles ? wide_rms_error : rms_error) && kept && zero,
          "%s convolution k%d s%d%s %d->%d formats %d%s->%d at %dx%dx%d planes %d-%d scale %d shift %d residual %d "
          "shortcut %d format %d%s slope %g: error max %.2e rms %.2e, %s, %s",
          kernels->name, kernel, c->stride, c->wide_tiles ? " wide tiles" : "", inputs, channels, c->input_format,
          c->mixed ? " and other" : "",
          c->output_format, c->depth, c->height, c->width, c->first_plane, c->end_plane, c->scale, c->shift, c->residual, added_inputs, c->added_format,
          c->added_in_place ? " in place" : "", (double)c->slope, worst, rms,
          kept ? "nothing else written" : "OTHER VOXELS WRITTEN", zero ? "zeros written" : "ZEROS MISSING");

    free(sums);
    free(added_sums);
    if (has_shortcut) free(added_dense.values);
    free(dense.values);
    free(sequence);
    guarded_memory_free(&left_sums);
    guarded_memory_free(&scratch);
    guarded_memory_free(&added_prepared);
    free(added_weights);
    guarded_memory_free(&prepared);
    guarded_memory_free(&zeros);
    free(shift);
    free(scale);
    free(order);
    free(factors);
    free(weights);
    for (int32_t o = 0; o < c->outputs; o++) {
        feature_map_free(&outputs[o]);
        if (c->residual) feature_map_free(&residuals[o]);
    }
    for (int32_t p = 0; p < c->parts; p++) feature_map_free(&parts[p]);
    for (int32_t p = 0; p < c->added_parts; p++) feature_map_free(&added[p]);
}

/* A 1x1x1 convolution of a concatenation that overwrites some of its input blocks gives the bits that
 * it gives elsewhere. `places`: which input block each output block takes. */
static void test_in_place(const ank_kernels *kernels, const int32_t parts[2], int32_t outputs, const int32_t *places,
                          int32_t format, int32_t width, struct random_source *source) {
    const enum guard_side side = random_below(source, 2) ? GUARD_BEFORE : GUARD_BEHIND;
    const int32_t depth = 2, height = 5, inputs = parts[0] + parts[1];
    struct feature_map map[2], elsewhere;
    ank_block input[2 * BLOCKS_MAX], output[BLOCKS_MAX];
    int32_t input_count = 0;
    for (int p = 0; p < 2; p++) {
        feature_map_create(&map[p], parts[p], format, depth, height, width, 0, 0, side);
        feature_map_randomise(&map[p], source);
        input_count = append_blocks(input, input_count, &map[p]);
    }
    feature_map_create(&elsewhere, outputs, format, depth, height, width, 0, CANARY, side);
    for (int32_t b = 0; b < elsewhere.count; b++) {
        output[b] = input[places[b]];
        output[b].channels = elsewhere.blocks[b].channels;
    }
    float *weights = malloc(sizeof(float) * (size_t)(inputs * outputs));
    for (int32_t i = 0; i < inputs * outputs; i++) weights[i] = (float)(random_normal(source) / sqrt(inputs));
    struct guarded_memory zeros = guarded_memory_create(sizeof(float) * 16 * (size_t)ank_row_voxels(width), side);
    const ank_convolution_shape shape = {1, 1, 0, inputs, outputs, input_count, elsewhere.count, input, output, NULL};
    struct guarded_memory prepared =
        guarded_memory_create((kernels->convolution_weights_bytes(&shape) + 63) / 64 * 64, side);
    kernels->prepare_convolution(&shape, weights, NULL, prepared.data);
    ank_convolution operation = {
        .kernel = 1, .stride = 1, .height = height, .width = width, .input_depth = depth, .input_height = height,
        .input_count = input_count, .output_count = elsewhere.count, .input = input, .output = elsewhere.blocks,
        .weights = prepared.data, .zero_row = zeros.data, .epilogue = {.negative_slope = 0.01f},
        .first_plane = 0, .end_plane = depth,
    };
    struct guarded_memory scratch =
        guarded_memory_create((kernels->convolution_scratch_bytes(&operation) + 63) / 64 * 64, side);
    const int64_t items = kernels->convolution_items(&operation);
    for (int64_t i = 0; i < items; i++) kernels->convolve(&operation, i, scratch.data);
    operation.output = output;
    for (int64_t i = items - 1; i >= 0; i--) kernels->convolve(&operation, i, scratch.data);
    int64_t different = 0;
    for (int32_t b = 0; b < elsewhere.count; b++)
        for (int32_t z = 0; z < depth; z++)
            for (int32_t y = 0; y < height; y++)
                for (int64_t i = -output[b].lanes; i < (ank_row_voxels(width) - 1) * output[b].lanes; i++)
                    different += block_value(&output[b], z, y, i) != block_value(&elsewhere.blocks[b], z, y, i);
    check(different == 0, "%s 1x1x1 convolution %d+%d->%d in place, format %d, width %d: %d values differ",
          kernels->name, parts[0], parts[1], outputs, format, width, (int)different);
    guarded_memory_free(&scratch);
    guarded_memory_free(&prepared);
    guarded_memory_free(&zeros);
    free(weights);
    feature_map_free(&elsewhere);
    for (int p = 0; p < 2; p++) feature_map_free(&map[p]);
}

/* Runs a case in every combination of formats, images being float32, and with either tiles where wide ones are taken. */
static void run_formats(const ank_kernels *kernels, const struct convolution_case *c, struct random_source *source) {
    const int image = c->parts == 1 && c->part_channels[0] == 1;
    const int has_wide = strcmp(kernels->name, "avx512") == 0 && c->kernel == 3 && c->stride == 1;
    struct convolution_case formatted = *c;
    for (int32_t input = ANK_FLOAT32; input <= (image ? ANK_FLOAT32 : ANK_BFLOAT16); input++)
        for (int32_t output = ANK_FLOAT32; output <= ANK_BFLOAT16; output++) {
            formatted.input_format = input;
            formatted.output_format = output;
            formatted.wide_tiles = has_wide ? 0 : (int32_t)random_below(source, 2);
            run_case(kernels, &formatted, source);
            formatted.wide_tiles = 1;
            if (has_wide) run_case(kernels, &formatted, source);
        }
}

static void with_size(struct convolution_case *c, int32_t depth, int32_t height, int32_t width) {
    c->depth = depth;
    c->height = height;
    c->width = width;
    c->first_plane = 0;
    c->end_plane = depth;
}

static void with_random_epilogue(struct convolution_case *c, struct random_source *source) {
    static const float slopes[] = {1, 0, 0.01f};
    c->scale = (int)random_below(source, 3);
    c->shift = (int)random_below(source, 2);
    c->residual = (int)random_below(source, 3);
    c->slope = slopes[random_below(source, 3)];
}

static void with_channels(struct convolution_case *c, int32_t inputs, int32_t outputs) {
    c->parts = c->outputs = 1;
    c->part_channels[0] = inputs;
    c->output_channels[0] = outputs;
}

/* Shortcuts of every projection of the networks, as maps of their own and where the output goes; with
 * every remainder of a tile, in every format, over parts of the planes. */
static void test_shortcuts(const ank_kernels *kernels, struct random_source *source) {
    const ank_block block = {NULL, 0, 16, 16, ANK_FLOAT32};
    const ank_convolution_shape shape = {3, 1, 0, 16, 16, 1, 1, &block, &block, NULL};
    const ank_convolution_shape projection = {1, 1, 0, 16, 16, 1, 1, &block, &block, NULL};
    if (!kernels->takes_shortcut(&shape, &projection)) {
        check(strcmp(kernels->name, "portable") == 0, "%s convolutions take no shortcuts", kernels->name);
        return;
    }
    static const struct {
        int32_t inputs, added_parts, added[2], outputs;
    } layers[] = {
        {30, 1, {28}, 30}, {32, 1, {30}, 32}, {34, 1, {32}, 34}, {32, 2, {34, 32}, 32}, {30, 2, {32, 30}, 30},
        {28, 2, {30, 28}, 28}, {14, 1, {15}, 14}, {40, 2, {56, 48}, 40}, {8, 1, {3}, 8}, {112, 1, {96}, 112},
    };
    struct convolution_case c;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        for (int32_t size = 0; size < 14; size++)
            for (int32_t formats = 0; formats < 8; formats++) {
                c = plain;
                with_size(&c, 1 + size % 6, 1 + (size + formats) % 7, size < 9 ? 1 + size : 7 * size - 5);
                with_channels(&c, layers[i].inputs, layers[i].outputs);
                with_random_epilogue(&c, source);
                c.residual = 0;
                c.added_parts = layers[i].added_parts;
                memcpy(c.added_channels, layers[i].added, sizeof c.added_channels);
                c.input_format = formats & 1;
                c.output_format = formats >> 1 & 1;
                c.added_format = formats >> 2;
                if (c.depth > 4 && random_below(source, 2)) c.first_plane = 4;
                c.wide_tiles = (size + formats) % 2;
                run_case(kernels, &c, source);
                if (c.added_format != c.output_format) continue;
                c.added_in_place = 1;
                c.added_channels[0] = c.output_channels[0];
                run_case(kernels, &c, source);
            }
}

void test_convolutions(const ank_kernels *kernels, struct random_source *source) {
    struct convolution_case c;

    /* Every remainder of a tile along each axis, from 1x1x1, with every epilogue. */
    for (int32_t depth = 1; depth <= 6; depth++)
        for (int32_t height = 1; height <= 6; height++)
            for (int32_t width = 1; width <= 13; width++) {
                c = plain;
                with_size(&c, depth, height, width);
                with_channels(&c, 1 + (int32_t)random_below(source, 20), 1 + (int32_t)random_below(source, 20));
                if (c.part_channels[0] == 1) c.part_channels[0] = 2;
                with_random_epilogue(&c, source);
                run_formats(kernels, &c, source);
            }

    /* Every epilogue. */
    for (int scale = 0; scale < 3; scale++)
        for (int shift = 0; shift < 2; shift++)
            for (int residual = 0; residual < 3; residual++)
                for (int slope = 0; slope < 3; slope++) {
                    c = plain;
                    with_size(&c, 3, 5, 7);
                    with_channels(&c, 15, 14);
                    c.scale = scale;
                    c.shift = shift;
                    c.residual = residual;
                    c.slope = slope == 0 ? 1 : slope == 1 ? 0 : 0.01f;
                    run_formats(kernels, &c, source);
                }

    /* Every channel count of the networks that has a shape of its own. */
    static const struct {
        int32_t parts, inputs[3], outputs, channels[2];
    } layers[] = {
        {1, {28}, 1, {28}}, {1, {28}, 1, {30}}, {1, {30}, 1, {30}}, {1, {30}, 1, {32}}, {1, {32}, 1, {32}},
        {1, {32}, 1, {34}}, {1, {34}, 1, {34}}, {2, {34, 32}, 1, {32}}, {2, {32, 30}, 1, {30}},
        {2, {30, 28}, 1, {28}}, {1, {15}, 1, {14}}, {1, {15}, 2, {14, 14}}, {1, {14}, 1, {14}}, {1, {14}, 1, {10}},
        {1, {22}, 1, {22}}, {1, {11}, 1, {14}}, {1, {28}, 1, {32}}, {1, {32}, 1, {36}}, {1, {36}, 1, {36}},
        {1, {36}, 1, {40}}, {1, {40}, 1, {40}}, {2, {40, 36}, 1, {36}}, {2, {40, 36}, 2, {36, 36}},
        {2, {36, 32}, 1, {32}}, {2, {32, 28}, 2, {28, 28}}, {1, {40}, 1, {48}}, {1, {48}, 1, {56}},
        {1, {56}, 1, {56}}, {2, {56, 48}, 1, {48}}, {2, {8, 40}, 1, {8}}, {1, {17}, 1, {16}}, {1, {16}, 1, {10}},
        {2, {1, 16}, 1, {16}}, {2, {14, 15}, 1, {14}}, {1, {96}, 1, {112}}, {2, {24, 8}, 2, {8, 24}}, {1, {64}, 1, {128}},
    };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        for (int size = 0; size < 2; size++) {
            c = plain;
            with_size(&c, size ? 5 : 2, size ? 6 : 3, size ? 9 : 70);
            c.parts = layers[i].parts;
            memcpy(c.part_channels, layers[i].inputs, sizeof c.part_channels);
            c.outputs = layers[i].outputs;
            memcpy(c.output_channels, layers[i].channels, sizeof c.output_channels);
            with_random_epilogue(&c, source);
            c.reordered = size;
            run_formats(kernels, &c, source);
        }

    /* Parts in different formats; 1x1x1 too. */
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        for (int32_t kernel = 1; kernel <= 3 && layers[i].parts > 1; kernel += 2) {
            c = plain;
            c.kernel = kernel;
            with_size(&c, 2, 6, 21);
            c.parts = layers[i].parts;
            memcpy(c.part_channels, layers[i].inputs, sizeof c.part_channels);
            with_random_epilogue(&c, source);
            c.mixed = 1;
            run_formats(kernels, &c, source);
        }

    /* Every number of tiles in a row block. */
    for (int32_t tiles = 1; tiles <= 35; tiles++) {
        c = plain;
        with_size(&c, 1 + (int32_t)random_below(source, 4), 9, 6 * tiles - (int32_t)random_below(source, 6));
        static const int32_t channels[][2] = {{16, 32}, {16, 16}, {10, 6}, {8, 24}, {4, 40}, {9, 48}};
        const int32_t pick = (int32_t)random_below(source, 6);
        with_channels(&c, channels[pick][0], channels[pick][1]);
        with_random_epilogue(&c, source);
        run_formats(kernels, &c, source);
    }

    /* One or two outputs beyond pairs of vectors, and one too many for that, from full and from partly used blocks,
     * with every remainder of four tiles. */
    static const struct {
        int32_t parts, channels[3];
    } inputs[] = {{1, {8}}, {1, {18}}, {1, {34}}, {2, {34, 30}}, {2, {5, 34}}, {1, {2}}};
    static const int32_t outputs[] = {1, 2, 3, 17, 18, 33, 34, 35};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        for (size_t o = 0; o < sizeof outputs / sizeof *outputs; o++)
            for (int32_t tiles = 1; tiles <= 6; tiles++) {
                c = plain;
                with_size(&c, 1 + (int32_t)random_below(source, 4), 5, 6 * tiles - (int32_t)random_below(source, 6));
                with_channels(&c, 0, outputs[o]);
                c.parts = inputs[i].parts;
                memcpy(c.part_channels, inputs[i].channels, sizeof c.part_channels);
                with_random_epilogue(&c, source);
                run_formats(kernels, &c, source);
            }

    /* Parts of the planes, and planes that are zero. */
    for (int32_t first = 0; first < 12; first += 4)
        for (int32_t end = first + 1; end <= 13; end++) {
            c = plain;
            with_size(&c, 13, 5, 6);
            with_random_epilogue(&c, source);
            c.first_plane = first;
            c.end_plane = end;
            c.holes = (int)random_below(source, 4);
            run_formats(kernels, &c, source);
        }

    /* Rings of planes: what a slab of four reads and writes. */
    for (int32_t first = 0; first < 20; first += 4) {
        c = plain;
        with_size(&c, 19, 5, 6);
        with_channels(&c, 28, 14);
        with_random_epilogue(&c, source);
        c.ring = 8;
        c.first_plane = first;
        c.end_plane = first + 4 > 19 ? 19 : first + 4;
        run_formats(kernels, &c, source);
    }

    test_shortcuts(kernels, source);

    /* 1x1x1 and stride 2, from an image and from feature maps. */
    static const int32_t others[][4] = {
        {1, 1, 28, 30}, {1, 1, 34, 8}, {1, 1, 1, 11}, {1, 1, 15, 14}, {1, 1, 66, 32}, {1, 1, 32, 34}, {1, 1, 18, 17}, {3, 2, 1, 28}, {3, 2, 1, 22},
        {3, 2, 1, 64},  {3, 2, 1, 34}, {3, 2, 18, 33},  {3, 2, 48, 96}, {3, 2, 16, 8}, {3, 1, 1, 16},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        for (int32_t width = 1; width <= 33; width += 1 + width / 6) {
            c = plain;
            c.kernel = others[i][0];
            c.stride = others[i][1];
            with_size(&c, 1 + (int32_t)random_below(source, 5), 1 + (int32_t)random_below(source, 5), width);
            with_channels(&c, others[i][2], others[i][3]);
            with_random_epilogue(&c, source);
            run_formats(kernels, &c, source);
        }

    /* 1x1x1 in the place of its inputs: of the last part, of the first blocks, and crosswise. */
    static const struct {
        int32_t parts[2], outputs, places[3];
    } in_place[] = {
        {{40, 24}, 20, {3, 4}}, {{34, 32}, 32, {3, 4}}, {{34, 32}, 32, {4, 0}}, {{30, 28}, 30, {1, 0}},
        {{32, 16}, 48, {2, 0, 1}}, {{8, 16}, 8, {0}},
    };
    for (size_t i = 0; i < sizeof in_place / sizeof *in_place; i++)
        for (int32_t width = 1; width <= 40; width += 1 + width / 5)
            for (int32_t format = ANK_FLOAT32; format <= ANK_BFLOAT16; format++)
                test_in_place(kernels, in_place[i].parts, in_place[i].outputs, in_place[i].places, format, width,
                              source);
}
