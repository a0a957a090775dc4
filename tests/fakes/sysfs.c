// SPDX-License-Identifier: MIT
// Drivers behind the files of a fake /sys: preloaded before kernel.c, it asks the test's server
// (sysfs.py) before opening a file below /sys, and sends it the data that is written there.
//
//   FAKE_SYSFS  the server's socket (AF_UNIX, SOCK_SEQPACKET)
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "interposed.h"
#include "interposed_open.h"

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

static int server(void) {
    static int fd = -1;
    if (fd == -1) {
        fd = connect_to_test("FAKE_SYSFS", 510);
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

static int open_any(const char *path, int flags, mode_t mode) {
    if (strncmp(path, "/sys/", 5) != 0) {
        return REAL(open)(path, flags, mode);
    }
    const int error = call(OPEN, path, "", 0);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return opened(path, REAL(open)(path, flags, mode));
}

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
