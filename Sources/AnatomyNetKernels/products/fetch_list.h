/* Rows to fetch ahead from inside the products, two lines an input channel. */
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
    int32_t position; /* lines of `next` already fetched */
    struct fetched_row rows[FETCHED_ROWS_MAX];
};

static void fetch_list_add(struct fetch_list *list, const void *from, int64_t bytes) {
    if (list->count == FETCHED_ROWS_MAX) return;
    list->rows[list->count++] = (struct fetched_row){from, (int32_t)((bytes + 63) / 64)};
}

/* The next `lines` lines to fetch. Where a row ends earlier, lines before are
 * fetched again rather than lines behind it. */
static struct fetch fetch_list_take(struct fetch_list *list, int32_t lines, const float *harmless) {
    if (list->next == list->count) return (struct fetch){(const char *)harmless, 0};
    const struct fetched_row *row = &list->rows[list->next];
    const int32_t left = row->lines - list->position;
    const char *from = row->from + 64 * (int64_t)list->position;
    if (left <= lines) {
        if (row->lines >= lines) from = row->from + 64 * (int64_t)(row->lines - lines);
        list->next++;
        list->position = 0;
    } else {
        list->position += lines;
    }
    return (struct fetch){from, 128};
}

#endif
