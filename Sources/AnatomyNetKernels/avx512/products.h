/* The products of AVX-512: vectors of 16 floats, with one of 8 for the last channels. */

#include "../products/fetch_list.h"
#include "../products/product.h"

/* 32 registers: one for the value that is broadcast, up to three for weights. */
enum { ROWS_MAX = 30, ROWS_TWO_VECTORS = 14, ROWS_THREE_VECTORS = 9 };
#define WIDE 16

/* Row blocks of Winograd convolutions. The more tiles share a pass over the weights (0.9 MB for 32 x 32
 * channels, streamed from the third-level cache), the less that stream matters; but the transformed columns and
 * what is fetched ahead for the next block, about as much again, are to stay in a 1 MB second-level cache (29 -> 14
 * channels: 19 tiles a block are 1.06 times as fast as 29; 66 -> 32: 10 as 15, 1.02). Sixteen are two portions of
 * eight rows, of the 14 that the accumulators of two vectors a row hold; with a single vector of outputs 30 rows fit
 * them, and half as many calls are needed. */
enum { BLOCK_TILES_MAX = 16, SINGLE_BLOCK_TILES_MAX = 30, BLOCK_BYTES_MAX = 450 * 1024 };

/* Channels at a time in the products' inner loop: a channel has 28 multiply-adds of 14 cycles here, beside which
 * counting hardly matters. */
#define CHANNELS_A_TURN 2

/* Prefetches before channel `k` of a turn. A portion of 30 rows has few channels for the lines of so many tiles. */
#define PREFETCHES(k, vectors) ((vectors) == 1 ? 2 : 1)
#include "../products/product_template.h"

static int32_t rows_most(int32_t wide, int32_t narrow) {
    static const int32_t most[4] = {ROWS_MAX, ROWS_MAX, ROWS_TWO_VECTORS, ROWS_THREE_VECTORS};
    return most[wide + narrow];
}

#define MULTIPLY_UP_TO_9(wide, narrow)                                                        \
    MULTIPLY(1, wide, narrow) MULTIPLY(2, wide, narrow) MULTIPLY(3, wide, narrow)             \
    MULTIPLY(4, wide, narrow) MULTIPLY(5, wide, narrow) MULTIPLY(6, wide, narrow)             \
    MULTIPLY(7, wide, narrow) MULTIPLY(8, wide, narrow) MULTIPLY(9, wide, narrow)
#define MULTIPLY_UP_TO_14(wide, narrow)                                                       \
    MULTIPLY_UP_TO_9(wide, narrow)                                                            \
    MULTIPLY(10, wide, narrow) MULTIPLY(11, wide, narrow) MULTIPLY(12, wide, narrow)          \
    MULTIPLY(13, wide, narrow) MULTIPLY(14, wide, narrow)
#define MULTIPLY_UP_TO_30(wide, narrow)                                                       \
    MULTIPLY_UP_TO_14(wide, narrow)                                                           \
    MULTIPLY(15, wide, narrow) MULTIPLY(16, wide, narrow) MULTIPLY(17, wide, narrow)          \
    MULTIPLY(18, wide, narrow) MULTIPLY(19, wide, narrow) MULTIPLY(20, wide, narrow)          \
    MULTIPLY(21, wide, narrow) MULTIPLY(22, wide, narrow) MULTIPLY(23, wide, narrow)          \
    MULTIPLY(24, wide, narrow) MULTIPLY(25, wide, narrow) MULTIPLY(26, wide, narrow)          \
    MULTIPLY(27, wide, narrow) MULTIPLY(28, wide, narrow) MULTIPLY(29, wide, narrow)          \
    MULTIPLY(30, wide, narrow)

MULTIPLY_UP_TO_30(0, 1)
MULTIPLY_UP_TO_30(1, 0)
MULTIPLY_UP_TO_14(1, 1)
MULTIPLY_UP_TO_14(2, 0)
MULTIPLY_UP_TO_9(2, 1)
MULTIPLY_UP_TO_9(3, 0)

#define ROW(rows, wide, narrow) {multiply_##rows##_##wide##_##narrow, multiply_any_##rows##_##wide##_##narrow}
#define UP_TO_9(w, n)                                                                         \
    ROW(1, w, n), ROW(2, w, n), ROW(3, w, n), ROW(4, w, n), ROW(5, w, n), ROW(6, w, n),       \
        ROW(7, w, n), ROW(8, w, n), ROW(9, w, n)
#define UP_TO_14(w, n)                                                                        \
    UP_TO_9(w, n), ROW(10, w, n), ROW(11, w, n), ROW(12, w, n), ROW(13, w, n), ROW(14, w, n)
#define UP_TO_30(w, n)                                                                        \
    UP_TO_14(w, n), ROW(15, w, n), ROW(16, w, n), ROW(17, w, n), ROW(18, w, n),               \
        ROW(19, w, n), ROW(20, w, n), ROW(21, w, n), ROW(22, w, n), ROW(23, w, n),            \
        ROW(24, w, n), ROW(25, w, n), ROW(26, w, n), ROW(27, w, n), ROW(28, w, n),            \
        ROW(29, w, n), ROW(30, w, n)

static void multiply_rows(int32_t rows, int32_t wide, int32_t narrow, const struct product *p) {
    static void (*const kernels[4][2][ROWS_MAX][2])(const struct product *) = {
        {{{0}}, {UP_TO_30(0, 1)}},
        {{UP_TO_30(1, 0)}, {UP_TO_14(1, 1)}},
        {{UP_TO_14(2, 0)}, {UP_TO_9(2, 1)}},
        {{UP_TO_9(3, 0)}},
    };
    kernels[wide][narrow][rows - 1][p->row_step == ANY_STEP](p);
}
