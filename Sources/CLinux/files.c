#define _GNU_SOURCE
#include "files.h"

#include <fcntl.h>
#include <sys/statfs.h>
#include <unistd.h>

int clinux_lock_file(int descriptor) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_SETLK, &whole);
}

int clinux_file_system(const char *path, int64_t *kind) {
    struct statfs found;
    int code = statfs(path, &found);
    if (code == 0) *kind = (int64_t)found.f_type & 0xffffffff;
    return code;
}
