/* The interpolation points of F(4, 3) and F(6, 3), and the constants that follow from them.
 *
 * Four neighbouring outputs of a convolution with three taps are a product of
 * polynomials; six points determine it. They decide the rounding error: with
 * 0, +-1/sqrt(2), +-sqrt(2) and infinity it is a third (the largest: an eighth)
 * of what it is with the textbook's 0, +-1, +-2 and infinity.
 *
 * With a = 1/sqrt(2), b = sqrt(2) and M(x) = x (x^2 - a^2) (x^2 - b^2):
 *
 *   data      row of point p: the coefficients of M(x) / (x - p); of infinity: of M(x)
 *   weights   row of point p: (1, p, p^2) / M'(p); of infinity: (0, 0, 1)
 *   output    column of point p: (1, p, p^2, p^3); of infinity: (0, 0, 0, 1)
 *
 * The columns of +-a and +-b of the output transform are divided by factors
 * that the weights (transformed once, in double precision) take over: by a and
 * b^2, because then the constants of +-a in y1 and of +-b in y2 become 1 as well,
 * which saves two of twelve operations.
 *
 * Six outputs take eight points, where four take six: a ninth less a voxel. There
 * 0, +-1/2, +-1, +-2 and infinity are the best that a search found, and twice as
 * inexact. Along W alone that is worth it where a network does not amplify
 * rounding much. With M(x) = x (x^2 - 1/4) (x^2 - 1) (x^2 - 4) the rows and columns
 * are as above; all their constants are exact, and none is moved into the weights.
 */
#ifndef WINOGRAD_POINTS_H
#define WINOGRAD_POINTS_H

enum {
    WINOGRAD_OUTPUTS = 4, /* outputs a tile along each axis */
    WINOGRAD_TAPS = 3,
    WINOGRAD_POINTS = WINOGRAD_OUTPUTS + WINOGRAD_TAPS - 1,
    WINOGRAD_PLANE_POINTS = WINOGRAD_POINTS * WINOGRAD_POINTS,
    WIDE_OUTPUTS = 6, /* of a wide tile along W */
    WIDE_POINTS = WIDE_OUTPUTS + WINOGRAD_TAPS - 1,
    WINOGRAD_CUBE_POINTS_MAX = WINOGRAD_PLANE_POINTS * WIDE_POINTS,
    SHORT_OUTPUTS = 2, /* of a short tile along D; see below */
    SHORT_INPUTS = SHORT_OUTPUTS + WINOGRAD_TAPS - 1,
};

/* In the order in which the transforms number them: 0, a, -a, b, -b, infinity. */
#define WINOGRAD_A 0.70710678118654752440
#define WINOGRAD_B 1.41421356237309504880

#define WINOGRAD_A2 0.5
#define WINOGRAD_B2 2.0
#define WINOGRAD_SUM2 (WINOGRAD_A2 + WINOGRAD_B2)
#define WINOGRAD_PRODUCT2 1.0 /* a^2 b^2; the transforms leave this factor out */

/* By which the weights of +-a and +-b are multiplied. */
#define WINOGRAD_A_WEIGHT WINOGRAD_A
#define WINOGRAD_B_WEIGHT WINOGRAD_B2

/* What remains of the output transform: y0 = m0 + Y0A (m1 + m2) + Y0B (m3 + m4),
 * y1 = (m1 - m2) + Y1B (m3 - m4), y2 = Y2A (m1 + m2) + (m3 + m4),
 * y3 = m5 + Y3A (m1 - m2) + Y3B (m3 - m4). */
#define WINOGRAD_Y0A (1 / WINOGRAD_A_WEIGHT)
#define WINOGRAD_Y0B (1 / WINOGRAD_B_WEIGHT)
#define WINOGRAD_Y1B (WINOGRAD_B / WINOGRAD_B_WEIGHT)
#define WINOGRAD_Y2A (WINOGRAD_A2 / WINOGRAD_A_WEIGHT)
#define WINOGRAD_Y3A (WINOGRAD_A2 * WINOGRAD_A / WINOGRAD_A_WEIGHT)
#define WINOGRAD_Y3B (WINOGRAD_B2 * WINOGRAD_B / WINOGRAD_B_WEIGHT)

/* Of a wide tile, in the order of its points: 0, 1/2, -1/2, 1, -1, 2, -2, infinity. WIDE_SUM2 is 1/4 + 1 + 4, the
 * coefficient of -x^5 and of x^3 in M(x); and for each pair of points the sum and the product of the squares of the
 * other two pairs, of which M(x) / (x - p) consists. */
#define WIDE_A 0.5
#define WIDE_B 2.0
#define WIDE_SUM2 5.25
#define WIDE_SUM2_BUT_A 5.0
#define WIDE_PRODUCT2_BUT_A 4.0
#define WIDE_SUM2_BUT_1 4.25
#define WIDE_PRODUCT2_BUT_1 1.0
#define WIDE_SUM2_BUT_B 1.25
#define WIDE_PRODUCT2_BUT_B 0.25

/* Where a tile has no more than two outputs along an axis, F(2, 3) with four of the same points, 0, +-a and
 * infinity, needs two thirds of everything, and the same transformed weights. With M(x) = x (x^2 - a^2):
 *
 *   data    v0 = d0 - d2 / a^2 (a factor of -a^2 left out), v1,2 = d2 +- a d1, v5 = d3 - a^2 d1
 *   output  y0 = m0 + Y0 (m1 + m2), y1 = m5 + Y1 (m1 - m2)
 *
 * 1 / M'(a) is 1 / (2 a^2) now, and in F(4, 3), whose weights are used, 1 / (2 a^2 (a^2 - b^2)), times the
 * factor above: Y0 is the quotient of the two. At 0 and infinity the weights are the same, for a^2 b^2 = 1. */
#define WINOGRAD_SHORT_Y0 ((WINOGRAD_A2 - WINOGRAD_B2) / WINOGRAD_A_WEIGHT)
#define WINOGRAD_SHORT_Y1 (WINOGRAD_A * WINOGRAD_SHORT_Y0)

#endif
