// SPDX-License-Identifier: MIT
// For libraries that a test preloads: the functions below the ones that they replace, and the connection
// to the test. To be included after _GNU_SOURCE.
#ifndef INTERPOSED_H
#define INTERPOSED_H

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_FD 1024

// The function of this name in the next library, or in the libc.
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

// A connection to the AF_UNIX, SOCK_SEQPACKET socket that an environment variable names, or -1 without the
// variable. The descriptor is `lowest` or above: far from the numbers that a test counts when it looks for
// leaked descriptors.
static inline int connect_to_test(const char *variable, int lowest) {
    if (getenv(variable) == NULL) {
        return -1;
    }
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv(variable));
    int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int fd = fcntl(s, F_DUPFD_CLOEXEC, lowest);
    REAL(close)(s);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        perror(variable);
        abort();
    }
    return fd;
}

#endif
