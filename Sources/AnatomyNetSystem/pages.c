#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "anatomynet_system.h"

#if defined(MADV_POPULATE_WRITE) && defined(MADV_HUGEPAGE)

/* Nanoseconds of processor time, the system's share included, that the calling thread has used. Time
 * in which it waited for a processor says nothing about pages. */
static uint64_t thread_time(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) return 0;
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Above the 0.1 to 0.3 ms that clearing 2 MB takes, below the 5 ms at least of a piece that the host had
 * taken. */
static const uint64_t dear = 2000000;

int32_t ans_populate(void *memory, size_t bytes, int32_t small, int32_t *huge_pages_are_dear) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole_pages = bytes / page * page;
    if (whole_pages == 0) return 1;
    const bool as_huge =
        bytes == ANS_HUGE_PAGE && !small && !__atomic_load_n(huge_pages_are_dear, __ATOMIC_RELAXED);
    madvise(memory, whole_pages, as_huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    const uint64_t began = thread_time();
    if (madvise(memory, whole_pages, MADV_POPULATE_WRITE) != 0) {
        /* Before Linux 5.14 pages come where they are first written; the fewer of them the better. */
        if (errno == EINVAL) madvise(memory, whole_pages, MADV_HUGEPAGE);
        return 0;
    }
    if (as_huge && thread_time() - began > dear) __atomic_store_n(huge_pages_are_dear, 1, __ATOMIC_RELAXED);
    return !as_huge;
}

int32_t ans_vacate(void *memory, size_t bytes, int32_t small) {
    struct rlimit address_space;
    if (getrlimit(RLIMIT_AS, &address_space) != 0 || address_space.rlim_cur != RLIM_INFINITY) return 0;
    const size_t stays = small ? (size_t)sysconf(_SC_PAGESIZE) : 0;
    if (bytes <= stays) return 1;
    return madvise((char *)memory + stays, bytes - stays, MADV_DONTNEED) == 0;
}

#else

int32_t ans_populate(void *memory, size_t bytes, int32_t small, int32_t *huge_pages_are_dear) {
    (void)memory, (void)bytes, (void)small, (void)huge_pages_are_dear;
    return 0;
}

int32_t ans_vacate(void *memory, size_t bytes, int32_t small) {
    (void)memory, (void)bytes, (void)small;
    return 0;
}

#endif
