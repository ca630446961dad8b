// Socket calls behind _GNU_SOURCE.

#ifndef CLINUX_NETWORK_H
#define CLINUX_NETWORK_H

// accept4 with SOCK_CLOEXEC and SOCK_NONBLOCK.
int clinux_accept(int listener);

#endif
