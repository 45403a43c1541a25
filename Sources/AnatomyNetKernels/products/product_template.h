/* Matrix products with all sums in registers; see product.h.
 *
 * Included with WIDE, the lanes of a full vector (16 or 8), ROWS_MAX, CHANNELS_A_TURN, QUAD_ROWS, QUAD_ROWS_MAX,
 * PREFETCHES and FETCH_LOCALITY.
 */

#define CONCATENATED(a, b) a##b
#define WITH_WIDTH(name, width) CONCATENATED(name, width)
#define WIDE_VECTOR WITH_WIDTH(vector_, WIDE)
#define LOAD_WIDE WITH_WIDTH(load_, WIDE)
#define STORE_WIDE WITH_WIDTH(store_, WIDE)
#define SPLAT_WIDE WITH_WIDTH(splat_, WIDE)
#define LOAD_QUAD WITH_WIDTH(load_quad_, WIDE)
#define SPLAT_OF_QUAD WITH_WIDTH(splat_of_quad_, WIDE)
#define LOAD_PAIR WITH_WIDTH(load_pair_, WIDE)
#define LOAD_PAIRS WITH_WIDTH(load_pairs_, WIDE)

/* sum += value * weight, in that form: left to itself, the compiler lets `value` take the sum where it is used for
 * the last time, and then moves and spills sums between the steps. It also folds the load of `value` into the
 * multiply-adds, and so loads it once for each vector; where AVX-512 has but one, that is welcome. */
#define ACCUMULATE(sum, value, weight) __asm__("vfmadd231ps %2,%1,%0" : "+v"(sum) : "v"(value), "v"(weight))

/* The sums of a portion. */
struct sums {
    WIDE_VECTOR wide[ROWS_MAX][3];
    vector_8 narrow[ROWS_MAX];
};

/* In what follows, numbers of rows, vectors and channels are constants after inlining, as is `step`: floats from row
 * to row of all that is read and written, or ANY_STEP. */
enum { ANY_STEP = 0 };

/* Where the distance of rows is a constant, all of them are at constant distances from one pointer. Otherwise an
 * address can express the distance once, twice and four times; with two more multiples of it a pointer does for six
 * rows. */
enum { ANY_ROWS_A_POINTER = 6, POINTERS_MAX = (ROWS_MAX - 1) / ANY_ROWS_A_POINTER + 1 };
ANK_INLINE int rows_a_pointer(const int step) { return step == ANY_STEP ? ANY_ROWS_A_POINTER : ROWS_MAX; }

/* Bytes from row to row, and multiples of it. */
struct distances {
    int64_t one, three, five;
};

ANK_INLINE struct distances distances_of(const int step, int64_t floats) {
    if (step != ANY_STEP) return (struct distances){.one = step * (int64_t)sizeof(float)};
    const int64_t one = floats * (int64_t)sizeof(float);
    struct distances distances = {one, 3 * one, 5 * one};
    __asm__("" : "+r"(distances.three), "+r"(distances.five));
    return distances;
}

/* From a pointer's first row to the one that it does for `row`. */
ANK_INLINE int64_t distance_of(const int row, const int step, const struct distances *distances) {
    if (step != ANY_STEP) return row * distances->one;
    const int64_t multiples[ANY_ROWS_A_POINTER] = {0, distances->one, 2 * distances->one, distances->three,
                                                   4 * distances->one, distances->five};
    return multiples[row % ANY_ROWS_A_POINTER];
}

/* Where the sums of a portion go. */
struct destination {
    char *wide[3], *narrow;
    struct distances wide_rows, narrow_rows;
};

/* What a portion reads. */
struct reading {
    const char *from[POINTERS_MAX]; /* of the rows 0, rows_a_pointer() ... */
    struct distances rows;
    const float *wide_weights, *narrow_weights;
    const char *fetched;
    int64_t fetch_step;
};

ANK_INLINE void store_row(const int row, const int wide, const int narrow, const int step,
                          const struct destination *destination, const struct sums *sums) {
    const int64_t before = row / rows_a_pointer(step) * rows_a_pointer(step);
#pragma clang loop unroll(full)
    for (int n = 0; n < wide; n++)
        STORE_WIDE((float *)(destination->wide[n] + before * destination->wide_rows.one
                             + distance_of(row, step, &destination->wide_rows)),
                   sums->wide[row][n]);
    if (narrow)
        store_8((float *)(destination->narrow + before * destination->narrow_rows.one
                          + distance_of(row, step, &destination->narrow_rows)),
                sums->narrow[row]);
}

/* A row's value in float, `channel` further. */
ANK_INLINE const float *value_in(const struct reading *reading, const int row, const int step, const int channel) {
    return (const float *)(reading->from[row / rows_a_pointer(step)] + distance_of(row, step, &reading->rows)
                           + 4 * channel);
}

/* The values of a turn's four channels for the first rows of a portion, a vector each. With one vector of outputs
 * every multiply-add takes a value of its own, two a cycle, and that is all that two ports for 64-byte loads can do:
 * weights, stores and what comes in from the second-level cache then take time of their own. A row in a register needs
 * one load for four multiply-adds, and four instructions that permute it, for which there are other ports. */
struct quads {
    WIDE_VECTOR row[QUAD_ROWS_MAX];
};

ANK_INLINE void load_quads(const int rows, const int vectors, const int step, const struct reading *reading,
                           struct quads *quads) {
#pragma clang loop unroll(full)
    for (int r = 0; r < QUAD_ROWS(rows, vectors); r++) {
        quads->row[r] = LOAD_QUAD(value_in(reading, r, step, 0));
        /* Lest the compiler load each of the four by itself. */
        __asm__("" : "+v"(quads->row[r]));
    }
}

/* Adds the products of one channel to the sums of `rows` rows. The first channel of a portion begins them, and
 * on the way stores `stored` rows of the portion before; for other channels, that is NOT_FIRST. `quads` is NULL
 * where all values come from memory.
 *
 * Twelve stores in a burst after a portion's last channel cost a Zen 3 20 cycles, beside the 84 of 14 channels;
 * among the multiplications of the next portion they cost 1 to 3. */
enum { NOT_FIRST = -1 };
ANK_INLINE void multiply_channel(const int rows, const int wide, const int narrow, const int step, const int channel,
                                 const int stored, const struct reading *reading, const struct quads *quads,
                                 const struct destination *carried, struct sums *sums) {
    WIDE_VECTOR w[3];
    vector_8 narrow_w = splat_8(0);
#pragma clang loop unroll(full)
    for (int n = 0; n < wide; n++) w[n] = LOAD_WIDE(reading->wide_weights + (channel * wide + n) * WIDE);
    if (narrow) narrow_w = load_8(reading->narrow_weights + channel * 8);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        if (r < stored) store_row(r, wide, narrow, step, carried, sums);
        const int in_quad = quads && r < QUAD_ROWS(rows, wide + narrow);
        const WIDE_VECTOR value =
            in_quad ? SPLAT_OF_QUAD(quads->row[r], channel) : SPLAT_WIDE(*value_in(reading, r, step, channel));
#pragma clang loop unroll(full)
        for (int n = 0; n < wide; n++) {
            if (stored != NOT_FIRST)
                sums->wide[r][n] = value * w[n];
            else if (wide + narrow == 1 && WIDE == 16)
                sums->wide[r][n] = __builtin_elementwise_fma(value, w[n], sums->wide[r][n]);
            else
                ACCUMULATE(sums->wide[r][n], value, w[n]);
        }
        if (narrow) {
            const vector_8 low = (vector_8)__builtin_shufflevector(value, value, 0, 1, 2, 3, 4, 5, 6, 7);
            if (stored != NOT_FIRST)
                sums->narrow[r] = low * narrow_w;
            else if (wide + narrow == 1)
                sums->narrow[r] = multiply_add_8(low, narrow_w, sums->narrow[r]);
            else
                ACCUMULATE(sums->narrow[r], low, narrow_w);
        }
    }
}

ANK_INLINE void prefetch_next(const int count, struct reading *reading) {
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
        __builtin_prefetch(reading->fetched, 0, FETCH_LOCALITY);
        reading->fetched += reading->fetch_step;
    }
}

/* Where a portion's rows are: so many bytes and, where their distance is no constant, rows from the first. */
struct place {
    int64_t bytes, rows;
};

ANK_INLINE void move_on(struct place *place, const int rows, const int step) {
    if (step == ANY_STEP)
        place->rows += rows;
    else
        place->bytes += rows * step * (int64_t)sizeof(float);
}

ANK_INLINE int64_t bytes_to(const struct place *place, const int step, const struct distances *rows) {
    return place->bytes + (step == ANY_STEP ? place->rows * rows->one : 0);
}

ANK_INLINE void begin_source(const int rows, const int step, const struct source *source, const struct place *place,
                             struct reading *reading) {
    reading->rows = distances_of(step, source->step);
    const char *from = (const char *)source->values + bytes_to(place, step, &reading->rows);
#pragma clang loop unroll(full)
    for (int i = 0; i < (rows - 1) / rows_a_pointer(step) + 1; i++) {
        reading->from[i] = from;
        if (step == ANY_STEP) __asm__("" : "+r"(reading->from[i]));
        from += rows_a_pointer(step) * reading->rows.one;
    }
}

ANK_INLINE void advance(const int rows, const int wide, const int narrow, const int step, const int channels,
                        struct reading *reading) {
#pragma clang loop unroll(full)
    for (int i = 0; i < (rows - 1) / rows_a_pointer(step) + 1; i++) reading->from[i] += 4 * channels;
    reading->wide_weights += channels * wide * WIDE;
    reading->narrow_weights += channels * narrow * 8;
}

/* The part of the fetch list that portions need; it stays in registers from one to the next. */
struct fetching {
    const char *position, *end;
    int64_t step;
};

ANK_INLINE struct fetching fetching_of(const struct fetch_list *list) {
    return (struct fetching){list->position, list->end, list->step};
}

/* The sums of a portion. `stored` rows of those in `sums` before go to `carried`. */
ANK_INLINE void multiply_portion(const int rows, const int wide, const int narrow, const int step, const int stored,
                                 const struct product *p, const struct source *sources, const float *weights,
                                 const struct place *place, const struct destination *carried,
                                 struct fetching *fetching, struct sums *sums) {
    const int vectors = wide + narrow, turn_channels = CHANNELS_A_TURN(vectors);
    struct reading reading = {
        .wide_weights = weights,
        .narrow_weights = weights + p->channels * wide * WIDE,
        .fetched = fetching->position,
        .fetch_step = fetching->step,
    };
    const struct source *source = sources;
    const struct source *const end = source + p->source_count;
    begin_source(rows, step, source, place, &reading);
    multiply_channel(rows, wide, narrow, step, 0, stored, &reading, NULL, carried, sums);
    advance(rows, wide, narrow, step, 1, &reading);
    int32_t left = source->channels - 1;
    for (;;) {
        for (; left >= turn_channels; left -= turn_channels) {
            struct quads quads;
            load_quads(rows, vectors, step, &reading, &quads);
#pragma clang loop unroll(full)
            for (int k = 0; k < turn_channels; k++) {
                prefetch_next(PREFETCHES(k, vectors), &reading);
                multiply_channel(rows, wide, narrow, step, k, NOT_FIRST, &reading, &quads, carried, sums);
            }
            advance(rows, wide, narrow, step, turn_channels, &reading);
        }
#pragma clang loop unroll(full)
        for (int turn = turn_channels / 2; turn > 0; turn /= 2) {
            if (!(left & turn)) continue;
#pragma clang loop unroll(full)
            for (int k = 0; k < turn; k++) {
                prefetch_next(PREFETCHES(k, vectors), &reading);
                multiply_channel(rows, wide, narrow, step, k, NOT_FIRST, &reading, NULL, carried, sums);
            }
            advance(rows, wide, narrow, step, turn, &reading);
        }
        if (++source == end) break;
        begin_source(rows, step, source, place, &reading);
        left = source->channels;
    }
    fetching->position = reading.fetched;
    if (fetching->position < fetching->end) return;
    p->fetches->position = fetching->position;
    fetch_list_next_row(p->fetches);
    *fetching = fetching_of(p->fetches);
}

ANK_INLINE void set_destination(const int wide, const int narrow, const int step, const struct target *target,
                                const struct place *place, struct destination *destination) {
#pragma clang loop unroll(full)
    for (int n = 0; n < wide; n++)
        destination->wide[n] = (char *)target->wide[n] + bytes_to(place, step, &destination->wide_rows);
    if (narrow) destination->narrow = (char *)target->narrow + bytes_to(place, step, &destination->narrow_rows);
}

/* `rows` x (`wide` + `narrow`) accumulators. */
ANK_INLINE void multiply(const int rows, const int wide, const int narrow, const int step, const struct product *p) {
    struct sums sums;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int n = 0; n < wide; n++) sums.wide[r][n] = SPLAT_WIDE(0);
        sums.narrow[r] = splat_8(0);
    }
    /* The first portion finds zeros to store; they go where its own sums will go. */
    int64_t displacement = p->displacement * (int64_t)sizeof(float);
    struct destination carried = {.wide_rows = distances_of(step, p->wide_step)};
    if (narrow) carried.narrow_rows = distances_of(step, p->narrow_step);
    set_destination(wide, narrow, step, p->targets, &(struct place){.bytes = displacement}, &carried);
    int carried_rows = rows;

    struct fetching fetching = fetching_of(p->fetches);
    const struct source *sources = p->sources;
    const float *point_weights = p->weights;
    for (int32_t point = 0; point < p->points; point++) {
        const float *weights = point_weights;
        for (int32_t pass = 0; pass < p->passes; pass++, weights += p->channels * (wide * WIDE + narrow * 8)) {
            struct place place = {.bytes = displacement};
            for (int32_t left = p->longer; left > 0; left--, move_on(&place, rows, step)) {
                if (carried_rows == rows) store_row(rows - 1, wide, narrow, step, &carried, &sums);
                multiply_portion(rows, wide, narrow, step, rows - 1, p, sources, weights, &place, &carried, &fetching,
                                 &sums);
                set_destination(wide, narrow, step, &p->targets[pass], &place, &carried);
                carried_rows = rows;
            }
            if (rows == 1) continue;
            for (int32_t left = p->shorter; left > 0; left--, move_on(&place, rows - 1, step)) {
                if (carried_rows == rows) store_row(rows - 1, wide, narrow, step, &carried, &sums);
                multiply_portion(rows - 1, wide, narrow, step, rows - 1, p, sources, weights, &place, &carried,
                                 &fetching, &sums);
                set_destination(wide, narrow, step, &p->targets[pass], &place, &carried);
                carried_rows = rows - 1;
            }
        }
        displacement += p->point_step * (int64_t)sizeof(float);
        sources += p->source_count;
        point_weights += p->weights_step;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows - 1; r++) store_row(r, wide, narrow, step, &carried, &sums);
    if (carried_rows == rows) store_row(rows - 1, wide, narrow, step, &carried, &sums);
    p->fetches->position = fetching.position;
}

/* For the instruction sets' tables: products of rows at any distances, and also of rows that are BLOCK_LANES floats
 * apart. */
#define MULTIPLY_ANY(rows, wide, narrow)                                             \
    static void multiply_any_##rows##_##wide##_##narrow(const struct product *p) {   \
        multiply(rows, wide, narrow, ANY_STEP, p);                                   \
    }
#define MULTIPLY(rows, wide, narrow)                                                 \
    MULTIPLY_ANY(rows, wide, narrow)                                                 \
    static void multiply_##rows##_##wide##_##narrow(const struct product *p) {       \
        multiply(rows, wide, narrow, BLOCK_LANES, p);                                \
    }
