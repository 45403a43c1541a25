/* What the Swift library needs of the operating system and Swift cannot express:
 * allocation that reports failure, thread-local storage, and OpenMP. */
#ifndef ANATOMYNET_SYSTEM_H
#define ANATOMYNET_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- memory.c ---- */

/* `bytes` (at least 1) of memory aligned to 64 bytes, arbitrary contents; large requests are
 * aligned to 2 MB and zero-filled. NULL if the system refuses. Free with ans_deallocate and the same
 * size. */
void *ans_allocate(size_t bytes);
void ans_deallocate(void *memory, size_t bytes);

/* ---- pages.c ----
 *
 * Fresh memory has no pages until it is written. Huge pages take the system less time (2 MB are cleared in
 * 0.2 ms, small pages for them in 0.9 ms), unless the machine is virtual and its host takes free memory
 * back (free page reporting): what the guest has had free for some seconds in pieces of 2 MB and more, the
 * host takes, and to get such a piece again was seen to take 5 to 10 ms, whatever pages it is used as. A
 * piece of which one small page is in use the host leaves alone, and the system takes small pages from the
 * rest of it first. */

/* A huge page of x86-64, and of aarch64 with pages of 4 KB. */
enum { ANS_HUGE_PAGE = 2 << 20 };

/* Has the system provide the whole pages of `bytes` (at most ANS_HUGE_PAGE) at `memory`, a multiple of
 * ANS_HUGE_PAGE within memory of ans_allocate: a huge page, unless `small` or an earlier one took so long
 * that the host must have had it. Whether they are small; 0, too, if the system cannot. Threads that
 * populate pieces of the same memory share `huge_pages_are_dear`, 0 at first. */
int32_t ans_populate(void *memory, size_t bytes, int32_t small, int32_t *huge_pages_are_dear);

/* Gives the pages of such a piece back, except the first if they are small; its contents are arbitrary from
 * then on. 0 if the system cannot, or address space is limited and not to be held for nothing. */
int32_t ans_vacate(void *memory, size_t bytes, int32_t small);

/* ---- last_error.c ---- */

/* The calling thread's message: set copies it (shortened if very long); get never returns NULL. */
void ans_set_last_error(const char *message);
const char *ans_last_error(void);

/* ---- processors.c ---- */

/* Processors this process may use: affinity, limited by its control group's quota; at least 1. */
int32_t ans_usable_processors(void);

/* ---- parallel.c ---- */

/* The work of one item. `worker` is from 0 to the number of workers less one; no two items run
 * with the same worker number at the same time. */
typedef void (*ans_work)(void *context, int64_t item, int32_t worker);

/* Called on the thread that called ans_run between its own items, with the number of items
 * begun so far; non-zero stops: items not yet begun are skipped. */
typedef int32_t (*ans_tick)(void *context, int64_t begun);

/* Holds an OpenMP runtime for the calls of ans_run between begin and end. */
typedef struct ans_session {
    int32_t workers; /* how many threads ans_run will use at most */
    int32_t runtime; /* ANS_RUNTIME_... */
    void *entry;     /* of the runtime */
} ans_session;

enum { ANS_RUNTIME_NONE = 0, ANS_RUNTIME_OF_HOST = 1, ANS_RUNTIME_OWN = 2 };

/* Finds the OpenMP runtime of the process, or loads one, for at most `workers` threads. Every
 * begin needs its end on the same thread. */
ans_session ans_begin(int32_t workers);
void ans_end(ans_session session);

/* Sessions begun and not ended in this process. */
int32_t ans_sessions(void);

/* Runs items 0 ..< items, each once, in any order, on the session's workers. Returns the
 * non-zero value with which `tick` stopped it, else 0. `tick` may be NULL. */
int32_t ans_run(ans_session session, int64_t items, ans_work work, void *work_context,
                ans_tick tick, void *tick_context);

#ifdef __cplusplus
}
#endif
#endif
