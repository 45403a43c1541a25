/* Threads of the library's own, for calls that no OpenMP runtime may serve. */
#ifndef ANATOMYNET_TEAM_H
#define ANATOMYNET_TEAM_H

#include <signal.h>
#include <stdint.h>

typedef struct ans_team ans_team;

/* A team of the calling thread and up to wanted - 1 others: where the system refuses some, what it has created but
 * `reserve`, for whoever else creates threads. NULL: there are no others. */
ans_team *ans_team_create(int32_t wanted, int32_t reserve);

/* How many there are, the calling thread included. */
int32_t ans_team_size(const ans_team *team);

/* Calls the function on each thread of the team, on the calling one, too, which made it; returns when all have finished. */
void ans_team_run(ans_team *team, void (*function)(void *), void *context);

/* Ends the threads. */
void ans_team_dismiss(ans_team *team);

/* Blocks, for threads that the calling one creates, signals whose handlers are the host's and belong on the host's threads;
 * not those that a thread's own fault raises. Returns the mask as it was. */
sigset_t ans_block_signals(void);

#endif
