// SPDX-License-Identifier: MIT
// Starts a program of another architecture in QEMU's user mode, as if it were one of this machine's: runs
// PROGRAM, or if that is empty its first argument, by its dynamic linker LOADER, in EMULATOR, as
// processor CPU; all four, and ADDRESSES, are set at compile time.
//
// Without a LOADER, PROGRAM is static: it is run directly, and nothing can be preloaded.
//
// Not a binfmt_misc entry, which would change the whole machine. Linked statically, like the emulator:
// libraries that a test preloads are for the emulated program.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
#ifdef LOADER
    static char *const start[] = { EMULATOR, "-cpu", CPU, LOADER, "--preload", ADDRESSES, PROGRAM };
#else
    static char *const start[] = { EMULATOR, "-cpu", CPU, PROGRAM };
#endif
    const size_t n = sizeof(start) / sizeof(start[0]) - (PROGRAM[0] == 0 ? 1 : 0);
    char **arguments = calloc(n + (size_t)argc, sizeof(*arguments));
    if (arguments != NULL) {
        memcpy(arguments, start, n * sizeof(*start));
        memcpy(arguments + n, argv + 1, (size_t)argc * sizeof(*argv)); // with the NULL at the end
        execv(EMULATOR, arguments);
    }
    perror(EMULATOR);
    return 127;
}
