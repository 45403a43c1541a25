#include "anatomynet_system.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A huge page of x86-64 and of aarch64 with 4 KB pages. Requests of at least one start on such a
 * boundary; smaller ones come from malloc's relatives. */
static const size_t huge_page = (size_t)2 << 20;

static size_t rounded_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

void *ans_allocate(size_t bytes) {
    if (bytes < huge_page) {
        void *memory = NULL;
        return posix_memalign(&memory, 64, bytes ? bytes : 1) == 0 ? memory : NULL;
    }
    if (bytes > SIZE_MAX / 2) return NULL;
    size_t size = rounded_up(bytes, huge_page);
    /* Ask for one huge page more than needed and give back what lies outside the boundary. */
    char *mapping = mmap(NULL, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) return NULL;
    char *memory = (char *)rounded_up((size_t)mapping, huge_page);
    size_t before = (size_t)(memory - mapping);
    if (before > 0) munmap(mapping, before);
    munmap(memory + size, huge_page - before);
#ifdef MADV_HUGEPAGE
    madvise(memory, size, MADV_HUGEPAGE);
#endif
    return memory;
}

void ans_populate(void *memory, size_t bytes) {
#ifdef MADV_POPULATE_WRITE
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t first = rounded_up((size_t)memory, page), end = ((size_t)memory + bytes) / page * page;
    /* Linux before 5.14 refuses, and then provides pages where they are first written. */
    if (first < end) madvise((void *)first, end - first, MADV_POPULATE_WRITE);
#else
    (void)memory, (void)bytes;
#endif
}

void ans_deallocate(void *memory, size_t bytes) {
    if (memory == NULL) return;
    if (bytes < huge_page) {
        free(memory);
    } else {
        munmap(memory, rounded_up(bytes, huge_page));
    }
}
