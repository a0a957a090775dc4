// SPDX-License-Identifier: MIT
// Lets a plain file stand for a sysfs attribute with change events: preloaded, it gives a file, which
// epoll refuses, the events of the FIFO beside it, "value.edges" beside "value". Reading the file
// clears them, as reading an attribute does.
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>
#include "interposed.h"

static int fifos[MAX_FD]; // the FIFO's descriptor of each watched file, or 0

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
    const int result = REAL(epoll_ctl)(epoll, operation, fd, event);
    if (result == 0 || errno != EPERM || operation != EPOLL_CTL_ADD || fd >= MAX_FD) {
        return result;
    }
    if (!(event->events & EPOLLPRI)) {
        return result; // the kernel's attributes are always readable
    }
    char link[64], path[4096];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, sizeof(path) - sizeof(".edges"));
    if (n < 0) {
        return -1;
    }
    snprintf(path + n, sizeof(path) - (size_t)n, ".edges");
    fifos[fd] = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct epoll_event readable = { .events = EPOLLIN, .data = event->data };
    return REAL(epoll_ctl)(epoll, EPOLL_CTL_ADD, fifos[fd], &readable);
}

ssize_t pread(int fd, void *to, size_t size, off_t offset) {
    char events[4096];
    if (fd >= 0 && fd < MAX_FD && fifos[fd] > 0) {
        while (read(fifos[fd], events, sizeof(events)) > 0) {
        }
    }
    return REAL(pread)(fd, to, size, offset);
}

int close(int fd) {
    if (fd >= 0 && fd < MAX_FD && fifos[fd] > 0) {
        REAL(close)(fifos[fd]);
        fifos[fd] = 0;
    }
    return REAL(close)(fd);
}
