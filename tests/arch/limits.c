// SPDX-License-Identifier: MIT
// Prints what the tests that conftest.py leaves out need of the system, as seen from C.
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
