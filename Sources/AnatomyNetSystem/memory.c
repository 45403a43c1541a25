#include "anatomynet_system.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
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
    return memory;
}

#if defined(MADV_POPULATE_WRITE) && defined(MADV_HUGEPAGE)

/* Nanoseconds of processor time, the system's share included, that the calling thread has used. Time
 * in which it waited for a processor says nothing about pages. */
static uint64_t thread_time(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) return 0;
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void ans_populate(void *memory, size_t bytes, ans_page_costs *costs) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t start = rounded_up((size_t)memory, page);
    const size_t end = ((size_t)memory + bytes) / page * page;
    while (start < end) {
        const size_t boundary = rounded_up(start + 1, huge_page), stop = boundary < end ? boundary : end;
        const bool whole = stop - start == huge_page;
        const uint64_t huge = __atomic_load_n(&costs->huge, __ATOMIC_RELAXED);
        const uint64_t small = __atomic_load_n(&costs->small, __ATOMIC_RELAXED);
        /* Each kind is tried once, huge pages first, and then what cost less the last time. */
        const bool as_huge = whole && (huge == 0 || (small != 0 && huge <= small));
        madvise((void *)start, stop - start, as_huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
        const uint64_t began = thread_time();
        if (madvise((void *)start, stop - start, MADV_POPULATE_WRITE) != 0) {
            /* Linux before 5.14: pages come where they are first written, the fewer the better. */
            madvise((void *)start, end - start, MADV_HUGEPAGE);
            return;
        }
        if (whole) {
            __atomic_store_n(
                as_huge ? &costs->huge : &costs->small, thread_time() - began + 1, __ATOMIC_RELAXED);
        }
        start = stop;
    }
}

#else

void ans_populate(void *memory, size_t bytes, ans_page_costs *costs) { (void)memory, (void)bytes, (void)costs; }

#endif

void ans_deallocate(void *memory, size_t bytes) {
    if (memory == NULL) return;
    if (bytes < huge_page) {
        free(memory);
    } else {
        munmap(memory, rounded_up(bytes, huge_page));
    }
}
