#include "guarded_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct guarded_memory guarded_memory_create(size_t bytes, enum guard_side side) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t usable = (bytes + page - 1) / page * page;
    struct guarded_memory memory = {.mapping_bytes = usable + 2 * page};
    memory.mapping = mmap(NULL, memory.mapping_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory.mapping == MAP_FAILED
        || (usable && mprotect((char *)memory.mapping + page, usable, PROT_READ | PROT_WRITE))) {
        perror("guarded memory");
        exit(2);
    }
    memory.data = (char *)memory.mapping + page + (side == GUARD_BEHIND ? usable - bytes : 0);
    return memory;
}

void guarded_memory_free(struct guarded_memory *memory) {
    munmap(memory->mapping, memory->mapping_bytes);
    memory->mapping = NULL;
}
