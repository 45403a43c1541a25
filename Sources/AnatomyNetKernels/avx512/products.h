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

/* Of wide tiles. Their weights are a third larger (1.2 MB for 32 x 32 channels), and whole rows of 19 tiles the best
 * even where columns alone exceed the second-level cache: 66 -> 32 channels, 1.2 MB, 1.08 times as fast as 8 tiles.
 * With a single vector of outputs there are fewer weights, and room counts for more: 29 -> 14, 13 tiles, 1.03 times
 * as fast as 19. */
enum {
    WIDE_BLOCK_TILES_MAX = 20,
    WIDE_BLOCK_BYTES_MAX = 1300 * 1024,
    WIDE_SINGLE_BLOCK_BYTES_MAX = 420 * 1024,
};

/* Channels at a time in the products' inner loop: a channel of two vectors has 28 multiply-adds of 14 cycles here,
 * beside which counting hardly matters. With one vector, four at a time come for a quarter of the rows in one load, as
 * far as there are registers: 1.01 to 1.06 times as fast as none (a third or a sixth are alike). With two vectors the
 * same is no faster (0.97 to 1.01). */
#define CHANNELS_A_TURN(vectors) ((vectors) == 1 ? 4 : 2)
#define QUAD_ROWS(rows, vectors) ((vectors) != 1 ? 0 : (rows) < 24 ? (rows) / 4 : ROWS_MAX - (rows))
enum { QUAD_ROWS_MAX = 6 };

/* Prefetches before channel `k` of a turn. A portion of 30 rows has few channels for the lines of so many tiles. */
#define PREFETCHES(k, vectors) ((vectors) == 1 ? 2 : 1)

/* Into which level of cache, as __builtin_prefetch numbers them: by way of the first one, 1.01 to 1.04 times as fast
 * as to the second; and from which of the next row block's six rows on, of which the first two have been read for
 * this one (all six: 1.01 to 1.03). */
enum { FETCH_LOCALITY = 3, FIRST_FETCHED_ROW = 0 };
#include "../products/product_template.h"

static int32_t rows_most(int32_t wide, int32_t narrow) {
    static const int32_t most[4] = {ROWS_MAX, ROWS_MAX, ROWS_TWO_VECTORS, ROWS_THREE_VECTORS};
    return most[wide + narrow];
}

#define UP_TO_9(what, wide, narrow)                                                           \
    what(1, wide, narrow) what(2, wide, narrow) what(3, wide, narrow)                         \
    what(4, wide, narrow) what(5, wide, narrow) what(6, wide, narrow)                         \
    what(7, wide, narrow) what(8, wide, narrow) what(9, wide, narrow)
#define UP_TO_14(what, wide, narrow)                                                          \
    UP_TO_9(what, wide, narrow)                                                               \
    what(10, wide, narrow) what(11, wide, narrow) what(12, wide, narrow)                      \
    what(13, wide, narrow) what(14, wide, narrow)
#define UP_TO_30(what, wide, narrow)                                                          \
    UP_TO_14(what, wide, narrow)                                                              \
    what(15, wide, narrow) what(16, wide, narrow) what(17, wide, narrow)                      \
    what(18, wide, narrow) what(19, wide, narrow) what(20, wide, narrow)                      \
    what(21, wide, narrow) what(22, wide, narrow) what(23, wide, narrow)                      \
    what(24, wide, narrow) what(25, wide, narrow) what(26, wide, narrow)                      \
    what(27, wide, narrow) what(28, wide, narrow) what(29, wide, narrow)                      \
    what(30, wide, narrow)

/* A narrow vector is that of a block of 8 lanes, whose rows are 8 floats apart. */
UP_TO_30(MULTIPLY_ANY, 0, 1)
UP_TO_30(MULTIPLY, 1, 0)
UP_TO_14(MULTIPLY_ANY, 1, 1)
UP_TO_14(MULTIPLY, 2, 0)
UP_TO_9(MULTIPLY_ANY, 2, 1)
UP_TO_9(MULTIPLY, 3, 0)

#define ROW(rows, wide, narrow) {multiply_##rows##_##wide##_##narrow, multiply_any_##rows##_##wide##_##narrow},
#define ANY_ROW(rows, wide, narrow) {0, multiply_any_##rows##_##wide##_##narrow},

static void multiply_rows(int32_t rows, int32_t wide, int32_t narrow, const struct product *p) {
    static void (*const kernels[4][2][ROWS_MAX][2])(const struct product *) = {
        {{{0}}, {UP_TO_30(ANY_ROW, 0, 1)}},
        {{UP_TO_30(ROW, 1, 0)}, {UP_TO_14(ANY_ROW, 1, 1)}},
        {{UP_TO_14(ROW, 2, 0)}, {UP_TO_9(ANY_ROW, 2, 1)}},
        {{UP_TO_9(ROW, 3, 0)}},
    };
    kernels[wide][narrow][rows - 1][p->row_step == ANY_STEP](p);
}
