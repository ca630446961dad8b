#define _GNU_SOURCE
#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int64_t never = INT64_MAX;

// Times are CLOCK_BOOTTIME milliseconds: a suspended machine does not stretch a limit.
struct watch {
    int directory;
    pid_t leader;
    const struct order *order;
    struct ending *ending;
    timer_t timer;
    bool has_timer, leader_ended, childless, must_kill;
    int64_t limit_at, lease_at, kill_at;
};

int64_t now_milliseconds(int clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void watched_signals(sigset_t *set) {
    static const int list[] = {SIGCHLD, SIGALRM, SIGTERM, SIGQUIT,
                               SIGINT,  SIGHUP,  SIGUSR1, SIGUSR2};
    sigemptyset(set);
    for (size_t at = 0; at < sizeof list / sizeof list[0]; at++) sigaddset(set, list[at]);
}

void watch_prepare(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    // Past glibc, which hides the two numbers that its own posix_spawn leaves ignored. All zero is
    // the default action in the kernel's layout; KILL and STOP refuse, and have no other.
    static const unsigned long defaults[4];
    for (int number = 1; number <= SIGRTMAX; number++)
        syscall(SYS_rt_sigaction, number, defaults, NULL, (size_t)8);
}

static int64_t earliest(const struct watch *watch) {
    int64_t first = watch->kill_at;
    if (watch->limit_at < first) first = watch->limit_at;
    if (watch->lease_at < first) first = watch->lease_at;
    return first;
}

static void arm(struct watch *watch) {
    int64_t at = earliest(watch);
    if (at == never) return;
    if (!watch->has_timer) {
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
        // A step without a timer could not keep its promises; its death takes the leader along.
        if (timer_create(CLOCK_BOOTTIME, &event, &watch->timer) != 0) _exit(5);
        watch->has_timer = true;
    }
    struct itimerspec time = {.it_value = {.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000}};
    timer_settime(watch->timer, TIMER_ABSTIME, &time, NULL);
}

static void begin_stop(struct watch *watch, enum stop reason, uint32_t grace_seconds) {
    int64_t kill_at = now_milliseconds(CLOCK_BOOTTIME) + (int64_t)grace_seconds * 1000;
    if (kill_at < watch->kill_at) watch->kill_at = kill_at;
    if (watch->ending->stop == STOP_NONE) {
        watch->ending->stop = reason;
        watch->limit_at = never;
        // Stopped processes see TERM only once they go on. Not after the leader's end: its number
        // may belong to others by then.
        if (!watch->leader_ended && grace_seconds > 0) {
            kill(-watch->leader, SIGTERM);
            kill(-watch->leader, SIGCONT);
        }
    }
}

// The agent renews by replacing `lease` with a later moment; anything unreadable renews nothing.
static int64_t renewed_lease(const struct watch *watch) {
    char digits[24];
    int file = openat(watch->directory, "lease", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return 0;
    ssize_t count = read(file, digits, sizeof digits - 1);
    close(file);
    if (count <= 0 || digits[count - 1] != '\n') return 0;
    digits[count] = '\0';
    errno = 0;
    char *end;
    long long moment = strtoll(digits, &end, 10);
    return errno != 0 || *end != '\n' || moment < 0 ? 0 : moment;
}

static void on_time(struct watch *watch) {
    int64_t now = now_milliseconds(CLOCK_BOOTTIME);
    if (now >= watch->lease_at) {
        watch->lease_at = renewed_lease(watch);
        if (now >= watch->lease_at) {
            // Another node may own the rank from now on, so there is no time left for manners.
            watch->lease_at = never;
            begin_stop(watch, STOP_LEASE, 0);
        }
    }
    if (now >= watch->limit_at) begin_stop(watch, STOP_LIMIT, watch->order->grace_seconds);
    if (now >= watch->kill_at) {
        watch->must_kill = true;
        watch->kill_at = never;
    }
}

static int64_t milliseconds(struct timeval time) {
    return (int64_t)time.tv_sec * 1000 + time.tv_usec / 1000;
}

static void count_usage(struct ending *ending, const struct rusage *usage) {
    ending->user_milliseconds += milliseconds(usage->ru_utime);
    ending->system_milliseconds += milliseconds(usage->ru_stime);
    if (usage->ru_maxrss > ending->peak_kibibytes) ending->peak_kibibytes = usage->ru_maxrss;
}

static void reap(struct watch *watch) {
    for (;;) {
        siginfo_t peek = {0};
        // Look first: while the leader is a zombie, its group's number cannot be given away.
        if (waitid(P_ALL, 0, &peek, WEXITED | WNOHANG | WNOWAIT) != 0) {
            watch->childless = errno == ECHILD;
            if (errno != EINTR) return;
            continue;
        }
        if (peek.si_pid == 0) return;
        bool is_leader = peek.si_pid == watch->leader && !watch->leader_ended;
        if (is_leader && watch->ending->stop == STOP_NONE) kill(-watch->leader, SIGKILL);
        int status;
        struct rusage usage;
        if (wait4(peek.si_pid, &status, 0, &usage) != peek.si_pid) continue;
        count_usage(watch->ending, &usage);
        if (is_leader) {
            watch->leader_ended = true;
            watch->ending->status = status;
        }
    }
}

// Parent and group of a process, from the fields behind the name's last parenthesis.
static bool lineage(const char *pid, int *parent, int *group) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%.16s/stat", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t count = read(file, line, sizeof line - 1);
    close(file);
    if (count <= 0) return false;
    line[count] = '\0';
    const char *rest = strrchr(line, ')');
    return rest != NULL && sscanf(rest, ") %*c %d %d", parent, group) == 2;
}

// One round over the step's children. Orphans of a killed child become children in turn, and no
// number can be reused meanwhile since only the step itself reaps them.
static void kill_children(void) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) return;
    pid_t self = getpid(), own_group = getpgrp();
    struct dirent *entry;
    while ((entry = readdir(processes)) != NULL) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        int parent, group;
        if (!lineage(entry->d_name, &parent, &group) || parent != self) continue;
        // The whole group at once, so that a fork cannot outrun the round.
        if (group > 1 && group != own_group) kill(-group, SIGKILL);
        kill(atoi(entry->d_name), SIGKILL);
    }
    closedir(processes);
}

static void kill_all(struct watch *watch) {
    sigset_t signals;
    watched_signals(&signals);
    if (!watch->leader_ended) kill(-watch->leader, SIGKILL);
    reap(watch);
    // Without end on purpose: a process that cannot die must not be reported as dead.
    while (!watch->childless) {
        kill_children();
        struct timespec pause = {.tv_nsec = 20 * 1000000};
        sigtimedwait(&signals, NULL, &pause);
        reap(watch);
    }
}

static bool goes_on(const struct watch *watch) {
    if (watch->must_kill) return false;
    if (!watch->leader_ended) return true;
    // Asked to stop, the others keep their grace: a shell dies before its checkpoint is written.
    return watch->ending->stop != STOP_NONE && !watch->childless;
}

void watch(int rank_directory, pid_t leader, const struct order *order, struct ending *ending) {
    int64_t now = now_milliseconds(CLOCK_BOOTTIME);
    int64_t limit = (int64_t)order->limit_seconds * 1000;
    int64_t lease = (int64_t)order->lease_seconds * 1000;
    struct watch watch = {
        .directory = rank_directory,
        .leader = leader,
        .order = order,
        .ending = ending,
        .limit_at = limit > 0 ? now + limit : never,
        .lease_at = lease > 0 ? now + lease : never,
        .kill_at = never,
    };
    sigset_t signals;
    watched_signals(&signals);
    arm(&watch);
    while (goes_on(&watch)) {
        int number = sigwaitinfo(&signals, NULL);
        if (number == SIGCHLD) reap(&watch);
        else if (number == SIGALRM) on_time(&watch);
        else if (number == SIGTERM) begin_stop(&watch, STOP_REQUEST, order->grace_seconds);
        else if (number == SIGQUIT) begin_stop(&watch, STOP_REQUEST, 0);
        else if (number > 0 && !watch.leader_ended) kill(-leader, number);
        // Also after an early or late alarm: a timer is only a hint to look at the clock.
        if (number != SIGCHLD) arm(&watch);
    }
    kill_all(&watch);
}
