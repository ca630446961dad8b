#define _GNU_SOURCE
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct moment moment_now(void) {
    return (struct moment){now_milliseconds(CLOCK_REALTIME), now_milliseconds(CLOCK_BOOTTIME)};
}

static bool write_whole(int file, const char *text, size_t length) {
    while (length > 0) {
        ssize_t count = write(file, text, length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        text += count;
        length -= (size_t)count;
    }
    return true;
}

// Readers see the whole record or none: it gets its name only when it is complete.
static bool publish(int directory, const char *name, const char *text, bool durable) {
    char temporary[32];
    snprintf(temporary, sizeof temporary, "%s.new", name);
    int file = openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                      0600);
    if (file < 0) return false;
    bool done = write_whole(file, text, strlen(text)) && (!durable || fdatasync(file) == 0);
    close(file);
    if (!done || renameat(directory, temporary, directory, name) != 0) return false;
    return !durable || fsync(directory) == 0;
}

// Start time in clock ticks since boot: with the boot identity it names a process for good.
static uint64_t start_time(const char *who) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%s/stat", who);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, line, sizeof line - 1);
    close(file);
    if (count <= 0) return 0;
    line[count] = '\0';
    // Field 22; the name, field 2, may hold spaces and parentheses, so count from its end.
    const char *at = strrchr(line, ')');
    for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
    uint64_t ticks = 0;
    return at != NULL && sscanf(at, " %" SCNu64, &ticks) == 1 ? ticks : 0;
}

static void boot_identity(char identity[37]) {
    int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t count = file < 0 ? 0 : read(file, identity, 36);
    if (file >= 0) close(file);
    identity[count > 0 ? count : 0] = '\0';
}

bool record_started(int rank_directory, pid_t leader, struct moment start) {
    char text[512], name[16], boot[37];
    snprintf(name, sizeof name, "%d", leader);
    boot_identity(boot);
    snprintf(text, sizeof text,
             "muster-step-started 1\n"
             "boot %s\n"
             "step %d %" PRIu64 "\n"
             "leader %d %" PRIu64 "\n"
             "wall %" PRId64 "\n"
             "boottime %" PRId64 "\n"
             "end\n",
             boot, getpid(), start_time("self"), leader, start_time(name), start.wall,
             start.boottime);
    return publish(rank_directory, "started", text, false);
}

static const char *stop_word(enum stop stop) {
    switch (stop) {
    case STOP_NONE: return "none";
    case STOP_REQUEST: return "request";
    case STOP_LIMIT: return "limit";
    case STOP_LEASE: return "lease";
    }
    return "none";
}

// The agent has nothing else to go by, so a full disk is waited out for a while.
static bool record_exit(int directory, struct moment start, const char *how,
                        const struct ending *ending) {
    char text[1024];
    struct moment end = moment_now();
    snprintf(text, sizeof text,
             "muster-step-exit 1\n"
             "%s\n"
             "stopped %s\n"
             "wall %" PRId64 " %" PRId64 "\n"
             "boottime %" PRId64 " %" PRId64 "\n"
             "cpu %" PRId64 " %" PRId64 "\n"
             "rss %" PRId64 "\n"
             "end\n",
             how, stop_word(ending->stop), start.wall, end.wall, start.boottime, end.boottime,
             ending->user_milliseconds, ending->system_milliseconds, ending->peak_kibibytes);
    for (int round = 0; round < 30; round++) {
        if (publish(directory, "exit", text, true)) return true;
        sleep(1);
    }
    return false;
}

bool record_ending(int rank_directory, struct moment start, const struct ending *ending) {
    char how[64];
    if (WIFSIGNALED(ending->status))
        snprintf(how, sizeof how, "signalled %d %d", WTERMSIG(ending->status),
                 WCOREDUMP(ending->status) ? 1 : 0);
    else
        snprintf(how, sizeof how, "exited %d", WEXITSTATUS(ending->status));
    return record_exit(rank_directory, start, how, ending);
}

bool record_failure(int rank_directory, struct moment start, struct launch_failure failure) {
    static const struct ending nothing = {.stop = STOP_NONE};
    char how[512];
    if (failure.code != 0)
        snprintf(how, sizeof how, "launch-failed %d %s: %s", failure.code, failure.stage,
                 strerror(failure.code));
    else
        snprintf(how, sizeof how, "launch-failed 0 %s", failure.stage);
    return record_exit(rank_directory, start, how, &nothing);
}
