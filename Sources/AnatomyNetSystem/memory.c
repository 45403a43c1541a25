#include "anatomynet_system.h"
#include "text_file.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Requests of at least one huge page start on such a boundary; smaller ones come from malloc's
 * relatives. */
static const size_t huge_page = ANS_HUGE_PAGE;

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

int32_t ans_has_room(void) {
    const size_t room = 16 << 20;
    void *mapping = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) return 0;
    munmap(mapping, room);
    return 1;
}

int32_t ans_is_address_space_limited(void) {
    const int limits[] = {RLIMIT_AS, RLIMIT_DATA};
    for (size_t index = 0; index < sizeof limits / sizeof limits[0]; index += 1) {
        struct rlimit limit;
        if (getrlimit(limits[index], &limit) != 0 || limit.rlim_cur != RLIM_INFINITY) return 1;
    }
    char mode[8];
    return ans_read_text("/proc/sys/vm/overcommit_memory", mode, sizeof mode) > 0 && mode[0] == '2';
}

void ans_deallocate(void *memory, size_t bytes) {
    if (memory == NULL) return;
    if (bytes < huge_page) {
        free(memory);
    } else {
        munmap(memory, rounded_up(bytes, huge_page));
    }
}
