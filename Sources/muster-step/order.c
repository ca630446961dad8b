#define _GNU_SOURCE
#include "order.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char text[ORDER_BYTES + 1];

static const char header[] = "muster-step 1";

// Fields seen so far, for those that may stand only once.
struct progress {
    bool directory, grace, limit, lease, uid, gid;
};

static bool number(const char *digits, uint32_t most, uint32_t *value) {
    uint64_t sum = 0;
    size_t length = strlen(digits);
    if (length == 0 || length > 10) return false;
    for (size_t at = 0; at < length; at++) {
        if (digits[at] < '0' || digits[at] > '9') return false;
        sum = sum * 10 + (uint64_t)(digits[at] - '0');
    }
    if (sum > most) return false;
    *value = (uint32_t)sum;
    return true;
}

// Names are those a shell accepts: nothing in an environment may look like another entry.
static bool is_environment_entry(const char *entry) {
    const char *at = entry;
    for (; *at != '\0' && *at != '='; at++) {
        bool letter = (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') || *at == '_';
        bool digit = *at >= '0' && *at <= '9';
        if (!letter && !(digit && at > entry)) return false;
    }
    return *at == '=' && at > entry;
}

// Root is never an identity that a rank takes on; who may be whom is the controller's matter.
static bool identity(const char *digits, uint32_t *value) {
    return number(digits, UINT32_MAX - 1, value) && *value != 0;
}

static const char *once(bool *seen, bool valid, const char *complaint) {
    if (*seen) return "a field stands twice";
    *seen = true;
    return valid ? NULL : complaint;
}

static const char *take_group(const char *value, struct order *order) {
    uint32_t gid;
    if (order->group_count == ORDER_GROUPS) return "there are too many groups";
    if (!identity(value, &gid)) return "a group is not a permitted number";
    order->groups[order->group_count++] = gid;
    return NULL;
}

static const char *take(char *field, struct order *order, struct progress *seen) {
    char *value = field + 1;
    switch (field[0]) {
    case 'A':
        if (order->argument_count == ORDER_ARGUMENTS) return "there are too many arguments";
        order->places[3 + order->argument_count++] = value;
        return NULL;
    case 'E':
        if (order->environment_count == ORDER_ENVIRONMENT) return "the environment is too large";
        if (!is_environment_entry(value)) return "an environment entry is not NAME=value";
        order->environment[order->environment_count++] = value;
        return NULL;
    case 'D':
        order->directory = value;
        return once(&seen->directory, value[0] == '/', "the working directory is not absolute");
    case 'G':
        return once(&seen->grace, number(value, ORDER_GRACE_SECONDS, &order->grace_seconds),
                    "the grace is not a permitted number");
    case 'T':
        return once(&seen->limit, number(value, ORDER_SECONDS, &order->limit_seconds),
                    "the time limit is not a permitted number");
    case 'L':
        return once(&seen->lease, number(value, ORDER_SECONDS, &order->lease_seconds),
                    "the lease is not a permitted number");
    case 'U':
        return once(&seen->uid, identity(value, &order->uid), "the uid is not permitted");
    case 'P':
        return once(&seen->gid, identity(value, &order->gid), "the gid is not permitted");
    case 'S':
        return take_group(value, order);
    default:
        return "a field is unknown";
    }
}

static const char *parse(size_t length, struct order *order) {
    struct progress seen = {0};
    if (length < sizeof header || memcmp(text, header, sizeof header) != 0)
        return "the header is not of this version";
    size_t at = sizeof header;
    bool ended = false;
    while (at < length) {
        if (ended) return "bytes follow its end";
        char *field = text + at;
        // The byte after the text is NUL, so the scan stays inside; a cut field shows here.
        size_t size = strlen(field);
        if (at + size >= length) return "its last field is cut";
        if (size > ORDER_FIELD_BYTES) return "a field is too long";
        at += size + 1;
        if (strcmp(field, ".") == 0) {
            ended = true;
            continue;
        }
        const char *complaint = take(field, order, &seen);
        if (complaint != NULL) return complaint;
    }
    if (!ended) return "its end is missing";
    if (!seen.directory || !seen.grace) return "a required field is missing";
    if (seen.uid != seen.gid) return "uid and gid must stand together";
    if (order->group_count > 0 && !seen.uid) return "groups need a uid";
    order->switches_user = seen.uid;
    return NULL;
}

const char *order_read(int rank_directory, struct order *order) {
    // Without O_NONBLOCK a pipe laid in the file's place would hang the step.
    int file = openat(rank_directory, "order", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return "the file cannot be opened";
    struct stat facts;
    const char *complaint = NULL;
    size_t length = 0;
    if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_uid != geteuid())
        complaint = "the file is not a plain file of the agent";
    while (complaint == NULL && length <= ORDER_BYTES) {
        ssize_t count = read(file, text + length, ORDER_BYTES + 1 - length);
        if (count == 0) break;
        if (count > 0) length += (size_t)count;
        else if (errno != EINTR) complaint = "the file cannot be read";
    }
    close(file);
    if (complaint != NULL) return complaint;
    if (length > ORDER_BYTES) return "the file is too large";
    text[length] = '\0';
    return parse(length, order);
}

const char *order_path(const struct order *order) {
    for (size_t at = 0; at < order->environment_count; at++)
        if (strncmp(order->environment[at], "PATH=", 5) == 0) return order->environment[at] + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}
