/* What the Swift library needs of the system and Swift cannot express: allocation that reports failure, the
 * floating-point environment, thread-local storage, processors and OpenMP. */
#ifndef ANATOMYNET_SYSTEM_H
#define ANATOMYNET_SYSTEM_H

#include <fenv.h>
#include <stddef.h>
#include <stdint.h>

/* ---- memory.c ---- */

/* A huge page of x86-64, and of aarch64 with pages of 4 KB. */
enum { ANS_HUGE_PAGE = 2 << 20 };

/* `bytes` (at least 1) of memory aligned to 64 bytes, arbitrary contents; requests of at least
 * ANS_HUGE_PAGE are aligned to that, zero-filled, and have no pages yet. NULL if the system refuses. Free
 * with ans_deallocate and the same size. */
void *ans_allocate(size_t bytes);
void ans_deallocate(void *memory, size_t bytes);

/* Whether the system still gives a call what its small allocations take together, 16 MB. Swift ends the process where
 * one of them is refused, so that is asked before it comes to them. */
int32_t ans_has_room(void);

/* Whether memory is counted, and may be refused, before it has pages: by RLIMIT_AS or RLIMIT_DATA, or where the system never
 * overcommits. */
int32_t ans_is_address_space_limited(void);

/* ---- floating_point.c ---- */

/* The calling thread's rounding mode, exceptions that trap, what it does with subnormal numbers, and flags. */
typedef struct ans_floating_point {
    fenv_t environment;
} ans_floating_point;

/* Rounds to the nearest, keeps subnormal numbers and traps nothing until what it returns is restored: a host may have it
 * otherwise, and its results would differ, or what is computed in lanes that nobody uses would end it. */
ans_floating_point ans_hold_floating_point(void);
void ans_restore_floating_point(ans_floating_point of_host);

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
 * finished so far; non-zero stops: items not yet begun are skipped. */
typedef int32_t (*ans_tick)(void *context, int64_t finished);

/* Holds threads for the calls of ans_run between begin and end. */
typedef struct ans_session {
    int32_t workers;       /* how many threads ans_run will use at most */
    void *entry;           /* of an OpenMP runtime; NULL: none serves */
    struct ans_team *team; /* of the library's own threads; NULL: none */
} ans_session;

/* Finds the OpenMP runtime of the process, or loads one, or creates threads, for at most `workers` threads. Every
 * begin needs its end on the same thread. */
ans_session ans_begin(int32_t workers);
void ans_end(ans_session session);

/* Sessions begun and not ended in this process. */
int32_t ans_sessions(void);

/* Runs items 0 ..< items, each once, on the session's workers: each takes runs of consecutive items, in
 * ascending order. Returns the non-zero value with which `tick` stopped it, else 0. `tick` may be NULL. */
int32_t ans_run(ans_session session, int64_t items, ans_work work, void *work_context,
                ans_tick tick, void *tick_context);
#endif
