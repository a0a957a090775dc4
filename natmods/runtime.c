// SPDX-License-Identifier: MIT
// Functions that a compiler may call although the source does not: for the .mpy modules, which have no
// libc. Those of the bare-metal ARM libc are not Thumb code, which a .mpy needs.
#include <stddef.h>
#include <stdint.h>

void *memset(void *to, int value, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);

void *memset(void *to, int value, size_t size) {
    unsigned char *t = to;
    for (size_t i = 0; i < size; i++) {
        t[i] = (unsigned char)value;
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    unsigned char *restrict t = to;
    const unsigned char *restrict f = from;
    for (size_t i = 0; i < size; i++) {
        t[i] = f[i];
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size) {
    unsigned char *t = to;
    const unsigned char *f = from;
    if ((uintptr_t)t - (uintptr_t)f >= size) {
        for (size_t i = 0; i < size; i++) {
            t[i] = f[i];
        }
    } else {
        for (size_t i = size; i > 0; i--) {
            t[i - 1] = f[i - 1];
        }
    }
    return to;
}
