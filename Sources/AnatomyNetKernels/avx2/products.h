/* The products of AVX2: vectors of 8 floats. */

#include "../products/fetch_list.h"
#include "../products/product.h"

/* 16 registers: one for the value that is broadcast, up to two for weights. */
enum { ROWS_MAX = 12, ROWS_TWO_VECTORS = 6 };
#define WIDE 8

/* Row blocks of Winograd convolutions. Their columns need not fit the second-level cache (512 KB on a Zen 3):
 * 12, 18, 24 and 30 tiles a block are within 3 % of each other, 30 the best by a little, also where columns
 * come to 1.2 MB (66 -> 32 channels). */
enum { BLOCK_TILES_MAX = 30, SINGLE_BLOCK_TILES_MAX = 30, BLOCK_BYTES_MAX = 2048 * 1024 };

/* Channels at a time in the products' inner loop: fewer instructions for counting and fetching ahead. 4 against 1
 * are 1.05 times as fast on a quiet machine and up to 1.2 times on a busy one, presumably where another thread
 * takes its share of the core's front end. */
#define CHANNELS_A_TURN(vectors) ((void)(vectors), 4)

/* No rows whose values come four channels at a time; see product_template.h. */
#define QUAD_ROWS(rows, vectors) ((void)(rows), (void)(vectors), 0)
enum { QUAD_ROWS_MAX = 1 };

/* Prefetches before channel `k` of a turn. */
#define PREFETCHES(k, vectors) ((void)(vectors), (k) % 2 == 0)

/* Into which level of cache, as __builtin_prefetch numbers them: the second; and from which of the next row block's six
 * rows on, of which the first two have been read for this one. */
enum { FETCH_LOCALITY = 2, FIRST_FETCHED_ROW = 2 };
#include "../products/product_template.h"

static int32_t rows_most(int32_t wide, int32_t narrow) {
    return wide + narrow == 2 ? ROWS_TWO_VECTORS : ROWS_MAX;
}

#define MULTIPLY_UP_TO_6(wide)                                                    \
    MULTIPLY(1, wide, 0) MULTIPLY(2, wide, 0) MULTIPLY(3, wide, 0)                \
    MULTIPLY(4, wide, 0) MULTIPLY(5, wide, 0) MULTIPLY(6, wide, 0)
#define MULTIPLY_UP_TO_12(wide)                                                   \
    MULTIPLY_UP_TO_6(wide)                                                        \
    MULTIPLY(7, wide, 0) MULTIPLY(8, wide, 0) MULTIPLY(9, wide, 0)                \
    MULTIPLY(10, wide, 0) MULTIPLY(11, wide, 0) MULTIPLY(12, wide, 0)

MULTIPLY_UP_TO_12(1)
MULTIPLY_UP_TO_6(2)

#define ROW(rows, wide) {multiply_##rows##_##wide##_0, multiply_any_##rows##_##wide##_0}
#define UP_TO_6(w) ROW(1, w), ROW(2, w), ROW(3, w), ROW(4, w), ROW(5, w), ROW(6, w)

/* No vector is narrower than a full one here. */
static void multiply_rows(int32_t rows, int32_t wide, int32_t narrow, const struct product *p) {
    static void (*const kernels[2][ROWS_MAX][2])(const struct product *) = {
        {UP_TO_6(1), ROW(7, 1), ROW(8, 1), ROW(9, 1), ROW(10, 1), ROW(11, 1), ROW(12, 1)},
        {UP_TO_6(2)},
    };
    (void)narrow;
    kernels[wide - 1][rows - 1][p->row_step == ANY_STEP](p);
}
