// Process and thread control behind _GNU_SOURCE.

#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <sys/random.h>
#include <sys/types.h>

// A descriptor that becomes readable when the process ends; the process need not be a child.
int clinux_pidfd_open(pid_t pid);

// Sends a signal to the process behind a pidfd: never to a later owner of its number.
int clinux_pidfd_signal(int pidfd, int signal);

// What waitid said about a child.
struct clinux_ending {
    int ended;   // 0: still running
    int killed;  // 1: `value` is a signal, 0: an exit code
    int value;
};

// Reaps the child if it has ended, or waits until it has.
int clinux_reap(pid_t pid, int waits, struct clinux_ending *ending);

// Starts a program in its own session with an empty environment, no descriptor but /dev/null on
// 0, 1 and 2, default signal actions and every signal blocked. Returns an errno, not -1.
int clinux_spawn_detached(const char *path, const char *argument, pid_t *pid);

// Names the calling thread; the kernel keeps 15 bytes.
void clinux_name_thread(const char *name);

// The text of an errno: a constant, safe in any thread; NULL for unknown numbers.
const char *clinux_error_text(int code);

#endif
