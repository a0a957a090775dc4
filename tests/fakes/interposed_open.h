// SPDX-License-Identifier: MIT
// Replaces open() under all its names by the includer's open_any().
#include <fcntl.h>
#include <stdarg.h>
#include <sys/types.h>

static int open_any(const char *path, int flags, mode_t mode);

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_any(path, flags, mode);
}

// The names to which _FORTIFY_SOURCE changes other programs' calls.
int __open_2(const char *path, int flags) {
    return open_any(path, flags, 0);
}

int __open64_2(const char *path, int flags) {
    return open_any(path, flags, 0);
}
