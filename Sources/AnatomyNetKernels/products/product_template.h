/* Matrix products with all sums in registers; see product.h.
 *
 * Included with WIDE, the lanes of a full vector (16 or 8), ROWS_MAX, and CHANNELS_A_TURN.
 */

#define CONCATENATED(a, b) a##b
#define WITH_WIDTH(name, width) CONCATENATED(name, width)
#define WIDE_VECTOR WITH_WIDTH(vector_, WIDE)
#define LOAD_WIDE WITH_WIDTH(load_, WIDE)
#define STORE_WIDE WITH_WIDTH(store_, WIDE)
#define SPLAT_WIDE WITH_WIDTH(splat_, WIDE)

/* The sums of a portion. */
struct sums {
    WIDE_VECTOR wide[ROWS_MAX][3];
    vector_8 narrow[ROWS_MAX];
};

/* Where they go: those of vector n and row r to to[n] + r * steps[n]. */
struct destination {
    float *to[3];
    int64_t steps[3];
};

/* What a portion reads: rows are `step`, step3 / 3, step5 / 5 bytes apart. Pointer i is for the rows from
 * ROWS_A_POINTER * i on: so few that their distances are what addresses can express. */
enum { ROWS_A_POINTER = 6, POINTERS_MAX = (ROWS_MAX - 1) / ROWS_A_POINTER + 1 };
struct reading {
    const char *from[POINTERS_MAX];
    int64_t step, step3, step5;
    const float *wide_weights, *narrow_weights;
    const char *fetched;
    int64_t fetch_step;
};

/* The arguments before `reading` are constants in what follows; `wide` and `narrow` are vectors. */

ANK_INLINE float value_of_row(const int row, const int channel, const struct reading *reading) {
    const char *from = reading->from[row / ROWS_A_POINTER];
    const int64_t distances[ROWS_A_POINTER] = {0, reading->step, 2 * reading->step, reading->step3, 4 * reading->step,
                                               reading->step5};
    return *(const float *)(from + distances[row % ROWS_A_POINTER] + 4 * channel);
}

ANK_INLINE void store_row(const int row, const int wide, const int narrow, const struct destination *destination,
                          const struct sums *sums) {
#pragma clang loop unroll(full)
    for (int n = 0; n < wide; n++) STORE_WIDE(destination->to[n] + row * destination->steps[n], sums->wide[row][n]);
    if (narrow) store_8(destination->to[wide] + row * destination->steps[wide], sums->narrow[row]);
}

/* Adds the products of one channel to the sums of `rows` rows. The first channel of a portion begins them,
 * and stores those of the portion before on the way. */
ANK_INLINE void multiply_channel(const int rows, const int wide, const int narrow, const int channel,
                                 const int is_first, const struct reading *reading,
                                 const struct destination *carried, struct sums *sums) {
    WIDE_VECTOR w[3];
    vector_8 narrow_w = splat_8(0);
#pragma clang loop unroll(full)
    for (int n = 0; n < wide; n++) w[n] = LOAD_WIDE(reading->wide_weights + (channel * wide + n) * WIDE);
    if (narrow) narrow_w = load_8(reading->narrow_weights + channel * 8);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        if (is_first) store_row(r, wide, narrow, carried, sums);
        const WIDE_VECTOR value = SPLAT_WIDE(value_of_row(r, channel, reading));
#pragma clang loop unroll(full)
        for (int n = 0; n < wide; n++) {
            if (is_first)
                sums->wide[r][n] = value * w[n];
            else
                ACCUMULATE(sums->wide[r][n], value, w[n]);
        }
        if (narrow) {
            const vector_8 low = (vector_8)__builtin_shufflevector(value, value, 0, 1, 2, 3, 4, 5, 6, 7);
            sums->narrow[r] = is_first ? low * narrow_w : __builtin_elementwise_fma(low, narrow_w, sums->narrow[r]);
        }
    }
}

ANK_INLINE void prefetch_next(struct reading *reading) {
    __builtin_prefetch(reading->fetched, 0, 2);
    reading->fetched += reading->fetch_step;
}

ANK_INLINE void begin_source(const int rows, const struct source *source, int64_t displacement, int64_t first_row,
                             struct reading *reading) {
    const int64_t step = source->step * (int64_t)sizeof(float);
    const char *from = (const char *)(source->values + displacement) + first_row * step;
    reading->step = step;
    reading->step3 = 3 * step;
    reading->step5 = 5 * step;
    __asm__("" : "+r"(reading->step3), "+r"(reading->step5));
#pragma clang loop unroll(full)
    for (int i = 0; i < (rows - 1) / ROWS_A_POINTER + 1; i++) {
        reading->from[i] = from;
        __asm__("" : "+r"(reading->from[i]));
        from += ROWS_A_POINTER * step;
    }
}

ANK_INLINE void advance(const int rows, const int wide, const int narrow, const int channels, struct reading *reading) {
#pragma clang loop unroll(full)
    for (int i = 0; i < (rows - 1) / ROWS_A_POINTER + 1; i++) reading->from[i] += 4 * channels;
    reading->wide_weights += channels * wide * WIDE;
    reading->narrow_weights += channels * narrow * 8;
}

ANK_INLINE void multiply_portion(const int rows, const int wide, const int narrow, const struct product *p,
                                 int64_t first_row, const struct destination *carried, struct sums *sums) {
    const struct fetch_share share = fetch_list_share(p->fetches, p->wide_weights);
    struct reading reading = {
        .wide_weights = p->wide_weights,
        .narrow_weights = p->narrow_weights,
        .fetched = share.from,
        .fetch_step = share.step,
    };
    const struct source *source = p->sources;
    const struct source *const end = source + p->source_count;
    begin_source(rows, source, p->displacement, first_row, &reading);
    multiply_channel(rows, wide, narrow, 0, 1, &reading, carried, sums);
    advance(rows, wide, narrow, 1, &reading);
    int32_t left = source->channels - 1;
    for (;;) {
        for (; left >= CHANNELS_A_TURN; left -= CHANNELS_A_TURN) {
#pragma clang loop unroll(full)
            for (int k = 0; k < CHANNELS_A_TURN; k++) {
                if (k % 2 == 0) prefetch_next(&reading);
                multiply_channel(rows, wide, narrow, k, 0, &reading, carried, sums);
            }
            advance(rows, wide, narrow, CHANNELS_A_TURN, &reading);
        }
#pragma clang loop unroll(full)
        for (int turn = CHANNELS_A_TURN / 2; turn > 0; turn /= 2) {
            if (!(left & turn)) continue;
            prefetch_next(&reading);
#pragma clang loop unroll(full)
            for (int k = 0; k < turn; k++) multiply_channel(rows, wide, narrow, k, 0, &reading, carried, sums);
            advance(rows, wide, narrow, turn, &reading);
        }
        if (++source == end) break;
        begin_source(rows, source, p->displacement, first_row, &reading);
        left = source->channels;
    }
}

/* `rows` x (`wide` + `narrow`) accumulators; the arguments before `p` are constants. */
ANK_INLINE void multiply(const int rows, const int wide, const int narrow, const struct product *p) {
    struct sums sums;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int n = 0; n < wide; n++) sums.wide[r][n] = SPLAT_WIDE(0);
        sums.narrow[r] = splat_8(0);
    }
    float nowhere[WIDE];
    struct destination carried;
#pragma clang loop unroll(full)
    for (int n = 0; n < wide + narrow; n++) {
        carried.to[n] = nowhere;
        carried.steps[n] = 0;
    }
    int64_t row = p->first_row;
    for (int32_t left = p->longer; left > 0; left--) {
        multiply_portion(rows, wide, narrow, p, row, &carried, &sums);
#pragma clang loop unroll(full)
        for (int n = 0; n < wide + narrow; n++) {
            carried.steps[n] = p->targets[n].step;
            carried.to[n] = p->targets[n].values + p->displacement + row * carried.steps[n];
        }
        row += rows;
    }
    int stored = rows;
    if (rows > 1) {
        for (int32_t left = p->shorter; left > 0; left--) {
            if (stored == rows) store_row(rows - 1, wide, narrow, &carried, &sums);
            stored = rows - 1;
            multiply_portion(rows - 1, wide, narrow, p, row, &carried, &sums);
#pragma clang loop unroll(full)
            for (int n = 0; n < wide + narrow; n++) {
                carried.steps[n] = p->targets[n].step;
                carried.to[n] = p->targets[n].values + p->displacement + row * carried.steps[n];
            }
            row += rows - 1;
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows - 1; r++) store_row(r, wide, narrow, &carried, &sums);
    if (stored == rows) store_row(rows - 1, wide, narrow, &carried, &sums);
}
