// SPDX-License-Identifier: MIT
// Prints how the system behaves, seen from C, in the ways that the tests left out by conftest.py need.
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    pid_t pid;
    char *arguments[] = { "/no/such/program", NULL };
    printf("posix_spawn %d\n", posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ));
    return 0;
}
