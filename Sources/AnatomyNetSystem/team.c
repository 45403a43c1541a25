#define _GNU_SOURCE
#include "team.h"

#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct {
    ans_team *team;
    pthread_t thread;
} member;

struct ans_team {
    pthread_mutex_t mutex;
    pthread_cond_t begun;
    pthread_cond_t finished;
    void (*function)(void *);
    void *context;
    uint64_t rounds; /* how often the function was to be called */
    int32_t running; /* members that have not finished the last round */
    int32_t count;   /* members that stay; those behind them end */
    member members[];
};

static void *take_part(void *argument) {
    const member *mine = argument;
    ans_team *team = mine->team;
    uint64_t rounds = 0;
    pthread_mutex_lock(&team->mutex);
    while (mine < &team->members[team->count]) {
        if (team->rounds == rounds) {
            pthread_cond_wait(&team->begun, &team->mutex);
            continue;
        }
        rounds += 1;
        pthread_mutex_unlock(&team->mutex);
        team->function(team->context);
        pthread_mutex_lock(&team->mutex);
        team->running -= 1;
        if (team->running == 0) pthread_cond_signal(&team->finished);
    }
    pthread_mutex_unlock(&team->mutex);
    return NULL;
}

/* Ends the members from `count` on. */
static void shrink(ans_team *team, int32_t count) {
    const int32_t before = team->count;
    pthread_mutex_lock(&team->mutex);
    team->count = count;
    pthread_cond_broadcast(&team->begun);
    pthread_mutex_unlock(&team->mutex);
    for (int32_t index = count; index < before; index += 1) pthread_join(team->members[index].thread, NULL);
}

/* Thread-local storage of what was loaded with the program lies in the stack of each thread. */
static size_t thread_local_bytes;

static int add_thread_local_bytes(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size, (void)unused;
    for (int index = 0; index < object->dlpi_phnum; index += 1)
        if (object->dlpi_phdr[index].p_type == PT_TLS)
            thread_local_bytes += object->dlpi_phdr[index].p_memsz + object->dlpi_phdr[index].p_align;
    return 0;
}

/* Early, and not when a child asks, whose loader may be locked for good. */
__attribute__((constructor)) static void measure_thread_local_storage(void) {
    dl_iterate_phdr(add_thread_local_bytes, NULL);
}

sigset_t ans_block_signals(void) {
    static const int of_faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t index = 0; index < sizeof of_faults / sizeof of_faults[0]; index += 1)
        sigdelset(&blocked, of_faults[index]);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    return before;
}

static void create_members(ans_team *team, int32_t wanted, int32_t reserve) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return;
    /* Five times what the work needs. */
    pthread_attr_setstacksize(&attributes, (1 << 20) + thread_local_bytes);
    const sigset_t of_host = ans_block_signals();
    while (team->count < wanted) {
        member *next = &team->members[team->count];
        next->team = team;
        /* It looks whether it is one of the team once it is counted. */
        pthread_mutex_lock(&team->mutex);
        const bool is_refused = pthread_create(&next->thread, &attributes, take_part, next) != 0;
        if (!is_refused) team->count += 1;
        pthread_mutex_unlock(&team->mutex);
        if (is_refused) break;
    }
    pthread_sigmask(SIG_SETMASK, &of_host, NULL);
    pthread_attr_destroy(&attributes);
    if (team->count < wanted) shrink(team, team->count > reserve ? team->count - reserve : 0);
}

ans_team *ans_team_create(int32_t wanted, int32_t reserve) {
    ans_team *team = calloc(1, sizeof *team + (size_t)wanted * sizeof *team->members);
    if (team == NULL) return NULL;
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->begun, NULL);
    pthread_cond_init(&team->finished, NULL);
    create_members(team, wanted - 1, reserve);
    if (team->count > 0) return team;
    ans_team_dismiss(team);
    return NULL;
}

int32_t ans_team_size(const ans_team *team) { return 1 + team->count; }

void ans_team_run(ans_team *team, void (*function)(void *), void *context) {
    pthread_mutex_lock(&team->mutex);
    team->function = function;
    team->context = context;
    team->running = team->count;
    team->rounds += 1;
    pthread_cond_broadcast(&team->begun);
    pthread_mutex_unlock(&team->mutex);
    function(context);
    pthread_mutex_lock(&team->mutex);
    while (team->running > 0) pthread_cond_wait(&team->finished, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
}

void ans_team_dismiss(ans_team *team) {
    shrink(team, 0);
    pthread_cond_destroy(&team->finished);
    pthread_cond_destroy(&team->begun);
    pthread_mutex_destroy(&team->mutex);
    free(team);
}
