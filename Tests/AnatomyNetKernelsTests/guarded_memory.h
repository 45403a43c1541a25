/* Memory between two pages that must not be touched. */
#ifndef GUARDED_MEMORY_H
#define GUARDED_MEMORY_H

#include <stddef.h>

/* Which end of the memory touches a guard page; the other is up to a page away from one. */
enum guard_side { GUARD_BEFORE, GUARD_BEHIND };

struct guarded_memory {
    void *data;
    void *mapping;
    size_t mapping_bytes;
};

/* Exits the process where the system has no memory. */
struct guarded_memory guarded_memory_create(size_t bytes, enum guard_side side);
void guarded_memory_free(struct guarded_memory *memory);

#endif
