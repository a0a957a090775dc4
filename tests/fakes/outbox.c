// SPDX-License-Identifier: MIT
// Preloaded into the daemon: simulates a full disk and a wrong clock, set by files in the folder
// FAKE_FOLDER. "full" with an error number: writes to files below .../outbox on disk fail with it.
// "clock" with seconds: offsets the time since 1970. "unsynchronized": NTP has not set the clock;
// "synchronized": it has.
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <time.h>
#include "interposed.h"

static int fake(const char *name, long long *value) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", getenv("FAKE_FOLDER"), name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%lld", value) != 1) {
        *value = 0;
    }
    fclose(file);
    return 1;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    char link[64], path[PATH_MAX] = "";
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    long long error;
    if (readlink(link, path, sizeof(path) - 1) > 0 && strstr(path, "/outbox/") != NULL &&
        strstr(path, "/runtime/") == NULL && fake("full", &error)) {
        // Half of it fits.
        if (size > 1 && size % 2) {
            return REAL(pwrite)(fd, data, size / 2, offset);
        }
        errno = (int)error;
        return -1;
    }
    return REAL(pwrite)(fd, data, size, offset);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    const int result = REAL(clock_gettime)(clock, now);
    long long seconds;
    if (result == 0 && clock == CLOCK_REALTIME && fake("clock", &seconds)) {
        now->tv_sec += (time_t)seconds;
    }
    return result;
}

int adjtimex(struct timex *state) {
    long long ignored;
    memset(state, 0, sizeof(*state));
    state->status = fake("unsynchronized", &ignored) ? STA_UNSYNC : 0;
    return 0;
}
