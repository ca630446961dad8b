// epoll, eventfd, timerfd, signalfd and inotify.

#ifndef CLINUX_EVENTS_H
#define CLINUX_EVENTS_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

// Adds, changes or removes a descriptor; `data` comes back with each of its events.
int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data);

// The opaque word stored with an event; the union in epoll_event is awkward from Swift.
uint64_t clinux_epoll_data(const struct epoll_event *event);

#endif
