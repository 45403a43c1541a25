#define _GNU_SOURCE
#include "team.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* ---- How many threads there can be ---- */

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

int32_t ans_creatable_threads(int32_t wanted, int32_t reserve, size_t stack_bytes) {
    enum { most = 1023, reserve_most = most + 8 };
    if (wanted > most) wanted = most;
    if (reserve > reserve_most) reserve = reserve_most;
    pthread_t threads[most + reserve_most];
    int32_t created = 0;
    const long links = thread_links();
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return 0;
    /* Refuses what is too small for a stack; the runtimes take the default then, too. */
    if (stack_bytes > 0) pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_mutex_lock(&gate);
    while (created < wanted + reserve && pthread_create(&threads[created], &attributes, wait_for_gate, &gate) == 0)
        created += 1;
    pthread_mutex_unlock(&gate);
    pthread_attr_destroy(&attributes);
    for (int32_t index = 0; index < created; index += 1) pthread_join(threads[index], NULL);
    /* The system counts a thread against its limits until a moment after it has been joined. */
    const struct timespec moment = {.tv_nsec = 100 * 1000};
    for (int waited = 0; waited < 200 && thread_links() > links; waited += 1) nanosleep(&moment, NULL);
    return created > reserve ? created - reserve : 0;
}

/* ---- The team ---- */

struct ans_team {
    pthread_mutex_t mutex;
    pthread_cond_t begun;
    pthread_cond_t finished;
    void (*function)(void *);
    void *context;
    uint64_t rounds; /* how often the function was to be called */
    int32_t running; /* threads that have not finished the last round */
    int32_t count;   /* threads beside the caller */
    bool is_over;
    pthread_t threads[];
};

static void *take_part(void *argument) {
    ans_team *team = argument;
    uint64_t rounds = 0;
    pthread_mutex_lock(&team->mutex);
    for (;;) {
        while (team->rounds == rounds && !team->is_over) pthread_cond_wait(&team->begun, &team->mutex);
        if (team->is_over) break;
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

ans_team *ans_team_create(int32_t wanted) {
    /* Five times what the work needs; a host's thread-local storage takes its place from it, too. */
    const size_t stack_bytes = 1 << 20;
    const int32_t others = ans_creatable_threads(wanted - 1, 2 + wanted / 8, stack_bytes);
    pthread_attr_t attributes;
    if (others < 1 || pthread_attr_init(&attributes) != 0) return NULL;
    ans_team *team = calloc(1, sizeof *team + (size_t)others * sizeof *team->threads);
    if (team == NULL) {
        pthread_attr_destroy(&attributes);
        return NULL;
    }
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->begun, NULL);
    pthread_cond_init(&team->finished, NULL);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    /* Signals are for the host's threads, whose stacks are the host's to choose. */
    sigset_t all, of_host;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &of_host);
    while (team->count < others && pthread_create(&team->threads[team->count], &attributes, take_part, team) == 0)
        team->count += 1;
    pthread_sigmask(SIG_SETMASK, &of_host, NULL);
    pthread_attr_destroy(&attributes);
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
    pthread_mutex_lock(&team->mutex);
    team->is_over = true;
    pthread_cond_broadcast(&team->begun);
    pthread_mutex_unlock(&team->mutex);
    for (int32_t index = 0; index < team->count; index += 1) pthread_join(team->threads[index], NULL);
    pthread_cond_destroy(&team->finished);
    pthread_cond_destroy(&team->begun);
    pthread_mutex_destroy(&team->mutex);
    free(team);
}
