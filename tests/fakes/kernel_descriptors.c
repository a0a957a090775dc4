// SPDX-License-Identifier: MIT
// The descriptors of fake devices, see kernel.c.
#define _GNU_SOURCE
#include <stdarg.h>
#include "kernel.h"

static int handles[MAX_FD]; // handle + 1 of each fake descriptor

int adopt(int fd, int handle) {
    if (fd < 0 || fd >= MAX_FD) {
        abort();
    }
    handles[fd] = handle + 1;
    return fd;
}

bool is_adopted(int fd) {
    return fd >= 0 && fd < MAX_FD && handles[fd] != 0;
}

int handle_of(int fd) {
    return handles[fd] - 1;
}

// A duplicate stands for the same open device, which closes with the last of them.
int fcntl(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    const long argument = va_arg(rest, long);
    va_end(rest);
    const int result = REAL(fcntl)(fd, command, argument);
    const bool duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    if (duplicates && result >= 0 && is_adopted(fd)) {
        adopt(result, handle_of(fd));
    }
    return result;
}

static bool is_open(int handle) {
    for (int fd = 0; fd < MAX_FD; fd++) {
        if (handles[fd] == handle + 1) {
            return true;
        }
    }
    return false;
}

int close(int fd) {
    if (is_adopted(fd)) {
        const int handle = handle_of(fd);
        handles[fd] = 0;
        if (!is_open(handle)) {
            message = (message_t){ .kind = CLOSE, .handle = handle };
            call();
        }
    }
    return REAL(close)(fd);
}

#if __SIZEOF_LONG__ == 4
// The name that 32-bit programs built for 64-bit times and files call.
int __fcntl_time64(int fd, int command, ...) __attribute__((alias("fcntl")));
#endif
