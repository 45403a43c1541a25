/* Softmax and arg-max. A voxel's classes lie side by side, so each step works on all of them at once. */

#include <float.h>

/* e to the power of values that are not positive. With n = round(v / ln 2), e^v = 2^n e^r, and a
 * polynomial of degree 6 gives e^r on |r| <= ln 2 / 2 within 2e-8 relative; ln 2 is subtracted in
 * two parts so that r keeps its bits. Below -87 the result is below the smallest normal number and
 * becomes that of -87. */
ANK_INLINE lanes16 ANK(exponential)(lanes16 value) {
    const lanes16 lowest = broadcast(-87.0f);
    value = select_lanes(value > lowest, value, lowest);
    /* Adding and subtracting 1.5 * 2^23 rounds to an integer, which then stands in the low bits. */
    const lanes16 rounding = broadcast(12582912.0f);
    lanes16 shifted = value * broadcast(1.44269504f) + rounding;
    lanes16 whole = shifted - rounding;
    words16 exponent = (words16)shifted - (words16)rounding;
    lanes16 rest = value - whole * broadcast(0.693359375f);
    rest = rest - whole * broadcast(-2.12194440e-4f);
    lanes16 power = broadcast(1.0f / 720);
    power = power * rest + broadcast(1.0f / 120);
    power = power * rest + broadcast(1.0f / 24);
    power = power * rest + broadcast(1.0f / 6);
    power = power * rest + broadcast(0.5f);
    power = power * rest + broadcast(1.0f);
    power = power * rest + broadcast(1.0f);
    return (lanes16)((words16)power + (exponent << 23));
}

/* The same in every lane: the largest (or the sum) of all sixteen. */
ANK_INLINE lanes16 ANK(largest_lane)(lanes16 v) {
    lanes16 other = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    v = select_lanes(v > other, v, other);
    other = __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    v = select_lanes(v > other, v, other);
    other = __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    v = select_lanes(v > other, v, other);
    other = __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    return select_lanes(v > other, v, other);
}

ANK_INLINE float ANK(lane_sum)(lanes16 v) {
    v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    return v[0] + v[1];
}

/* The first lane for which the mask holds; 0 if there is none. */
ANK_INLINE int32_t ANK(first_lane)(words16 mask) {
    typedef _Bool truth16 __attribute__((ext_vector_type(16)));
    const truth16 truth = __builtin_convertvector(mask, truth16);
    uint16_t bits;
    memcpy(&bits, &truth, sizeof bits);
    return bits ? __builtin_ctz(bits) : 0;
}

/* Sixteen voxels of sixteen classes become sixteen classes of sixteen voxels: interleaving the
 * first half of the rows with the second, four times, rotates the four bits of the row's number
 * into those of the lane's. */
ANK_INLINE void ANK(transpose)(lanes16 rows[16]) {
#pragma clang loop unroll(full)
    for (int stage = 0; stage < 4; stage += 1) {
        lanes16 next[16];
#pragma clang loop unroll(full)
        for (int row = 0; row < 8; row += 1) {
            next[2 * row] = __builtin_shufflevector(rows[row], rows[row + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5,
                                                    21, 6, 22, 7, 23);
            next[2 * row + 1] = __builtin_shufflevector(rows[row], rows[row + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                                        28, 13, 29, 14, 30, 15, 31);
        }
#pragma clang loop unroll(full)
        for (int row = 0; row < 16; row += 1) rows[row] = next[row];
    }
}

/* The logits of one voxel of a block; lanes without a class are below every logit. */
ANK_INLINE lanes16 ANK(logits)(const ank_block *input, int32_t z, int32_t y, int32_t x, const int32_t format) {
    static const int32_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const words16 lane = *(const words16 *)numbers;
    const void *from = value_at(block_row(input, z, y), (int64_t)x * input->lanes, format);
    return select_lanes(lane < input->channels, load_lanes(from, input->lanes, format), broadcast(-FLT_MAX));
}

/* Labels and largest logits of `count` voxels of a row, from x on. */
ANK_INLINE void ANK(best_classes)(const ank_block *blocks, int32_t block_count, int32_t z, int32_t y, int32_t x,
                                  int32_t count, const int32_t format, uint8_t labels[16], float best[16]) {
    for (int32_t voxel = 0; voxel < count; voxel += 1) {
        int32_t first = 0;
        for (int32_t block = 0; block < block_count; block += 1) {
            const ank_block *input = &blocks[block];
            const lanes16 logits = ANK(logits)(input, z, y, x + voxel, format), largest = ANK(largest_lane)(logits);
            if (block == 0 || largest[0] > best[voxel]) {
                best[voxel] = largest[0];
                labels[voxel] = (uint8_t)(first + ANK(first_lane)(logits == largest));
            }
            first += input->channels;
        }
    }
}

/* Writes the probabilities of the same voxels, the first of which is number `place` of each class. */
ANK_INLINE void ANK(write_probabilities)(const ank_classification *operation, int32_t z, int32_t y, int32_t x,
                                         int32_t count, const int32_t format, const float best[16], int64_t place) {
    float totals[16] = {0};
    for (int32_t pass = 0, first = 0; pass < 2; pass += 1) {
        for (int32_t block = 0; block < operation->input_count; block += 1) {
            const ank_block *input = &operation->input[block];
            lanes16 powers[16];
            for (int32_t voxel = 0; voxel < 16; voxel += 1) {
                powers[voxel] = (lanes16){0};
                if (voxel >= count) continue;
                const lanes16 logits = ANK(logits)(input, z, y, x + voxel, format);
                powers[voxel] = ANK(exponential)(logits - broadcast(best[voxel]));
                powers[voxel] = select_lanes(logits > broadcast(-FLT_MAX), powers[voxel], (lanes16){0});
                if (pass == 0) totals[voxel] += ANK(lane_sum)(powers[voxel]);
            }
            if (pass == 0) continue;
            ANK(transpose)(powers);
            const lanes16 total = load_lanes(totals, 16, ANK_FLOAT32);
            for (int32_t channel = 0; channel < input->channels; channel += 1) {
                if (!operation->probabilities[first + channel]) continue;
                const lanes16 probabilities = powers[channel] / total;
                float *to = operation->probabilities[first + channel] + place;
                if (count == 16)
                    store_lanes(to, 16, probabilities, ANK_FLOAT32);
                else
                    memcpy(to, &probabilities, sizeof(float) * (size_t)count);
            }
            first += input->channels;
        }
    }
}

static int64_t ANK(classification_items)(const ank_classification *operation) {
    int64_t groups = (operation->height + ANK(rows_per_item) - 1) / ANK(rows_per_item);
    return (operation->end_plane - operation->first_plane) * groups;
}

ANK_INLINE void ANK(classify_rows)(const ank_classification *operation, int64_t item, const int32_t format) {
    int64_t groups = (operation->height + ANK(rows_per_item) - 1) / ANK(rows_per_item);
    int32_t plane = (int32_t)(item / groups), z = operation->first_plane + plane;
    int32_t first_row = (int32_t)(item % groups) * ANK(rows_per_item);
    int32_t end_row = first_row + ANK(rows_per_item);
    if (end_row > operation->height) end_row = operation->height;
    for (int32_t y = first_row; y < end_row; y += 1) {
        int64_t row = ((int64_t)plane * operation->height + y) * operation->width;
        for (int32_t x = 0; x < operation->width; x += 16) {
            const int32_t left = operation->width - x, count = left < 16 ? left : 16;
            uint8_t labels[16];
            float best[16];
            ANK(best_classes)(operation->input, operation->input_count, z, y, x, count, format, labels, best);
            if (operation->labels) memcpy(operation->labels + row + x, labels, (size_t)count);
            if (operation->probabilities)
                ANK(write_probabilities)(operation, z, y, x, count, format, best, row + x);
        }
    }
}

static void ANK(classify)(const ank_classification *operation, int64_t item) {
    if (operation->input->format == ANK_FLOAT32)
        ANK(classify_rows)(operation, item, ANK_FLOAT32);
    else
        ANK(classify_rows)(operation, item, ANK_BFLOAT16);
}
