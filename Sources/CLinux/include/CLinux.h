// Calls that Swift's Glibc module lacks: everything behind _GNU_SOURCE, and the event descriptors.
//
// One header per family. Each function returns what the system call returned; errno is untouched.

#ifndef CLINUX_H
#define CLINUX_H

#include "events.h"
#include "files.h"
#include "network.h"
#include "process.h"

#endif
