#define _GNU_SOURCE
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const int kinds = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

static int failed(int descriptor) {
    int reason = errno;
    if (descriptor >= 0) close(descriptor);
    return -reason;
}

// No delay for small writes, and probes that find a peer which vanished without a word.
static void prepare(int descriptor) {
    int yes = 1, idle = 60, interval = 10, count = 3;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

static void describe(const struct sockaddr_storage *address, struct clinux_peer *peer) {
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &four->sin_addr, peer->address, sizeof peer->address);
        peer->is_loopback = (ntohl(four->sin_addr.s_addr) >> 24) == 127;
        return;
    }
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        const uint8_t *four = six->sin6_addr.s6_addr + 12;
        inet_ntop(AF_INET, four, peer->address, sizeof peer->address);
        peer->is_loopback = four[0] == 127;
        return;
    }
    inet_ntop(AF_INET6, &six->sin6_addr, peer->address, sizeof peer->address);
    peer->is_loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

int clinux_accept(int listener, struct clinux_peer *peer) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    memset(peer, 0, sizeof *peer);
    int descriptor =
        accept4(listener, (struct sockaddr *)&address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return -errno;
    if (address.ss_family == AF_INET || address.ss_family == AF_INET6) {
        describe(&address, peer);
        prepare(descriptor);
        return descriptor;
    }
    struct ucred user = {.uid = UINT32_MAX};
    socklen_t length = sizeof user;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &user, &length) < 0)
        return failed(descriptor);
    peer->is_unix = 1;
    peer->user = user.uid;
    return descriptor;
}

static struct addrinfo *resolve(const char *host, uint16_t port, int flags) {
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
                             .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    return getaddrinfo(host, service, &hints, &found) == 0 ? found : NULL;
}

static int listen_at(const struct addrinfo *at, int backlog) {
    int descriptor = socket(at->ai_family, kinds, 0);
    if (descriptor < 0) return -errno;
    int yes = 1, no = 0;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (at->ai_family == AF_INET6)
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(descriptor, at->ai_addr, at->ai_addrlen) < 0 || listen(descriptor, backlog) < 0)
        return failed(descriptor);
    return descriptor;
}

int clinux_listen_tcp(const char *host, uint16_t port, int backlog) {
    struct addrinfo *found = resolve(host, port, AI_PASSIVE);
    int result = -EADDRNOTAVAIL;
    for (struct addrinfo *at = found; at != NULL && result < 0; at = at->ai_next)
        result = listen_at(at, backlog);
    if (found != NULL) freeaddrinfo(found);
    return result;
}

static int unix_address(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

int clinux_listen_unix(const char *path, int backlog) {
    struct sockaddr_un address;
    int result = unix_address(path, &address);
    if (result < 0) return result;
    int descriptor = socket(AF_UNIX, kinds, 0);
    if (descriptor < 0) return -errno;
    // Nobody can connect between bind and listen, so the mode is right before it matters.
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(path, 0600) < 0 || listen(descriptor, backlog) < 0)
        return failed(descriptor);
    return descriptor;
}

int clinux_local_port(int descriptor) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &size) < 0) return -errno;
    if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
    if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return -EINVAL;
}

static int64_t milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int connect_at(const struct addrinfo *at, int64_t deadline) {
    int descriptor = socket(at->ai_family, kinds, 0);
    if (descriptor < 0) return -errno;
    if (connect(descriptor, at->ai_addr, at->ai_addrlen) < 0) {
        if (errno != EINPROGRESS) return failed(descriptor);
        struct pollfd wait = {.fd = descriptor, .events = POLLOUT};
        int ready;
        do {
            int64_t left = deadline - milliseconds_now();
            ready = poll(&wait, 1, left > 0 ? (int)left : 0);
        } while (ready < 0 && errno == EINTR);
        int reason = 0;
        socklen_t size = sizeof reason;
        if (ready == 0) reason = ETIMEDOUT;
        else getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &size);
        if (reason != 0) {
            errno = reason;
            return failed(descriptor);
        }
    }
    prepare(descriptor);
    return descriptor;
}

int clinux_connect_tcp(const char *host, uint16_t port, int milliseconds) {
    int64_t deadline = milliseconds_now() + milliseconds;
    struct addrinfo *found = resolve(host, port, AI_ADDRCONFIG);
    int result = -EADDRNOTAVAIL;
    for (struct addrinfo *at = found; at != NULL && result < 0; at = at->ai_next)
        result = connect_at(at, deadline);
    if (found != NULL) freeaddrinfo(found);
    return result;
}

int clinux_connect_unix(const char *path) {
    struct sockaddr_un address;
    int result = unix_address(path, &address);
    if (result < 0) return result;
    int descriptor = socket(AF_UNIX, kinds, 0);
    if (descriptor < 0) return -errno;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0)
        return failed(descriptor);
    return descriptor;
}
