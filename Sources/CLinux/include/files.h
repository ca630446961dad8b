// File locks and file systems.

#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <stdint.h>

// Takes an exclusive lock owned by the open file, not the process; fails at once where it is held.
int clinux_lock_file(int descriptor);

// The magic number of the file system that holds `path`.
int clinux_file_system(const char *path, int64_t *kind);

#endif
