// The order: what one rank is to run, as the agent wrote it into the rank directory.
//
// The file is a row of fields, each one letter, a value without NUL bytes, and a NUL:
//
//     muster-step 1   header, once, first
//     A text          argument, in order; the first is the command unless there is a script
//     E NAME=value    environment entry
//     D path          working directory, absolute, once
//     G seconds       grace between TERM and KILL, once
//     T seconds       time limit, at most once
//     L seconds       ownership lease, at most once
//     U uid, P gid    identity to take on, both or neither
//     S gid           supplementary group
//     .               end, once, last
//
// Everything is bounded; anything else is refused before a process is made.

#ifndef MUSTER_STEP_ORDER_H
#define MUSTER_STEP_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    ORDER_BYTES = 1 << 20,
    ORDER_FIELD_BYTES = 131071,
    ORDER_ARGUMENTS = 4096,
    ORDER_ENVIRONMENT = 4096,
    ORDER_GROUPS = 64,
    ORDER_GRACE_SECONDS = 86400,
    ORDER_SECONDS = 315360000,
};

struct order {
    // Three free places in front of the arguments, so that a script's shell fits before them.
    char *places[3 + ORDER_ARGUMENTS + 1];
    size_t argument_count;
    char *environment[ORDER_ENVIRONMENT + 1];
    size_t environment_count;
    const char *directory;
    uint32_t grace_seconds;
    uint32_t limit_seconds;
    uint32_t lease_seconds;
    bool switches_user;
    uid_t uid;
    gid_t gid;
    gid_t groups[ORDER_GROUPS];
    size_t group_count;
};

// Reads and checks the order; returns NULL, or what is wrong with it.
const char *order_read(int rank_directory, struct order *order);

// The value of PATH in the order's environment, or a plain default.
const char *order_path(const struct order *order);

#endif
