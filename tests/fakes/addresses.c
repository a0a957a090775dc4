// SPDX-License-Identifier: MIT
// Preloaded into every emulated program: gives it heap addresses like those on a board. Linux places a
// 32-bit program's allocations at the top of its address space, where an address is too large for a
// small integer of MicroPython and negative as a signed one; QEMU places them at the bottom.
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PART (64u << 20)
#define TOP 0xC0000000u

__attribute__((constructor)) static void take_the_bottom(void) {
    if (sizeof(void *) > 4) {
        return;
    }
    const int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    for (;;) {
        char *part = mmap(NULL, PART, PROT_NONE, kind, -1, 0);
        if (part == MAP_FAILED) {
            abort();
        }
        if ((uintptr_t)part >= TOP) {
            munmap(part, PART);
            return;
        }
    }
}
