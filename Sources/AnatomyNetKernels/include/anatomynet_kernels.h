/* The arithmetic of the network, one function table per instruction set.
 *
 * Everything here is stateless: an operation is described by a struct, split
 * into work items that may run in any order on any thread, and gives the same
 * bits whatever the order. Nothing allocates; nothing knows of networks.
 *
 * Feature maps
 * ------------
 * A feature map of C channels on a depth x height x width grid is a list of
 * channel blocks. A block keeps 16 channels of one voxel side by side (or 8, for
 * a tail of at most 8 channels, or 2, for the last one or two of more than 16):
 * one "lane group" is one vector of 16 (or 8) values. A single-channel input image
 * is a block with 1 lane.
 *
 *     planes[z]                      z in [-1, depth]; NULL: the plane is zero
 *       + y * row_stride             y in [0, height)
 *         + x * lanes + lane         x in [-1, row end); voxels outside
 *                                    [0, width) of a row are zero
 *
 * Values are stored as float32 or, in half the memory, as bfloat16: the upper
 * half of a float32's bits. All arithmetic is float32. What an operation stores
 * as bfloat16 is rounded once, to the nearest, ties to even, NaN staying NaN,
 * by the same integer steps on every instruction set. The input blocks of a
 * convolution may differ in format; those of every other operation have one,
 * and all output blocks of an operation have one; a block with 1 lane is float32. Indices and strides count values, so a map is
 * laid out alike in either format. Voxel 0 of a plane should lie on a 64-byte
 * boundary; nothing depends on it but speed.
 *
 * A row holds ank_row_voxels(width) voxels: one zero voxel before x = 0 (so
 * that a plane pointer points one voxel into its storage), the width, and
 * zeros as far as kernels' tiles may reach. Rows above and below a plane are not
 * stored: kernels read a shared row of zeros for them. An operation that
 * writes a block also writes the zero voxels of the rows it writes and the
 * zero lanes of a partly used lane group, so that storage need not be cleared.
 * A table of plane pointers (rather than one base and a stride) lets the same
 * kernel run on a whole volume and on a ring of planes.
 *
 * Channel concatenation is a longer list of blocks and costs nothing.
 */
#ifndef ANATOMYNET_KERNELS_H
#define ANATOMYNET_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a block's values are stored. */
enum { ANK_FLOAT32 = 0, ANK_BFLOAT16 = 1 };

/* One lane group of a feature map; see the head of this file. */
typedef struct ank_block {
    float *const *planes; /* planes[-1] ... planes[depth] are readable. In a bfloat16 block they
                             really point to uint16_t. */
    int64_t row_stride;   /* values from one row to the next */
    int32_t lanes;        /* values a voxel: 1, 2, 8 or 16 */
    int32_t channels;     /* of which carry a channel; the others are zero */
    int32_t format;       /* ANK_FLOAT32 or ANK_BFLOAT16 */
} ank_block;

/* Voxels a row of `width` voxels occupies, zeros included. */
static inline int64_t ank_row_voxels(int64_t width) {
    const int64_t fours = (width + 3) / 4 * 4, sixes = (width + 5) / 6 * 6;
    return (fours > sixes ? fours : sixes) + 2;
}

/* Lanes of a block that has the last one or two channels, as of 34, beside wider ones. In 8 lanes they would cost
 * transforms and memory as much as eight channels. */
enum { ANK_PAIR_LANES = 2 };

/* Lanes of the block that starts at channel `first` of `channels`. */
static inline int32_t ank_block_lanes(int32_t channels, int32_t first) {
    if (first > 0 && channels - first <= ANK_PAIR_LANES) return ANK_PAIR_LANES;
    return channels - first > 8 ? 16 : 8;
}

/* A 1x1x1 convolution whose output is added like a residual, without ever being
 * stored: the projection shortcut of a residual block. */
typedef struct ank_shortcut {
    int32_t input_count;
    const ank_block *input; /* blocks on the output's grid */
    const void *weights;    /* as prepare_convolution of the same table writes them for a 1x1x1
                               convolution from these input blocks to the output's blocks */
} ank_shortcut;

/* A box of output voxels, each of which gets the number of its largest channel as its label; the lowest of
 * equal ones wins. */
typedef struct ank_labels {
    int32_t first_plane, end_plane, first_row, end_row, first_column, end_column;
    uint8_t *labels; /* of the box's first voxel; the others lie so many bytes further: */
    int64_t plane_stride, row_stride, column_stride;
    int32_t *nonfinite; /* becomes 1 where a channel of one of these voxels is NaN or infinite; NULL: nobody asks */
} ank_labels;

/* What an output channel's value becomes on its way to memory:
 * activation(scale * sum + shift + residual), or
 * activation(scale * sum + shift + shortcut). */
typedef struct ank_epilogue {
    const float *scale;        /* per output lane, all blocks in sequence; NULL: 1 */
    const float *shift;        /* per output lane; NULL: 0 */
    const ank_block *residual; /* blocks like the output's, format included; NULL: none. May be
                                  the output itself. */
    float negative_slope;      /* activation(v) = max(v, negative_slope * v); 1: identity, 0: ReLU */
    const ank_shortcut *shortcut; /* in place of a residual, where takes_shortcut says so;
                                     NULL: none */
    double *sums; /* [plane][convolution_sum_addends][lane]: addends of the sum over each computed plane
                     of what is stored, all blocks' lanes in sequence; NULL: not wanted */
    const ank_labels *labels; /* what is stored in place of the outputs, whose blocks' planes are not used
                                 then, where takes_labels says so; without residual, shortcut and sums.
                                 NULL: the outputs */
} ank_epilogue;

/* A convolution with zero padding (kernel / 2): 3x3x3 with stride 1 or 2, or
 * 1x1x1 with stride 1.
 *
 * The output blocks of a 1x1x1 convolution may share planes with its input
 * blocks, whichever of them and in any order, where lanes, row stride and format
 * are equal: a voxel is written only once everything of it has been read. Those of a 3x3x3
 * convolution may likewise share planes with the blocks of its shortcut's input,
 * never with its own input: a voxel of the shortcut's input is read before the
 * output voxel at its place is written, and by no other work item. */
typedef struct ank_convolution {
    int32_t kernel, stride;
    int32_t wide_tiles; /* as in the shape for which the weights have been prepared */
    int32_t height, width; /* of the output */
    int32_t input_depth, input_height;
    int32_t input_count, output_count; /* blocks */
    const ank_block *input;
    const ank_block *output;
    const void *weights; /* as written by prepare_convolution of the same table */
    const float *zero_row; /* at least 16 * ank_row_voxels(input width) zeros, 64-byte aligned;
                              for input blocks of either format */
    ank_epilogue epilogue;
    int32_t first_plane, end_plane; /* output planes to compute: [first_plane, end_plane);
                                       first_plane is a multiple of 4 */
} ank_convolution;

/* What the prepared form of a convolution's weights depends on. */
typedef struct ank_convolution_shape {
    int32_t kernel, stride;
    int32_t wide_tiles; /* 3x3x3 with stride 1: not 0 where fewer multiplications (Winograd tiles six voxels wide
                           along x instead of four) are worth twice the rounding error */
    int32_t input_channels, output_channels;
    int32_t input_count, output_count;
    const ank_block *input;  /* lanes and channels are read; planes are not */
    const ank_block *output; /* likewise */
    const int32_t *input_order; /* the weight's input channel of each channel of
                                   the blocks, in block order; NULL: as they come */
} ank_convolution_shape;

/* A transposed convolution, kernel 2, stride 2, no padding: every input voxel
 * gives a 2x2x2 cube of output voxels. The output's grid is at most twice the
 * input's. The appended image is float32 and takes the output's format. */
typedef struct ank_transposed_convolution {
    int32_t height, width; /* of the output */
    int32_t input_count, output_count;
    const ank_block *input;
    const ank_block *output;
    const void *weights;
    const float *shift; /* per output lane */
    const ank_block *appended; /* a 1-lane block copied into the first lane after the last
                                  channel of the last output block; NULL: none */
    float negative_slope;
    int32_t first_plane, end_plane; /* output planes to compute; first_plane even */
} ank_transposed_convolution;

/* output = activation(scale * input + shift + residual), voxel by voxel: what remains of batch normalisation when its
 * statistics are the volume's own and so known only after the convolution. In place is allowed. */
typedef struct ank_affine {
    int32_t height, width;
    int32_t count; /* blocks */
    const ank_block *input;
    const ank_block *output;
    const float *scale, *shift; /* per lane */
    const ank_block *residual; /* in the output's format; NULL: none */
    float negative_slope;
    int32_t first_plane, end_plane;
} ank_affine;

/* Sums over each plane of one block, in double precision. The nine sums of a
 * plane leave out border rows and columns, as the nine in-plane taps of a
 * 3x3x3 convolution do: sums[((z * 3 + ky) * 3 + kx) * 16 + lane] runs over
 * the rows that tap ky reads (0: all but the last row, 1: all, 2: all but the
 * first) and the columns that kx reads likewise. They give the mean of a
 * convolution's output before the convolution has run. */
typedef struct ank_plane_sums {
    int32_t height, width;
    const ank_block *input; /* one block */
    double *sums;    /* [depth][3][3][16] */
    double *squares; /* [depth][16], sums of squares over the whole plane; NULL: not wanted */
    /* What the convolution that stored the map has left in its epilogue's sums, at the block's first lane;
     * then only the planes' borders are read. NULL: not known. Not together with squares. */
    const double *known;
    int32_t known_addends, known_lanes;
    int32_t first_plane, end_plane;
} ank_plane_sums;

/* Softmax over the classes (the channels of the logits) and its arg-max, for
 * the first width x height voxels of each plane. The lowest of equal classes wins. */
typedef struct ank_classification {
    int32_t height, width; /* of the outputs: at most the logits' */
    int32_t classes;
    int32_t input_count;
    const ank_block *input;
    uint8_t *labels;    /* [plane][height][width], plane 0 being first_plane; NULL: not wanted */
    float *const *probabilities; /* one [plane][height][width] a class, likewise from
                                    first_plane; NULL entries and NULL itself: not wanted */
    int32_t *nonfinite; /* becomes 1 where a logit is NaN or infinite; NULL: nobody asks */
    int32_t first_plane, end_plane;
} ank_classification;

/* One instruction set's kernels. For each operation: the number of work items
 * (at least one, the same for any number of threads), bytes of scratch a
 * thread needs (64-byte aligned, contents arbitrary), and the work of one item. */
typedef struct ank_kernels {
    const char *name; /* "avx512", "avx2", "portable" */

    size_t (*convolution_weights_bytes)(const ank_convolution_shape *shape);
    /* weights: [output channel][input channel][kz][ky][kx]; scale: multiplies
     * each output channel's weights in double precision; NULL: 1 */
    void (*prepare_convolution)(const ank_convolution_shape *shape, const float *weights,
                                const double *scale, void *prepared);
    size_t (*convolution_scratch_bytes)(const ank_convolution *operation);
    int64_t (*convolution_items)(const ank_convolution *operation);
    void (*convolve)(const ank_convolution *operation, int64_t item, void *scratch);
    /* Whether a convolution of the first shape takes the 1x1x1 convolution of the second along as its
     * epilogue's shortcut. */
    int32_t (*takes_shortcut)(const ank_convolution_shape *shape, const ank_convolution_shape *shortcut);
    /* Addends of a plane's sum in the epilogue's sums, the same for any number of threads; 0: this
     * convolution leaves none. */
    int32_t (*convolution_sum_addends)(const ank_convolution *operation);
    /* Whether this convolution can store its outputs' labels in place of them. */
    int32_t (*takes_labels)(const ank_convolution *operation);

    /* weights: [input channel][output channel][kz][ky][kx], 2 x 2 x 2 taps */
    size_t (*transposed_weights_bytes)(int32_t input_channels, int32_t output_channels);
    void (*prepare_transposed)(int32_t input_channels, int32_t output_channels,
                               const float *weights, void *prepared);
    int64_t (*transposed_items)(const ank_transposed_convolution *operation);
    void (*convolve_transposed)(const ank_transposed_convolution *operation, int64_t item);

    int64_t (*affine_items)(const ank_affine *operation);
    void (*apply_affine)(const ank_affine *operation, int64_t item);

    int64_t (*plane_sums_items)(const ank_plane_sums *operation);
    void (*sum_planes)(const ank_plane_sums *operation, int64_t item);

    int64_t (*classification_items)(const ank_classification *operation);
    void (*classify)(const ank_classification *operation, int64_t item);
} ank_kernels;

/* Instruction sets, each including the ones before it. */
enum { ANK_PORTABLE = 1, ANK_AVX2 = 2, ANK_AVX512 = 3 };

/* The kernels of `instruction_set`, or of the best that both the processor and
 * the operating system support where 0 is given; NULL if this machine cannot
 * run the one asked for. */
const ank_kernels *ank_kernels_for(int32_t instruction_set);

#ifdef __cplusplus
}
#endif
#endif
