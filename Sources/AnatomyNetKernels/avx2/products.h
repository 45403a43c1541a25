/* The products of AVX2: vectors of 8 floats. */

#include "../products/fetch_list.h"
#include "../products/product.h"

/* 16 registers: one for the value that is broadcast, up to three for weights. */
enum { ROWS_MAX = 12, ROWS_TWO_VECTORS = 6, ROWS_THREE_VECTORS = 4 };
#define WIDE 8
#include "../products/product_template.h"

static int32_t rows_most(int32_t wide, int32_t narrow) {
    static const int32_t most[4] = {ROWS_MAX, ROWS_MAX, ROWS_TWO_VECTORS, ROWS_THREE_VECTORS};
    return most[wide + narrow];
}

#define MULTIPLY(rows, wide, narrow)                                              \
    static void multiply_##rows##_##wide##_##narrow(const struct product *p) {    \
        multiply(rows, wide, narrow, p);                                          \
    }
#define MULTIPLY_UP_TO_4(wide)                                                    \
    MULTIPLY(1, wide, 0) MULTIPLY(2, wide, 0) MULTIPLY(3, wide, 0) MULTIPLY(4, wide, 0)
#define MULTIPLY_UP_TO_6(wide) MULTIPLY_UP_TO_4(wide) MULTIPLY(5, wide, 0) MULTIPLY(6, wide, 0)
#define MULTIPLY_UP_TO_12(wide)                                                   \
    MULTIPLY_UP_TO_6(wide)                                                        \
    MULTIPLY(7, wide, 0) MULTIPLY(8, wide, 0) MULTIPLY(9, wide, 0)                \
    MULTIPLY(10, wide, 0) MULTIPLY(11, wide, 0) MULTIPLY(12, wide, 0)

MULTIPLY_UP_TO_12(1)
MULTIPLY_UP_TO_6(2)
MULTIPLY_UP_TO_4(3)

#define ROW(rows, wide) multiply_##rows##_##wide##_0
#define UP_TO_4(w) ROW(1, w), ROW(2, w), ROW(3, w), ROW(4, w)
#define UP_TO_6(w) UP_TO_4(w), ROW(5, w), ROW(6, w)

/* No vector is narrower than a full one here. */
static void multiply_rows(int32_t rows, int32_t wide, int32_t narrow, const struct product *p) {
    static void (*const kernels[3][ROWS_MAX])(const struct product *) = {
        {UP_TO_6(1), ROW(7, 1), ROW(8, 1), ROW(9, 1), ROW(10, 1), ROW(11, 1), ROW(12, 1)},
        {UP_TO_6(2)},
        {UP_TO_4(3)},
    };
    (void)narrow;
    kernels[wide - 1][rows - 1](p);
}
