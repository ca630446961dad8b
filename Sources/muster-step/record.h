// The records that the step leaves in the rank directory for the agent, now or after its restart.

#ifndef MUSTER_STEP_RECORD_H
#define MUSTER_STEP_RECORD_H

#include "launch.h"
#include "watch.h"

// A moment on both clocks that matter: one for people, one for spans.
struct moment {
    int64_t wall;
    int64_t boottime;
};

struct moment moment_now(void);

// Writes `started`: who lives, told apart from later owners of the same numbers.
bool record_started(int rank_directory, pid_t leader, struct moment start);

// Writes `exit` for a rank that ran.
bool record_ending(int rank_directory, struct moment start, const struct ending *ending);

// Writes `exit` for a rank that never ran.
bool record_failure(int rank_directory, struct moment start, struct launch_failure failure);

#endif
