// muster-step — stays with one rank from its first process to its last.
//
// Started as `muster-step RANK_DIRECTORY`, it reads `order`, runs the command or script as the
// ordered user with output in `log`, and leaves `started` and `exit` behind. It owes nothing to
// the agent's life: no pipe, own session, no inherited environment or descriptor.
//
// Signals: TERM asks to stop and gives grace, QUIT stops at once; INT, HUP, USR1 and USR2 are
// passed on to the leader's group. `exit` appears only when no process of the rank is left.
//
// Exit status: 0 the record is written; 2 the directory is unfit; 3 the rank was started before;
// 4 the record could not be written; 5 no timer.
//
// Read in this order: order.h, launch.h, watch.h, record.h, main.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch.h"
#include "record.h"
#include "watch.h"

enum status { STATUS_DONE, STATUS_UNFIT = 2, STATUS_SECOND, STATUS_UNRECORDED };

static struct order order;

static bool detach(void) {
    umask(077);
    close_range(3, ~0U, 0);
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) return false;
    if (null > 2) close(null);
    setsid();
    struct rlimit none = {0, 0};
    return chdir("/") == 0 && setrlimit(RLIMIT_CORE, &none) == 0
        && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
        && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        // The user may share our uid: no tracing of the one who writes the record.
        && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static int open_rank(const char *path) {
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat facts;
    if (directory < 0 || fstat(directory, &facts) != 0) return -1;
    return facts.st_uid == geteuid() && (facts.st_mode & 077) == 0 ? directory : -1;
}

// The script's descriptor, -1 where there is none; anything but a plain file of ours is refused.
static bool open_script(int directory, int *script) {
    struct stat facts;
    *script = openat(directory, "script", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (*script < 0) return errno == ENOENT;
    return fstat(*script, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_uid == geteuid();
}

static pid_t start(int directory, struct launch *task, struct launch_failure *failure) {
    static char sentence[256];
    const char *complaint = order_read(directory, &order);
    if (complaint == NULL && !open_script(directory, &task->script))
        complaint = "the script is not a plain file of the agent";
    if (complaint == NULL) return launch(task, &order, failure);
    snprintf(sentence, sizeof sentence, "order: %s", complaint);
    *failure = (struct launch_failure){sentence, 0};
    return -1;
}

int main(int count, char **arguments) {
    watch_prepare();
    if (count != 2 || arguments[1][0] != '/' || strlen(arguments[1]) > PATH_MAX - 16) {
        dprintf(2, "usage: muster-step RANK_DIRECTORY (an absolute path)\n");
        return STATUS_UNFIT;
    }
    if (!detach()) return STATUS_UNFIT;
    int directory = open_rank(arguments[1]);
    if (directory < 0) return STATUS_UNFIT;

    // A new log is the claim: whoever comes second into the same directory leaves it alone.
    struct launch task = {.rank_path = arguments[1], .script = -1};
    task.log = openat(directory, "log", O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (task.log < 0) return STATUS_SECOND;

    struct moment began = moment_now();
    struct launch_failure failure = {0};
    pid_t leader = start(directory, &task, &failure);
    if (leader < 0)
        return record_failure(directory, began, failure) ? STATUS_DONE : STATUS_UNRECORDED;
    close(task.log);
    if (task.script >= 0) close(task.script);

    // A missing `started` costs the agent a look at `exit`; it is no reason to end the rank.
    record_started(directory, leader, began);
    struct ending ending = {0};
    watch(directory, leader, &order, &ending);
    return record_ending(directory, began, &ending) ? STATUS_DONE : STATUS_UNRECORDED;
}
