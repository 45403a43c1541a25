/* LD_PRELOAD shim that refuses one allocation above 64 KB, the n-th since it was armed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/types.h>

static const size_t smallest = 65536;
static _Atomic long remaining = 0; /* 0: nothing is refused */
static _Atomic long seen = 0;

/* Refuses the n-th large allocation from now on; 0: none. */
void refuse_arm(long n) {
    atomic_store(&seen, 0);
    atomic_store(&remaining, n);
}

/* Large allocations since then. */
long refuse_seen(void) { return atomic_load(&seen); }

static int refused(size_t bytes) {
    if (bytes <= smallest) return 0;
    atomic_fetch_add(&seen, 1);
    if (atomic_load(&remaining) <= 0) return 0;
    return atomic_fetch_sub(&remaining, 1) == 1;
}

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static void *out_of_memory(void) {
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t bytes) { return refused(bytes) ? out_of_memory() : __libc_malloc(bytes); }

void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || refused(bytes)) return out_of_memory();
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t bytes) { return refused(bytes) ? out_of_memory() : __libc_realloc(old, bytes); }

void *aligned_alloc(size_t alignment, size_t bytes) {
    return refused(bytes) ? out_of_memory() : __libc_memalign(alignment, bytes);
}

void *memalign(size_t alignment, size_t bytes) { return aligned_alloc(alignment, bytes); }

int posix_memalign(void **result, size_t alignment, size_t bytes) {
    void *memory = refused(bytes) ? NULL : __libc_memalign(alignment, bytes);
    if (memory == NULL) return ENOMEM;
    *result = memory;
    return 0;
}

void *mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset) {
    static void *(*_Atomic next)(void *, size_t, int, int, int, off_t);
    void *(*real)(void *, size_t, int, int, int, off_t) = atomic_load(&next);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "mmap");
        atomic_store(&next, real);
    }
    if (flags & MAP_ANONYMOUS && refused(bytes)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return real(address, bytes, protection, flags, file, offset);
}
