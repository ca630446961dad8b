#include "events.h"

int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data = {.u64 = data}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

uint64_t clinux_epoll_data(const struct epoll_event *event) { return event->data.u64; }
