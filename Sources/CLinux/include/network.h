// Socket calls behind _GNU_SOURCE, and those whose address structures are awkward from Swift.
//
// Functions that make a descriptor return it, non-blocking and close-on-exec, or minus errno.

#ifndef CLINUX_NETWORK_H
#define CLINUX_NETWORK_H

#include <stdint.h>

// Who is at the other end of an accepted connection.
struct clinux_peer {
    char address[64];
    uint32_t user;
    int is_unix;
    int is_loopback;
};

// accept4 that also tells the peer.
int clinux_accept(int listener, struct clinux_peer *peer);

// Binds and listens; `host` is an address or a name.
int clinux_listen_tcp(const char *host, uint16_t port, int backlog);

// Binds a socket file of mode 0600 and listens; the file must not exist.
int clinux_listen_unix(const char *path, int backlog);

// The port that a TCP listener really has, or minus errno.
int clinux_local_port(int descriptor);

// Connects to the first address of `host` that answers; blocks for at most the given time.
int clinux_connect_tcp(const char *host, uint16_t port, int milliseconds);

int clinux_connect_unix(const char *path);

#endif
