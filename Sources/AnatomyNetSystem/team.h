/* Threads of the library's own, for calls that no OpenMP runtime may serve. */
#ifndef ANATOMYNET_TEAM_H
#define ANATOMYNET_TEAM_H

#include <stddef.h>
#include <stdint.h>

typedef struct ans_team ans_team;

/* How many of `wanted` threads beside this one the system can create now, all alive at once and `reserve` more, with
 * stacks of so many bytes (0: the system's default). */
int32_t ans_creatable_threads(int32_t wanted, int32_t reserve, size_t stack_bytes);

/* A team of the calling thread and up to wanted - 1 others, as many as the system can create with some left for whoever
 * else creates threads. NULL: there are no others. */
ans_team *ans_team_create(int32_t wanted);

/* How many there are, the calling thread included. */
int32_t ans_team_size(const ans_team *team);

/* Calls the function on each thread of the team, on the calling one, too, which made it; returns when all have finished. */
void ans_team_run(ans_team *team, void (*function)(void *), void *context);

/* Ends the threads. */
void ans_team_dismiss(ans_team *team);

#endif
