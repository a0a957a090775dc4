// SPDX-License-Identifier: MIT
// The libc of a static interpreter, as `ffi` sees it. ffi looks functions up by name when a program
// runs, and a static program has no names any more: those that hal_linux calls are kept in a table.
// The linker's --wrap makes ffi's calls of dlopen() and the like end here.
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

// By the linker's names: those of the headers mean other functions where time or files are of 64
// bits, and ffi finds these under their plain names in a shared libc.
#define DECLARE(name) extern char libc_##name[] __asm__(#name);
FUNCTIONS(DECLARE)

#define ENTRY(name) { #name, libc_##name },
static const struct {
    const char *name;
    char *address;
} table[] = { FUNCTIONS(ENTRY) };

static char handle; // of the one library there is

void *__wrap_dlopen(const char *file, int mode);
void *__wrap_dlsym(void *library, const char *name);
int __wrap_dlclose(void *library);

void *__wrap_dlopen(const char *file, int mode) {
    (void)mode;
    errno = ENOENT; // where another library is asked for
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
