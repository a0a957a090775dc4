// SPDX-License-Identifier: MIT
// The paths of fake devices below /dev, and of the folder in place of /sys; see kernel.c.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "interposed_open.h"
#include "kernel.h"

#define MAX_PATH 4096
#define VIDEO_MAJOR 81

static const char *moved(const char *path, char *space) {
    const char *sys = getenv("FAKE_SYS");
    if (sys == NULL || strncmp(path, "/sys/", 5) != 0) {
        return path;
    }
    snprintf(space, MAX_PATH, "%s/%s", sys, path + 5);
    return space;
}

// Asks the server about a path. False if it is not that of a fake device, else `reply` is the answer and
// `fd` the descriptor that came with it.
static bool ask(uint32_t kind, const char *path, int flags, int *fd) {
    if (strncmp(path, "/dev/", 5) != 0 || server() == -1) {
        return false;
    }
    message = (message_t){ .kind = kind, .value = (uint64_t)flags };
    put(path, strlen(path));
    *fd = call();
    return reply.error >= 0;
}

static int open_any(const char *path, int flags, mode_t mode) {
    char space[MAX_PATH];
    int fd;
    if (!ask(OPEN, path, flags, &fd)) {
        return REAL(open)(moved(path, space), flags, mode);
    }
    if (reply.error != 0) {
        errno = reply.error;
        return -1;
    }
    return adopt(fd, reply.handle);
}

FILE *fopen(const char *restrict path, const char *restrict mode) {
    char space[MAX_PATH];
    return REAL(fopen)(moved(path, space), mode);
}

FILE *fopen64(const char *restrict path, const char *restrict mode) {
    char space[MAX_PATH];
    return REAL(fopen64)(moved(path, space), mode);
}

DIR *opendir(const char *path) {
    char space[MAX_PATH];
    return REAL(opendir)(moved(path, space));
}

int stat(const char *restrict path, struct stat *restrict to) {
    char space[MAX_PATH];
    return REAL(stat)(moved(path, space), to);
}

static bool is_fake(const char *path) {
    int none;
    return ask(STAT, path, 0, &none);
}

// A fake device is a character device with the number of a camera at the end of its name.
int stat64(const char *restrict path, struct stat64 *restrict to) {
    char space[MAX_PATH];
    if (is_fake(path)) {
        const char *digits = path + strcspn(path, "0123456789");
        *to = (struct stat64){ .st_mode = S_IFCHR | 0660, .st_nlink = 1 };
        to->st_rdev = makedev(VIDEO_MAJOR, (unsigned)atoi(digits));
        return 0;
    }
    return REAL(stat64)(moved(path, space), to);
}

int access(const char *path, int mode) {
    char space[MAX_PATH];
    return is_fake(path) ? 0 : REAL(access)(moved(path, space), mode);
}

ssize_t readlink(const char *restrict path, char *restrict to, size_t size) {
    char space[MAX_PATH];
    return REAL(readlink)(moved(path, space), to, size);
}

#if __SIZEOF_LONG__ == 4
// The name that 32-bit programs built for 64-bit times and files call.
int __stat64_time64(const char *restrict path, void *restrict to);

int __stat64_time64(const char *restrict path, void *restrict to) {
    char space[MAX_PATH];
    return REAL(__stat64_time64)(moved(path, space), to);
}
#endif
