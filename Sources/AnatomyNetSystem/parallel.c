/* Who does the work of a call: the threads of an OpenMP runtime, or threads of the library's own.
 *
 * All entry to OpenMP is here. Two OpenMP runtimes of the libomp family in one process abort it ("OMP: Error #15"), and a
 * host process must never die because it loaded this library. So the library is linked to none. Every session looks for a
 * runtime that is in the process already and uses that one; only where there is none does it load one. libiomp5, libomp
 * and libgomp all export GOMP_parallel, which runs a function on a team of threads: the only entry needed.
 *
 * What it loads is the GNU runtime, which lives beside any other. When a session ends, the threads that it has created
 * for the calling thread are released (omp_pause_resource_all), so that nothing is left behind. libomp is loaded only
 * where the system has no other, and is not paused: libomp 14 that was paused ends every child that the host forks with
 * an assertion.
 *
 * A runtime ends the process where it cannot create a thread, and in a child made by fork() the GNU one waits for threads
 * that are not there. So where threads may be refused, in children, and where there is no runtime, the library makes its
 * own (team.h).
 */
#define _GNU_SOURCE
#include "anatomynet_system.h"
#include "team.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

typedef void (*gomp_parallel)(void (*function)(void *), void *data, unsigned threads, unsigned flags);
typedef int (*omp_pause)(int kind);
typedef int (*omp_number)(void);
enum { omp_pause_hard = 2 };

/* What the library calls of a runtime. */
typedef struct {
    gomp_parallel parallel;
    omp_pause pause; /* NULL: it is not to be paused */
    omp_number active_level, most_active_levels;
} runtime;

/* Families in order of preference where several are in the process. */
static const char *const families[] = {"libiomp5", "libomp", "libgomp"};
enum { family_count = 3, gnu_family = 2 };

/* What to load where there is none, by SONAME: the first that the system has. */
static const char *const own_names[] = {"libgomp.so.1", "libomp.so.5"};

static struct {
    pthread_mutex_t mutex;    /* never held while anything is called that may wait */
    pthread_mutex_t creating; /* held by who finds out how many threads there can be until it has them */
    pthread_once_t once;
    int32_t sessions;        /* begun and not ended */
    bool forked;             /* this process is a child made by fork() */
    runtime own;             /* that the library has loaded; all NULL: none */
    size_t stack_bytes;      /* of a thread of any runtime; 0: the system's default */
    char own_path[1024];
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER, .creating = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT};

static const char whitespace[] = " \t\n\v\f\r";

/* Sessions that the calling thread has begun and not ended, and whether one of them has used the library's own runtime. */
static _Thread_local int32_t sessions_of_thread;
static _Thread_local bool has_used_own;

/* A child begins with what the mutex guards as it is between changes. */
static void prepare_fork(void) { pthread_mutex_lock(&state.mutex); }
static void live_on_as_parent(void) { pthread_mutex_unlock(&state.mutex); }

/* The Swift runtime's own locks hold the number of the thread that has them, which each thread asks the system for once:
 * in a child, the one thread there is would go on with its parent's, and two threads that want a lock would wait for
 * each other for good. This is the variable in which the runtime keeps the number, by its name there (Linux.cpp, threading);
 * it may be defined here as well, being weak. Should another runtime have another name for it, nothing breaks but
 * the test of children. */
extern _Thread_local uint32_t runtimes_thread_number __asm__("_ZZN5swift14threading_impl5linux13ulock_get_tidEvE3tid");
__attribute__((weak, visibility("hidden"))) _Thread_local uint32_t runtimes_thread_number = 0;

static void begin_life_as_child(void) {
    runtimes_thread_number = 0;
    /* The parent's other threads, which may have held a mutex, do not exist here, nor do their sessions. */
    const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    state.mutex = state.creating = fresh;
    state.sessions = sessions_of_thread;
    state.forked = true;
    has_used_own = false;
}

/* A stack size as the runtimes read it from the environment, in bytes: a number with B, K, M or G after it,
 * K where there is none. 0 where it is not set, or not such a size. */
static size_t stack_size_in(const char *variable) {
    const char *value = getenv(variable);
    if (value == NULL) return 0;
    char *rest;
    errno = 0;
    const unsigned long long number = strtoull(value, &rest, 10);
    if (rest == value || errno != 0 || strchr(value, '-') != NULL) return 0;
    rest += strspn(rest, whitespace);
    static const char units[] = "bkmg";
    const char *unit = *rest == '\0' ? &units[1] : strchr(units, *rest | 0x20);
    if (unit == NULL) return 0;
    if (*rest != '\0' && rest[1 + strspn(rest + 1, whitespace)] != '\0') return 0;
    const int shift = 10 * (int)(unit - units);
    return number <= SIZE_MAX >> shift ? (size_t)number << shift : 0;
}

/* With the library, since what the Swift runtime does needs this, too, and not only what begins here. */
__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(prepare_fork, live_on_as_parent, begin_life_as_child);
}

/* A runtime's threads end by pthread_exit, which opens libgcc_s when it is first called, and waits for the loader then:
 * for good, where the thread that ends them is in a library's constructor. Backtraces open it, too. */
__attribute__((constructor)) static void open_what_ends_threads(void) {
    void *frame;
    backtrace(&frame, 1);
}

/* Once, and early: a host may change its environment later, the runtimes look at it once themselves. Which
 * runtime will serve is not known yet, so the largest stack that any of them may make. */
static void read_stack_sizes(void) {
    static const char *const variables[] = {"OMP_STACKSIZE", "GOMP_STACKSIZE", "KMP_STACKSIZE"};
    for (size_t index = 0; index < sizeof variables / sizeof variables[0]; index += 1) {
        const size_t bytes = stack_size_in(variables[index]);
        if (bytes > state.stack_bytes) state.stack_bytes = bytes;
    }
}

/* ---- Finding a runtime ---- */

typedef struct {
    char path[family_count][1024];
} loaded_runtimes;

static int note_runtime(struct dl_phdr_info *object, size_t size, void *found) {
    (void)size;
    loaded_runtimes *runtimes = found;
    const char *path = object->dlpi_name;
    if (path == NULL || strlen(path) >= sizeof runtimes->path[0]) return 0;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (int family = 0; family < family_count; family += 1) {
        size_t length = strlen(families[family]);
        /* "libgomp.so.1", and the renamed copies in Python wheels: "libgomp-a34b3233.so.1".
         * libomptarget is another library, hence the look at the next character. */
        if (strncmp(name, families[family], length) != 0) continue;
        if (name[length] != '.' && name[length] != '-') continue;
        if (runtimes->path[family][0] == '\0') strcpy(runtimes->path[family], path);
    }
    return 0;
}

/* The loader has locks of its own: a thread that runs a library's constructor holds one, and may be in a call, or in
 * fork(), for which this thread must not make it wait. So nothing here is looked up under the mutex. */

static runtime runtime_in(void *library, bool is_to_be_paused) {
    return (runtime){
        .parallel = (gomp_parallel)dlsym(library, "GOMP_parallel"),
        .pause = is_to_be_paused ? (omp_pause)dlsym(library, "omp_pause_resource_all") : NULL,
        .active_level = (omp_number)dlsym(library, "omp_get_active_level"),
        .most_active_levels = (omp_number)dlsym(library, "omp_get_max_active_levels"),
    };
}

/* The host's runtime, or none. */
static runtime find_runtime_of_host(void) {
    loaded_runtimes *runtimes = &(loaded_runtimes){{{0}}};
    dl_iterate_phdr(note_runtime, runtimes);
    for (int family = 0; family < family_count; family += 1) {
        const char *path = runtimes->path[family];
        if (path[0] == '\0') continue;
        pthread_mutex_lock(&state.mutex);
        const bool is_own = strcmp(path, state.own_path) == 0;
        pthread_mutex_unlock(&state.mutex);
        if (is_own) continue;
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
        if (library == NULL) continue;
        const runtime found = runtime_in(library, false);
        /* It was there before and stays as long as its owner wants: only the count goes back. */
        dlclose(library);
        if (found.parallel != NULL) return found;
    }
    return (runtime){0};
}

/* Makes a runtime that was just opened the library's own, unless another thread has been faster. */
static void adopt(void *library, bool is_gnu) {
    const runtime found = runtime_in(library, is_gnu);
    struct link_map *map = NULL;
    const bool is_usable = found.parallel != NULL && dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 &&
                           strlen(map->l_name) < sizeof state.own_path;
    pthread_mutex_lock(&state.mutex);
    const bool is_first = is_usable && state.own.parallel == NULL;
    if (is_first) {
        strcpy(state.own_path, map->l_name);
        state.own = found;
    }
    pthread_mutex_unlock(&state.mutex);
    if (!is_first) dlclose(library);
}

static runtime own_runtime(void) {
    pthread_mutex_lock(&state.mutex);
    const runtime own = state.own;
    pthread_mutex_unlock(&state.mutex);
    return own;
}

/* A runtime of the library's own, which is loaded where there is none yet; none where the system has none. */
static runtime find_own_runtime(void) {
    for (size_t index = 0; index < sizeof own_names / sizeof own_names[0]; index += 1) {
        if (own_runtime().parallel != NULL) break;
        void *library = dlopen(own_names[index], RTLD_NOW | RTLD_LOCAL);
        if (library != NULL) adopt(library, strstr(own_names[index], families[gnu_family]) != NULL);
    }
    return own_runtime();
}

/* Whether the calling thread is in a parallel region in which others may be nested: the runtime then makes new threads for
 * each, and keeps none. */
static bool nests(runtime of) {
    return of.active_level != NULL && of.most_active_levels != NULL && of.active_level() > 0 &&
           of.active_level() < of.most_active_levels();
}

/* ---- Sessions ---- */

static void *wait_for_gate(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* A number that grows by one with each thread of the process; 0 where it is not to be had. */
static long thread_links(void) {
    struct stat tasks;
    return stat("/proc/self/task", &tasks) == 0 ? (long)tasks.st_nlink : 0;
}

/* Of the threads that the system has it leaves some to whoever else creates any at the same time. */
static int32_t reserve_beside(int32_t workers) { return 2 + workers / 8; }

/* Whether the system can create so many threads beside this one now, all alive at once and the reserve, too, with stacks as
 * large as a runtime's. */
static bool are_creatable(int32_t wanted) {
    enum { most = 1023, reserve_most = 2 + most / 8 };
    pthread_t threads[most + reserve_most];
    const int32_t tried = wanted + reserve_beside(wanted);
    int32_t created = 0;
    const long links = thread_links();
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_attr_t attributes;
    if (wanted > most || pthread_attr_init(&attributes) != 0) return false;
    /* Refuses what is too small for a stack; the runtimes take the default then, too. */
    if (state.stack_bytes > 0) pthread_attr_setstacksize(&attributes, state.stack_bytes);
    const sigset_t of_host = ans_block_signals();
    pthread_mutex_lock(&gate);
    while (created < tried && pthread_create(&threads[created], &attributes, wait_for_gate, &gate) == 0) created += 1;
    pthread_mutex_unlock(&gate);
    pthread_sigmask(SIG_SETMASK, &of_host, NULL);
    pthread_attr_destroy(&attributes);
    for (int32_t index = 0; index < created; index += 1) pthread_join(threads[index], NULL);
    /* The system counts a thread against its limits until a moment after it has been joined. */
    const struct timespec moment = {.tv_nsec = 100 * 1000};
    for (int waited = 0; waited < 200 && thread_links() > links; waited += 1) nanosleep(&moment, NULL);
    return created == tried;
}

static void do_nothing(void *context) { (void)context; }

/* Who has `creating` may wait for the loader, which a runtime that begins needs, and so for a library's constructor that
 * runs on this thread: the wait has an end. */
static bool lock_creating(void) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 2;
    return pthread_mutex_timedlock(&state.creating, &end) == 0;
}

/* Has the runtime create its threads, now and not when others may be gone: it keeps them as long as it is asked for the
 * same number. Who does the same at the same time waits, lest both count on the same threads. Returns whether it has
 * them. */
static bool create_workers(gomp_parallel parallel, int32_t workers) {
    if (!lock_creating()) return false;
    const bool are_there = are_creatable(workers - 1);
    if (are_there) {
        sigset_t of_host;
        pthread_sigmask(SIG_BLOCK, NULL, &of_host);
        /* Threads of the host's runtime are as the host has its own. */
        if (parallel == own_runtime().parallel) ans_block_signals();
        parallel(do_nothing, NULL, (unsigned)workers, 0);
        pthread_sigmask(SIG_SETMASK, &of_host, NULL);
    }
    pthread_mutex_unlock(&state.creating);
    return are_there;
}

static ans_team *create_team(int32_t workers) {
    if (!lock_creating()) return NULL;
    ans_team *team = ans_team_create(workers, reserve_beside(workers));
    pthread_mutex_unlock(&state.creating);
    return team;
}

/* Processors on which the calling thread may run. A runtime that is told to bind threads binds this one, too, which is
 * the host's. */
typedef struct {
    cpu_set_t processors[16];
    bool is_known;
} affinity;

static affinity current_affinity(void) {
    affinity current;
    current.is_known = sched_getaffinity(0, sizeof current.processors, current.processors) == 0;
    return current;
}

static void restore_affinity(const affinity *before) {
    const affinity now = current_affinity();
    if (before->is_known && now.is_known && !CPU_EQUAL_S(sizeof now.processors, before->processors, now.processors))
        sched_setaffinity(0, sizeof before->processors, before->processors);
}

/* The entry of a runtime that has created so many workers; NULL where none is to be used. */
static gomp_parallel find_workers(int32_t workers) {
    /* A thread's stack may be refused at any moment where the address space is limited, whatever could be created a moment
     * ago. */
    if (state.forked || ans_is_address_space_limited()) return NULL;
    const affinity of_host = current_affinity();
    runtime found = find_runtime_of_host();
    if (found.parallel == NULL) found = find_own_runtime();
    const bool is_used = found.parallel != NULL && !nests(found) && create_workers(found.parallel, workers);
    restore_affinity(&of_host);
    return is_used ? found.parallel : NULL;
}

ans_session ans_begin(int32_t workers) {
    ans_session session = {.workers = workers < 1 ? 1 : workers};
    pthread_once(&state.once, read_stack_sizes);
    pthread_mutex_lock(&state.mutex);
    state.sessions += 1;
    pthread_mutex_unlock(&state.mutex);
    sessions_of_thread += 1;
    if (session.workers == 1) return session;
    session.entry = (void *)find_workers(session.workers);
    if (session.entry != NULL) return session;
    session.team = create_team(session.workers);
    session.workers = session.team != NULL ? ans_team_size(session.team) : 1;
    return session;
}

void ans_end(ans_session session) {
    if (session.team != NULL) ans_team_dismiss(session.team);
    pthread_mutex_lock(&state.mutex);
    state.sessions -= 1;
    const runtime own = state.own;
    pthread_mutex_unlock(&state.mutex);
    sessions_of_thread -= 1;
    if (session.entry != NULL && session.entry == (void *)own.parallel) has_used_own = true;
    /* The GNU runtime keeps a team of threads for each thread that has called it: release this one's. */
    if (sessions_of_thread > 0 || !has_used_own) return;
    has_used_own = false;
    if (own.pause != NULL) own.pause(omp_pause_hard);
}

int32_t ans_sessions(void) {
    pthread_mutex_lock(&state.mutex);
    int32_t sessions = state.sessions;
    pthread_mutex_unlock(&state.mutex);
    return sessions;
}

/* ---- Running ---- */

typedef struct {
    int64_t items;
    ans_work work;
    void *work_context;
    ans_tick tick;
    void *tick_context;
    pthread_t caller;
    int32_t workers;
    atomic_llong next_item;
    atomic_llong finished;
    atomic_int next_worker;
    atomic_int stopped;
} team;

/* Claims consecutive items from a common counter, so that work is balanced whatever the items cost and however
 * many threads came: of what is left, half a thread's equal share, and so long runs first and single items
 * last. Consecutive items have input in common. Returns how many, 0 where there are none. */
static int64_t claim_items(team *mine, long long *first) {
    *first = atomic_load_explicit(&mine->next_item, memory_order_relaxed);
    int64_t count;
    do {
        const int64_t left = mine->items - *first;
        if (left <= 0) return 0;
        count = left / (2 * (int64_t)mine->workers);
        if (count < 1) count = 1;
    } while (!atomic_compare_exchange_weak_explicit(&mine->next_item, first, *first + count, memory_order_relaxed,
                                                    memory_order_relaxed));
    return count;
}

static void take_items(team *mine, int32_t worker, bool is_caller) {
    long long item;
    for (int64_t count; (count = claim_items(mine, &item)) > 0;) {
        for (const long long end = item + count; item < end; item += 1) {
            if (atomic_load_explicit(&mine->stopped, memory_order_relaxed) != 0) return;
            mine->work(mine->work_context, item, worker);
            int64_t finished = 1 + atomic_fetch_add_explicit(&mine->finished, 1, memory_order_relaxed);
            if (is_caller && mine->tick != NULL) {
                int32_t stop = mine->tick(mine->tick_context, finished);
                if (stop != 0) atomic_store_explicit(&mine->stopped, stop, memory_order_relaxed);
            }
        }
    }
}

/* What each thread of the team does. */
static void work_in_team(void *context) {
    team *mine = context;
    int32_t worker = atomic_fetch_add_explicit(&mine->next_worker, 1, memory_order_relaxed);
    if (pthread_equal(pthread_self(), mine->caller)) {
        take_items(mine, worker, true);
        return;
    }
    const ans_floating_point of_thread = ans_hold_floating_point();
    take_items(mine, worker, false);
    ans_restore_floating_point(of_thread);
}

int32_t ans_run(ans_session session, int64_t items, ans_work work, void *work_context, ans_tick tick,
                void *tick_context) {
    team everyone = {
        .items = items,
        .work = work,
        .work_context = work_context,
        .tick = tick,
        .tick_context = tick_context,
        .caller = pthread_self(),
        .workers = session.workers,
    };
    if (items <= 1 || session.workers == 1) {
        work_in_team(&everyone);
    } else if (session.team != NULL) {
        ans_team_run(session.team, work_in_team, &everyone);
    } else {
        ((gomp_parallel)session.entry)(work_in_team, &everyone, (unsigned)session.workers, 0);
    }
    return atomic_load(&everyone.stopped);
}
