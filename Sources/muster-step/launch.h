// The way from the step to the user's program: fork, take on the identity, exec.

#ifndef MUSTER_STEP_LAUNCH_H
#define MUSTER_STEP_LAUNCH_H

#include "order.h"

struct launch {
    const char *rank_path;  // absolute
    int log;
    int script;  // -1 where the order names a command instead
};

// Why there is no process: the step that failed and its errno, zero where no call failed.
struct launch_failure {
    const char *stage;
    int code;
};

// Starts the rank's leader in its own session; returns its pid, or -1 with the failure filled in.
pid_t launch(const struct launch *launch, struct order *order, struct launch_failure *failure);

#endif
