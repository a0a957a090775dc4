// SPDX-License-Identifier: MIT
// The libc functions that `ffi` finds in a static interpreter. ffi looks functions up by name at run
// time, but a static program has no names: this table holds those that hal_linux calls. The linker's
// --wrap redirects ffi's dlopen() and dlsym() to this file.
#ifdef SENSORD_STATIC

#include <errno.h>
#include <stddef.h>
#include <string.h>

// In alphabetical order. tests/unit/test_static_libc.py compares it with the calls in hal_linux.
#define FUNCTIONS(X)                                                                                         \
    X(__clock_settime64)                                                                                     \
    X(access)                                                                                                \
    X(adjtimex)                                                                                              \
    X(clock_gettime)                                                                                         \
    X(clock_settime)                                                                                         \
    X(close)                                                                                                 \
    X(environ)                                                                                               \
    X(epoll_create1)                                                                                         \
    X(epoll_ctl)                                                                                             \
    X(eventfd)                                                                                               \
    X(fcntl)                                                                                                 \
    X(flock)                                                                                                 \
    X(fsync)                                                                                                 \
    X(ftruncate)                                                                                             \
    X(getpid)                                                                                                \
    X(ioctl)                                                                                                 \
    X(isatty)                                                                                                \
    X(kill)                                                                                                  \
    X(lseek)                                                                                                 \
    X(lseek64)                                                                                               \
    X(mmap)                                                                                                  \
    X(madvise)                                                                                               \
    X(munmap)                                                                                                \
    X(open)                                                                                                  \
    X(pidfd_open)                                                                                            \
    X(pipe2)                                                                                                 \
    X(posix_spawn_file_actions_addclosefrom_np)                                                              \
    X(posix_spawn_file_actions_adddup2)                                                                      \
    X(posix_spawn_file_actions_addopen)                                                                      \
    X(posix_spawn_file_actions_destroy)                                                                      \
    X(posix_spawn_file_actions_init)                                                                         \
    X(posix_spawnattr_destroy)                                                                               \
    X(posix_spawnattr_init)                                                                                  \
    X(posix_spawnattr_setflags)                                                                              \
    X(posix_spawnattr_setsigdefault)                                                                         \
    X(posix_spawnattr_setsigmask)                                                                            \
    X(posix_spawnp)                                                                                          \
    X(pread)                                                                                                 \
    X(pread64)                                                                                               \
    X(pwrite)                                                                                                \
    X(pwrite64)                                                                                              \
    X(read)                                                                                                  \
    X(readlink)                                                                                              \
    X(signalfd)                                                                                              \
    X(sigprocmask)                                                                                           \
    X(snprintf)                                                                                              \
    X(sscanf)                                                                                                \
    X(strerror)                                                                                              \
    X(timerfd_create)                                                                                        \
    X(timerfd_settime)                                                                                       \
    X(umask)                                                                                                 \
    X(waitpid)                                                                                               \
    X(write)

// By the linker's names: for 64-bit time or files the headers map these names to other functions, and in
// a shared libc ffi finds the plain ones.
#define DECLARE(name) extern char libc_##name[] __asm__(#name);
FUNCTIONS(DECLARE)

#define ENTRY(name) { #name, libc_##name },
static const struct {
    const char *name;
    char *address;
} table[] = { FUNCTIONS(ENTRY) };

static char handle; // stands for the one library, this program

void *__wrap_dlopen(const char *file, int mode);
void *__wrap_dlsym(void *library, const char *name);
int __wrap_dlclose(void *library);

void *__wrap_dlopen(const char *file, int mode) {
    (void)mode;
    errno = ENOENT; // any other library
    return file == NULL ? &handle : NULL;
}

void *__wrap_dlsym(void *library, const char *name) {
    (void)library;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, name) == 0) {
            return table[i].address;
        }
    }
    return NULL;
}

int __wrap_dlclose(void *library) {
    (void)library;
    return 0;
}

#endif
