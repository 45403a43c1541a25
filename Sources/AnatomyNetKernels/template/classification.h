/* Softmax and arg-max. A voxel's classes lie side by side, so each step works on all of them at once. */

#include <math.h>

/* e to the power of values that are not positive. With n = round(v / ln 2), e^v = 2^n e^r, and a
 * polynomial of degree 6 gives e^r on |r| <= ln 2 / 2 within 2e-8 relative; ln 2 is subtracted in
 * two parts so that r keeps its bits. Below -87 the result is below the smallest normal number and
 * becomes that of -87. */
ANK_INLINE vector_16 ANK(exponential)(vector_16 value) {
    const vector_16 lowest = splat_16(-87.0f);
    value = value > lowest ? value : lowest;
    /* Adding and subtracting 1.5 * 2^23 rounds to an integer, which then stands in the low bits. */
    const vector_16 rounding = splat_16(12582912.0f);
    vector_16 shifted = value * splat_16(1.44269504f) + rounding;
    vector_16 whole = shifted - rounding;
    words_16 exponent = (words_16)shifted - (words_16)rounding;
    vector_16 rest = value - whole * splat_16(0.693359375f);
    rest = rest - whole * splat_16(-2.12194440e-4f);
    vector_16 power = splat_16(1.0f / 720);
    power = power * rest + splat_16(1.0f / 120);
    power = power * rest + splat_16(1.0f / 24);
    power = power * rest + splat_16(1.0f / 6);
    power = power * rest + splat_16(0.5f);
    power = power * rest + splat_16(1.0f);
    power = power * rest + splat_16(1.0f);
    return (vector_16)((words_16)power + (exponent << 23));
}

ANK_INLINE float ANK(lane_sum)(vector_16 v) {
    v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    return v[0] + v[1];
}

/* Sixteen voxels of sixteen classes become sixteen classes of sixteen voxels: interleaving the
 * first half of the rows with the second, four times, rotates the four bits of the row's number
 * into those of the lane's. */
ANK_INLINE void ANK(transpose)(vector_16 rows[16]) {
#pragma clang loop unroll(full)
    for (int stage = 0; stage < 4; stage += 1) {
        vector_16 next[16];
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

/* The logits of one voxel of a block; lanes without a class are 0. */
ANK_INLINE vector_16 ANK(voxel)(const ank_block *input, int32_t z, int32_t y, int32_t x, const int32_t format) {
    return load_lanes(value_at(block_row(input, z, y), (int64_t)x * input->lanes, format), input->lanes, format);
}

/* The same with lanes without a class below every logit. */
ANK_INLINE vector_16 ANK(without_idle_lanes)(vector_16 voxel, const ank_block *input) {
    const words_16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return lane < input->channels ? voxel : splat_16(-INFINITY);
}

/* Logits, the largest of so many neighbouring classes, and which class each is. */
struct ANK(candidates) {
    vector_16 logits;
    words_16 classes;
};

/* Of two classes of the same voxel each, the larger; of equal ones the first. */
ANK_INLINE struct ANK(candidates) ANK(larger)(struct ANK(candidates) first, struct ANK(candidates) second) {
    const words_16 is_second = second.logits > first.logits;
    return (struct ANK(candidates)){
        is_second ? second.logits : first.logits,
        is_second ? second.classes : first.classes,
    };
}

/* Of lanes that stand for neighbouring classes of one voxel, the larger. `stage` (constant after inlining): 0 and 1
 * compare neighbouring lanes, 2 neighbouring quarters, 3 halves. The four make sixteen voxels of sixteen lanes one
 * vector, with no shuffle that crosses quarters but in stage 2. */
ANK_INLINE struct ANK(candidates) ANK(joined)(struct ANK(candidates) a, struct ANK(candidates) b, const int stage) {
#define FIRST(a, b)                                                                                                   \
    (stage < 2    ? __builtin_shufflevector(a, b, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30)          \
     : stage == 2 ? __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27)           \
                  : __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23))
#define SECOND(a, b)                                                                                                  \
    (stage < 2    ? __builtin_shufflevector(a, b, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31)          \
     : stage == 2 ? __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31)         \
                  : __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
    const struct ANK(candidates) first = {FIRST(a.logits, b.logits), FIRST(a.classes, b.classes)};
    const struct ANK(candidates) second = {SECOND(a.logits, b.logits), SECOND(a.classes, b.classes)};
    return ANK(larger)(first, second);
#undef FIRST
#undef SECOND
}

/* Labels and largest logits of `count` voxels of a row, from x on; those of the rest of sixteen are arbitrary. Where a
 * logit is no finite number, *nonfinite becomes 1, unless it is NULL. */
ANK_INLINE void ANK(best_classes)(const ank_block *blocks, int32_t block_count, int32_t z, int32_t y, int32_t x,
                                  int32_t count, const int32_t format, uint8_t labels[16], float best[16],
                                  int32_t *nonfinite) {
    typedef uint8_t bytes16 __attribute__((vector_size(16)));
    const words_16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    vector_16 zeros = splat_16(0); /* NaN where something else was NaN or infinite */
    struct ANK(candidates) winners = {splat_16(-INFINITY), (words_16)0};
    for (int32_t block = 0, first = 0; block < block_count; first += blocks[block].channels, block += 1) {
        struct ANK(candidates) voxels[16];
#pragma clang loop unroll(full)
        for (int voxel = 0; voxel < 16; voxel += 1) {
            voxels[voxel] = (struct ANK(candidates)){splat_16(-INFINITY), lane + first};
            if (voxel >= count) continue;
            const vector_16 logits = ANK(voxel)(&blocks[block], z, y, x + voxel, format);
            zeros += logits * 0;
            voxels[voxel].logits = ANK(without_idle_lanes)(logits, &blocks[block]);
        }
#pragma clang loop unroll(full)
        for (int stage = 0; stage < 4; stage += 1)
#pragma clang loop unroll(full)
            for (int i = 0; i < 8 >> stage; i += 1) voxels[i] = ANK(joined)(voxels[2 * i], voxels[2 * i + 1], stage);
        winners = ANK(larger)(winners, voxels[0]);
    }
    if (nonfinite && ANK(lane_sum)(zeros) != 0) __atomic_store_n(nonfinite, 1, __ATOMIC_RELAXED);
    const bytes16 classes = __builtin_convertvector(winners.classes, bytes16);
    memcpy(labels, &classes, sizeof classes);
    store_lanes(best, 16, winners.logits, ANK_FLOAT32);
}

/* Writes the probabilities of the same voxels, the first of which is number `place` of each class. */
ANK_INLINE void ANK(write_probabilities)(const ank_classification *operation, int32_t z, int32_t y, int32_t x,
                                         int32_t count, const int32_t format, const float best[16], int64_t place) {
    float totals[16] = {0};
    for (int32_t pass = 0, first = 0; pass < 2; pass += 1) {
        for (int32_t block = 0; block < operation->input_count; block += 1) {
            const ank_block *input = &operation->input[block];
            vector_16 powers[16];
            for (int32_t voxel = 0; voxel < 16; voxel += 1) {
                powers[voxel] = (vector_16)0;
                if (voxel >= count) continue;
                const vector_16 logits = ANK(without_idle_lanes)(ANK(voxel)(input, z, y, x + voxel, format), input);
                powers[voxel] = ANK(exponential)(logits - splat_16(best[voxel]));
                powers[voxel] = logits > splat_16(-INFINITY) ? powers[voxel] : (vector_16)0;
                if (pass == 0) totals[voxel] += ANK(lane_sum)(powers[voxel]);
            }
            if (pass == 0) continue;
            ANK(transpose)(powers);
            const vector_16 total = load_lanes(totals, 16, ANK_FLOAT32);
            for (int32_t channel = 0; channel < input->channels; channel += 1) {
                if (!operation->probabilities[first + channel]) continue;
                const vector_16 probabilities = powers[channel] / total;
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
    return row_items(operation->end_plane - operation->first_plane, operation->height);
}

ANK_INLINE void ANK(classify_rows)(const ank_classification *operation, int64_t item, const int32_t format) {
    const struct item_rows rows = rows_of_item(item, operation->height);
    const int32_t z = operation->first_plane + rows.plane;
    for (int32_t y = rows.first; y < rows.end; y += 1) {
        int64_t row = ((int64_t)rows.plane * operation->height + y) * operation->width;
        for (int32_t x = 0; x < operation->width; x += 16) {
            const int32_t left = operation->width - x, count = left < 16 ? left : 16;
            uint8_t labels[16];
            float best[16];
            ANK(best_classes)(operation->input, operation->input_count, z, y, x, count, format, labels, best,
                              operation->nonfinite);
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
