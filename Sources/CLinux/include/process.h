// Process control behind _GNU_SOURCE.

#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <sys/types.h>

// A descriptor that becomes readable when the process ends; the process need not be a child.
int clinux_pidfd_open(pid_t pid);

#endif
