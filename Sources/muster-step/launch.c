#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// What the child was doing when it failed; travels through the pipe as a number.
enum stage { STAGE_SESSION, STAGE_LOG, STAGE_IDENTITY, STAGE_PARENT, STAGE_DIRECTORY, STAGE_EXEC };

static const char *const stage_names[] = {
    "new session", "log", "identity", "parent", "working directory", "command",
};

struct report {
    int stage;
    int code;
};

// Descriptor 3 is the rank directory in the step; the child has no more use for it.
enum { SCRIPT_DESCRIPTOR = 3 };

static bool takes_identity(const struct order *order) {
    if (setgroups(order->group_count, order->groups) != 0) return false;
    if (setresgid(order->gid, order->gid, order->gid) != 0) return false;
    if (setresuid(order->uid, order->uid, order->uid) != 0) return false;

    // Trust nothing: read back, and prove that the way back is shut.
    uid_t real_uid, effective_uid, saved_uid;
    gid_t real_gid, effective_gid, saved_gid, groups[ORDER_GROUPS];
    getresuid(&real_uid, &effective_uid, &saved_uid);
    getresgid(&real_gid, &effective_gid, &saved_gid);
    int count = getgroups(ORDER_GROUPS, groups);
    bool same = real_uid == order->uid && effective_uid == order->uid && saved_uid == order->uid
        && real_gid == order->gid && effective_gid == order->gid && saved_gid == order->gid
        && count == (int)order->group_count;
    for (int at = 0; same && at < count; at++) {
        bool found = false;
        for (size_t other = 0; other < order->group_count; other++)
            found = found || groups[at] == order->groups[other];
        same = found;
    }
    errno = EPERM;
    if (!same || setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0) return false;
    return true;
}

// execvpe with the order's PATH: glibc's would use the step's own. Empty entries are skipped, and
// a file that is no program is an error instead of a shell script.
static void execute(char **arguments, char **environment, const char *path) {
    static char candidate[PATH_MAX];
    const char *command = arguments[0];
    size_t length = strlen(command);
    if (memchr(command, '/', length) != NULL) {
        execve(command, arguments, environment);
        return;
    }
    int code = ENOENT;
    while (*path != '\0' && length > 0) {
        size_t size = strcspn(path, ":");
        if (size > 0 && size + length + 2 <= sizeof candidate) {
            memcpy(candidate, path, size);
            candidate[size] = '/';
            memcpy(candidate + size + 1, command, length + 1);
            execve(candidate, arguments, environment);
            if (errno == EACCES) code = EACCES;
            else if (errno != ENOENT && errno != ENOTDIR) return;
        }
        path += size + (path[size] == ':');
    }
    errno = code;
}

// Runs between fork and exec: only async-signal-safe calls, no allocation.
static enum stage become(const struct launch *launch, struct order *order, char **arguments,
                         const char *path, pid_t step) {
    if (setsid() < 0) return STAGE_SESSION;
    if (dup2(launch->log, 1) < 0 || dup2(launch->log, 2) < 0) return STAGE_LOG;
    if (order->switches_user && !takes_identity(order)) return STAGE_IDENTITY;

    // After the change of identity, which would clear it; then look whether it came too late.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return STAGE_PARENT;
    if (getppid() != step) {
        errno = ESRCH;
        return STAGE_PARENT;
    }
    umask(022);
    // As the user, so that a directory closed to root over the network opens and a closed one not.
    if (chdir(order->directory) != 0) return STAGE_DIRECTORY;
    if (launch->script >= 0 && order->switches_user) {
        if (launch->script == SCRIPT_DESCRIPTOR) fcntl(launch->script, F_SETFD, 0);
        else if (dup2(launch->script, SCRIPT_DESCRIPTOR) < 0) return STAGE_EXEC;
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execute(arguments, order->environment, path);
    return STAGE_EXEC;
}

// The user cannot reach into the rank directory, so under another identity the shell reads the
// script through its descriptor.
static char **with_shell(const struct launch *launch, struct order *order) {
    static char path[PATH_MAX];
    const char *name = order->switches_user ? "/dev/fd/3" : path;
    snprintf(path, sizeof path, "%s/script", launch->rank_path);
    order->places[0] = "/bin/bash";
    order->places[1] = "-e";
    order->places[2] = (char *)name;
    return order->places;
}

pid_t launch(const struct launch *launch, struct order *order, struct launch_failure *failure) {
    char **arguments =
        launch->script >= 0 ? with_shell(launch, order) : order->places + 3;
    if (arguments[0] == NULL) {
        *failure = (struct launch_failure){"order: there is neither a command nor a script", 0};
        return -1;
    }
    const char *path = order_path(order);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        *failure = (struct launch_failure){"pipe", errno};
        return -1;
    }
    pid_t step = getpid();
    pid_t leader = fork();
    if (leader == 0) {
        struct report report;
        report.stage = become(launch, order, arguments, path, step);
        report.code = errno;
        ssize_t written = write(ends[1], &report, sizeof report);
        _exit(written == sizeof report ? 127 : 126);
    }
    int code = errno;
    close(ends[1]);
    if (leader < 0) {
        close(ends[0]);
        *failure = (struct launch_failure){"fork", code};
        return -1;
    }
    struct report report;
    ssize_t count;
    // The pipe closes by itself when exec succeeds or the child dies.
    do count = read(ends[0], &report, sizeof report);
    while (count < 0 && errno == EINTR);
    close(ends[0]);
    if (count == 0) return leader;
    if (count != sizeof report) report = (struct report){STAGE_EXEC, EIO};
    while (waitpid(leader, NULL, 0) < 0 && errno == EINTR) continue;
    *failure = (struct launch_failure){stage_names[report.stage], report.code};
    return -1;
}
