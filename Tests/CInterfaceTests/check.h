/* Counts checks; a failed one says where. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int passed, failed;

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (condition) {                                                                  \
            ++passed;                                                                     \
        } else {                                                                          \
            ++failed;                                                                     \
            printf("%s:%d: failed: %s; last error: %s\n", __FILE__, __LINE__, #condition, \
                   anatomynet_last_error());                                              \
        }                                                                                 \
    } while (0)

static int finish(const char *name) {
    printf("%s: %d passed, %d failed\n", name, passed, failed);
    return failed != 0;
}

#endif
