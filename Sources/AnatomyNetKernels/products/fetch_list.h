/* Rows to fetch ahead into the caches from inside the products, a few bytes for every other or every input channel. */
#ifndef FETCH_LIST_H
#define FETCH_LIST_H

#include <stddef.h>
#include <stdint.h>

enum { LINE_BYTES = 64 };

/* Rows of outputs, of residuals and of the next inputs. Beyond this many (hundreds of channels) the
 * products take so long that fetching ahead no longer matters. */
enum { FETCHED_ROWS_MAX = 512 };

struct fetched_row {
    const char *from;
    int64_t bytes;
};

struct fetch_list {
    const char *position, *end; /* what to fetch next of the row before `next`, and where that row ends */
    int64_t step;               /* bytes a prefetch */
    int64_t bytes;              /* of all rows */
    int32_t count, next;
    struct fetched_row rows[FETCHED_ROWS_MAX];
};

static void fetch_list_clear(struct fetch_list *list) {
    list->count = 0;
    list->bytes = 0;
}

static void fetch_list_add(struct fetch_list *list, const void *from, int64_t bytes) {
    if (list->count == FETCHED_ROWS_MAX) return;
    list->rows[list->count++] = (struct fetched_row){from, bytes};
    list->bytes += bytes;
}

/* Goes on with the next row; after the last one, where that ended, again and again. */
static inline void fetch_list_next_row(struct fetch_list *list) {
    if (list->next == list->count) {
        list->step = 0;
        list->end = list->position + 1;
        return;
    }
    const struct fetched_row *row = &list->rows[list->next++];
    list->position = row->from;
    list->end = list->position + row->bytes;
}

/* Spreads what is in the list evenly over `prefetches`, of which there are about equally many in each of the `shares`.
 * All at once, it would hold up the products' own loads, and by the time it is wanted some of it would have left
 * the cache again. With less than a line to fetch a prefetch, some lines are fetched several times in succession,
 * which is no slower than deciding each time whether to fetch.
 *
 * Every row begins with a share of its own, and so wastes half of one on average. */
static void fetch_list_spread(struct fetch_list *list, int64_t shares, int64_t prefetches) {
    const int64_t steps = shares > 0 ? prefetches - list->count / 2 * (prefetches / shares) : 0;
    list->step = steps > 0 ? (list->bytes + steps - 1) / steps : LINE_BYTES;
    if (list->step > LINE_BYTES) list->step = LINE_BYTES;
    list->next = 0;
    list->position = list->end = (const char *)list;
    fetch_list_next_row(list);
}

#endif
