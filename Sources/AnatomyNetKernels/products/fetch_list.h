/* Rows to fetch ahead into the second-level cache from inside the products, a line an input channel. */
#ifndef FETCH_LIST_H
#define FETCH_LIST_H

#include "product.h"

/* Rows of outputs, of residuals and of the next inputs. Beyond this many (hundreds of channels) the
 * products take so long that fetching ahead no longer matters. */
enum { FETCHED_ROWS_MAX = 512 };

struct fetched_row {
    const char *from;
    int32_t lines;
};

struct fetch_list {
    int32_t count, next;
    int32_t position;    /* lines of `next` already fetched */
    int64_t runs, takes; /* so many runs of lines are handed out in so many takes */
    int64_t due;         /* of a run, in takes */
    struct fetched_row rows[FETCHED_ROWS_MAX];
};

static void fetch_list_clear(struct fetch_list *list) { list->count = list->next = list->position = 0; }

static void fetch_list_add(struct fetch_list *list, const void *from, int64_t bytes) {
    if (list->count == FETCHED_ROWS_MAX) return;
    list->rows[list->count++] = (struct fetched_row){from, (int32_t)((bytes + LINE_BYTES - 1) / LINE_BYTES)};
}

/* Spreads what is in the list evenly over so many takes of `lines` lines each. All at once, it would
 * hold up the products' own loads, and by the time it is wanted some of it would have left the cache
 * again. */
static void fetch_list_spread(struct fetch_list *list, int64_t takes, int32_t lines) {
    list->due = list->runs = 0;
    for (int32_t r = 0; r < list->count; r++) list->runs += (list->rows[r].lines + lines - 1) / lines;
    list->takes = takes > list->runs ? takes : list->runs;
}

/* The first of the next `lines` lines to fetch, if it is their turn; else NULL. Where a row ends earlier,
 * lines before are fetched again rather than lines behind it. */
static const char *fetch_list_take(struct fetch_list *list, int32_t lines) {
    list->due += list->runs;
    if (list->due < list->takes || list->next == list->count) return NULL;
    list->due -= list->takes;
    const struct fetched_row *row = &list->rows[list->next];
    const int32_t left = row->lines - list->position;
    const char *from = row->from + LINE_BYTES * (int64_t)list->position;
    if (left <= lines) {
        if (row->lines >= lines) from = row->from + LINE_BYTES * (int64_t)(row->lines - lines);
        list->next++;
        list->position = 0;
    } else {
        list->position += lines;
    }
    return from;
}

#endif
