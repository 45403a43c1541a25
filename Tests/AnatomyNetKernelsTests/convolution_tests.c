#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_tester.h"

/* Errors are in units of the standard deviation that the sum has: inputs are standard normal,
 * weights normal with deviation 1 / sqrt(taps x input channels), so that is 1.
 *
 * Direct convolution adds up to 27 x 66 products one after another: rms error about
 * 2^-25 sqrt(1800) = 1.3e-6 at worst. Winograd F(4, 3) in three dimensions amplifies rounding about
 * sixfold against a short direct sum; measured rms 1.5e-6, and no single one of some million
 * outputs beyond 2e-5. */
static const double largest_error = 3e-5, rms_error = 3e-6;

struct convolution_case {
    int32_t kernel, stride;
    int32_t depth, height, width;    /* of the output */
    int32_t parts, part_channels[3]; /* of the concatenated input */
    int32_t outputs, output_channels[2];
    int scale, shift, residual; /* residual 2: the output itself */
    float slope;
    int32_t first_plane, end_plane;
    int holes;     /* planes that are NULL */
    int reordered; /* the input's channels are those of the weights in another order */
};

static const struct convolution_case plain = {
    .kernel = 3, .stride = 1, .parts = 1, .part_channels = {16}, .outputs = 1, .output_channels = {16}, .slope = 1,
};

static double weight_at(const float *weights, int32_t inputs, int32_t kernel, int32_t o, int32_t i, int32_t tap) {
    return weights[((int64_t)o * inputs + i) * kernel * kernel * kernel + tap];
}

static void run_case(const ank_kernels *kernels, const struct convolution_case *c, struct random_source *source) {
    const enum guard_side side = random_below(source, 2) ? GUARD_BEFORE : GUARD_BEHIND;
    const int32_t gap = random_below(source, 2) ? 0 : 4 * (int32_t)random_below(source, 5);
    const int32_t input_depth = c->stride * c->depth - (c->stride == 2 ? (int32_t)random_below(source, 2) : 0);
    const int32_t input_height = c->stride * c->height - (c->stride == 2 ? (int32_t)random_below(source, 2) : 0);
    const int32_t input_width = c->stride * c->width - (c->stride == 2 ? (int32_t)random_below(source, 2) : 0);

    struct feature_map parts[3], outputs[2], residuals[2];
    ank_block input[2 * BLOCKS_MAX], output[2 * BLOCKS_MAX], residual[2 * BLOCKS_MAX];
    int32_t input_count = 0, output_count = 0, residual_count = 0, inputs = 0, channels = 0;
    for (int32_t p = 0; p < c->parts; p++) {
        if (c->part_channels[p] == 1 && c->parts == 1)
            feature_map_create_image(&parts[p], input_depth, input_height, input_width, gap, 0, side);
        else
            feature_map_create(&parts[p], c->part_channels[p], input_depth, input_height, input_width, gap, 0, side);
        feature_map_randomise(&parts[p], source);
        input_count = append_blocks(input, input_count, &parts[p]);
        inputs += c->part_channels[p];
    }
    for (int32_t b = 0; b < input_count; b++)
        if (c->holes) ((float **)input[b].planes)[(c->holes * 7 + 1) % input_depth] = NULL;
    for (int32_t o = 0; o < c->outputs; o++) {
        feature_map_create(&outputs[o], c->output_channels[o], c->depth, c->height, c->width, gap, CANARY, side);
        output_count = append_blocks(output, output_count, &outputs[o]);
        channels += c->output_channels[o];
        if (!c->residual) continue;
        feature_map_create(&residuals[o], c->output_channels[o], c->depth, c->height, c->width, gap, 0, side);
        feature_map_randomise(&residuals[o], source);
        residual_count = append_blocks(residual, residual_count, &residuals[o]);
        if (c->residual == 2) feature_map_copy(&outputs[o], &residuals[o]);
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
    const ank_convolution_shape shape = {kernel, c->stride, inputs, channels, input_count, output_count,
                                         input,  output,    c->reordered ? order : NULL};
    struct guarded_memory prepared =
        guarded_memory_create((kernels->convolution_weights_bytes(&shape) + 63) / 64 * 64, side);
    kernels->prepare_convolution(&shape, weights, c->scale == 2 ? factors : NULL, prepared.data);

    const ank_convolution operation = {
        .kernel = kernel, .stride = c->stride, .depth = c->depth, .height = c->height, .width = c->width,
        .input_depth = input_depth, .input_height = input_height, .input_width = input_width,
        .input_count = input_count, .output_count = output_count, .input = input, .output = output,
        .weights = prepared.data, .zero_row = zeros.data,
        .epilogue = {c->scale == 1 ? scale : NULL, c->shift ? shift : NULL,
                     c->residual == 0 ? NULL : c->residual == 1 ? residual : output, c->slope},
        .first_plane = c->first_plane, .end_plane = c->end_plane,
    };
    struct guarded_memory scratch =
        guarded_memory_create((kernels->convolution_scratch_bytes(&operation) + 63) / 64 * 64, side);
    const int64_t items = kernels->convolution_items(&operation);
    int64_t *sequence = malloc(sizeof(int64_t) * (size_t)items);
    shuffled(sequence, items, source);
    for (int64_t i = 0; i < items; i++) {
        if (i % 3 == 0) memset(scratch.data, 0xff, kernels->convolution_scratch_bytes(&operation));
        kernels->convolve(&operation, sequence[i], scratch.data);
    }

    double worst = 0, squares = 0;
    int64_t voxels = 0;
    const int32_t reach = kernel / 2;
    for (int32_t o = 0, lane = 0; o < channels; o++, lane++) {
        /* The lane of channel o among all output lanes. */
        int32_t part = 0, channel = o;
        while (channel >= outputs[part].channels) channel -= outputs[part++].channels;
        lane = 0;
        for (int32_t p = 0; p < part; p++)
            for (int32_t b = 0; b < outputs[p].count; b++) lane += outputs[p].blocks[b].lanes;
        lane += channel; /* all blocks of a map but the last are full */
        for (int32_t z = c->first_plane; z < c->end_plane; z++)
            for (int32_t y = 0; y < c->height; y++)
                for (int32_t x = 0; x < c->width; x++) {
                    double sum = 0;
                    for (int32_t i = 0, p = 0, first = 0; i < inputs; i++) {
                        if (i - first >= parts[p].channels) first += parts[p++].channels;
                        for (int32_t tap = 0; tap < taps; tap++) {
                            const int32_t iz = z * c->stride + tap / (kernel * kernel) - reach;
                            const int32_t iy = y * c->stride + tap / kernel % kernel - reach;
                            const int32_t ix = x * c->stride + tap % kernel - reach;
                            if (iz < 0 || iz >= input_depth || iy < 0 || iy >= input_height || ix < 0
                                || ix >= input_width || !parts[p].planes[0][iz + 1])
                                continue;
                            sum += (double)*feature_map_at(&parts[p], i - first, iz, iy, ix)
                                   * weight_at(weights, inputs, kernel, o, order[i], tap);
                        }
                    }
                    if (c->scale) sum *= c->scale == 2 ? factors[o] : (double)scale[lane];
                    if (c->shift) sum += (double)shift[lane];
                    if (c->residual) sum += (double)*feature_map_at(&residuals[part], channel, z, y, x);
                    if (sum < (double)c->slope * sum) sum *= (double)c->slope;
                    else if (sum < 0) sum *= (double)c->slope;
                    const double error = fabs(sum - (double)*feature_map_at(&outputs[part], channel, z, y, x));
                    if (!(error <= worst)) worst = error;
                    squares += error * error;
                    voxels++;
                }
    }
    const double rms = sqrt(squares / (double)voxels);
    int kept = 1, zero = 1;
    for (int32_t o = 0; o < c->outputs; o++) {
        if (c->residual != 2) kept &= untouched(&outputs[o], c->first_plane, c->end_plane);
        zero &= zeros_written(&outputs[o], c->first_plane, c->end_plane);
    }
    check(worst <= largest_error && rms <= rms_error && kept && zero,
          "%s convolution k%d s%d %d->%d at %dx%dx%d planes %d-%d scale %d shift %d residual %d slope %g: "
          "error max %.2e rms %.2e, %s, %s",
          kernels->name, kernel, c->stride, inputs, channels, c->depth, c->height, c->width, c->first_plane,
          c->end_plane, c->scale, c->shift, c->residual, (double)c->slope, worst, rms,
          kept ? "nothing else written" : "OTHER VOXELS WRITTEN", zero ? "zeros written" : "ZEROS MISSING");

    free(sequence);
    guarded_memory_free(&scratch);
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

void test_convolutions(const ank_kernels *kernels, struct random_source *source) {
    struct convolution_case c;

    /* Every remainder of a tile along each axis, from 1x1x1, with every epilogue. */
    for (int32_t depth = 1; depth <= 6; depth++)
        for (int32_t height = 1; height <= 6; height++)
            for (int32_t width = 1; width <= 9; width++) {
                c = plain;
                with_size(&c, depth, height, width);
                with_channels(&c, 1 + (int32_t)random_below(source, 20), 1 + (int32_t)random_below(source, 20));
                if (c.part_channels[0] == 1) c.part_channels[0] = 2;
                with_random_epilogue(&c, source);
                run_case(kernels, &c, source);
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
                    run_case(kernels, &c, source);
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
        {2, {1, 16}, 1, {16}}, {1, {96}, 1, {112}}, {2, {24, 8}, 2, {8, 24}}, {1, {64}, 1, {128}},
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
            run_case(kernels, &c, source);
        }

    /* Every number of tiles in a row block. */
    for (int32_t tiles = 1; tiles <= 35; tiles++) {
        c = plain;
        with_size(&c, 1 + (int32_t)random_below(source, 4), 9, 4 * tiles - (int32_t)random_below(source, 4));
        static const int32_t channels[][2] = {{16, 32}, {16, 16}, {10, 6}, {8, 24}, {4, 40}, {9, 48}};
        const int32_t pick = (int32_t)random_below(source, 6);
        with_channels(&c, channels[pick][0], channels[pick][1]);
        with_random_epilogue(&c, source);
        run_case(kernels, &c, source);
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
            run_case(kernels, &c, source);
        }

    /* 1x1x1 and stride 2, from an image and from feature maps. */
    static const int32_t others[][4] = {
        {1, 1, 28, 30}, {1, 1, 34, 8}, {1, 1, 1, 11}, {1, 1, 15, 14}, {1, 1, 66, 32}, {3, 2, 1, 28}, {3, 2, 1, 22},
        {3, 2, 1, 64},  {3, 2, 48, 96}, {3, 2, 16, 8}, {3, 1, 1, 16},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        for (int32_t width = 1; width <= 33; width += 1 + width / 6) {
            c = plain;
            c.kernel = others[i][0];
            c.stride = others[i][1];
            with_size(&c, 1 + (int32_t)random_below(source, 5), 1 + (int32_t)random_below(source, 5), width);
            with_channels(&c, others[i][2], others[i][3]);
            with_random_epilogue(&c, source);
            run_case(kernels, &c, source);
        }
}
