// SPDX-License-Identifier: MIT
// Drivers behind the files of a fake /sys: preloaded before kernel.c, it asks the test's server
// (sysfs.py) before opening a file below /sys, and sends it the data that is written there.
//
//   FAKE_SYSFS  the server's socket (AF_UNIX, SOCK_SEQPACKET)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_FD 1024
#define MAX_PATH 256
#define MAX_TEXT 4096

enum { OPEN = 1, WRITE = 2 };

typedef struct {
    uint32_t kind;
    uint32_t path_length;
    char path[MAX_PATH];
    char text[MAX_TEXT];
} message_t;

static char paths[MAX_FD][MAX_PATH]; // of the descriptors below /sys
static message_t message;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int server(void) {
    static int fd = -1;
    if (fd == -1) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("FAKE_SYSFS"));
        // Far from the numbers that a test counts when it looks for leaked descriptors.
        int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        fd = fcntl(s, F_DUPFD_CLOEXEC, 510);
        REAL(close)(s);
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
            perror("FAKE_SYSFS");
            abort();
        }
    }
    return fd;
}

// Returns the server's answer: 0, or an errno.
static int call(uint32_t kind, const char *path, const void *text, size_t length) {
    if (strlen(path) >= MAX_PATH || length > MAX_TEXT) {
        abort();
    }
    message.kind = kind;
    message.path_length = (uint32_t)strlen(path);
    memcpy(message.path, path, strlen(path) + 1);
    memcpy(message.text, text, length);
    const size_t size = offsetof(message_t, text) + length;
    int32_t error;
    if (send(server(), &message, size, MSG_NOSIGNAL) != (ssize_t)size ||
        recv(server(), &error, sizeof(error), 0) != sizeof(error)) {
        abort();
    }
    return error;
}

static int opened(const char *path, int fd) {
    if (fd >= 0 && fd < MAX_FD) {
        snprintf(paths[fd], MAX_PATH, "%s", path);
    }
    return fd;
}

static int is_sys(const char *path) {
    return strncmp(path, "/sys/", 5) == 0;
}

#define DEFINE_OPEN(name)                                                                                    \
    int name(const char *path, int flags, ...) {                                                             \
        va_list rest;                                                                                        \
        va_start(rest, flags);                                                                               \
        const mode_t mode = va_arg(rest, mode_t);                                                            \
        va_end(rest);                                                                                        \
        if (!is_sys(path)) {                                                                                 \
            return REAL(name)(path, flags, mode);                                                            \
        }                                                                                                    \
        const int error = call(OPEN, path, "", 0);                                                           \
        if (error != 0) {                                                                                    \
            errno = error;                                                                                   \
            return -1;                                                                                       \
        }                                                                                                    \
        return opened(path, REAL(name)(path, flags, mode));                                                  \
    }

DEFINE_OPEN(open)
DEFINE_OPEN(open64)

int close(int fd) {
    if (fd >= 0 && fd < MAX_FD) {
        paths[fd][0] = 0;
    }
    return REAL(close)(fd);
}

ssize_t write(int fd, const void *data, size_t length) {
    if (fd < 0 || fd >= MAX_FD || paths[fd][0] == 0) {
        return REAL(write)(fd, data, length);
    }
    const int error = call(WRITE, paths[fd], data, length);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return (ssize_t)length;
}
