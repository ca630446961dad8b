// The step's long wait: signals in, one ending out.

#ifndef MUSTER_STEP_WATCH_H
#define MUSTER_STEP_WATCH_H

#include "order.h"

// Why the step ended the rank; NONE where it ended by itself.
enum stop { STOP_NONE, STOP_REQUEST, STOP_LIMIT, STOP_LEASE };

struct ending {
    int status;  // as wait4 gives it
    enum stop stop;
    int64_t user_milliseconds;
    int64_t system_milliseconds;
    int64_t peak_kibibytes;
};

// Blocks every signal and gives each its default action; call it first.
void watch_prepare(void);

// CLOCK_BOOTTIME or CLOCK_REALTIME in milliseconds.
int64_t now_milliseconds(int clock);

// Waits until the leader and all its descendants are gone; returns no sooner.
void watch(int rank_directory, pid_t leader, const struct order *order, struct ending *ending);

#endif
