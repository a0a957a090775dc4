// SPDX-License-Identifier: MIT
// Called as `sensord` the interpreter starts the daemon; by any other name it is a plain micropython.
// It is one program, so that the daemon needs no second exec and no launcher in memory.

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

// The linker's --wrap=main makes this the program's entry and upstream's main() __real_main.
int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

// The heap's size is fixed at start. Only touched pages count, so this is a limit, not a cost.
#define HEAP_SIZE "heapsize=1536k"

// The first entry of sys.path is the current folder; without it no file there replaces a module.
#define START "import sys; sys.path.pop(0); from sensord.cli import main; main()"

int __wrap_main(int argc, char **argv) {
    const char *name = argc > 0 ? strrchr(argv[0], '/') : NULL;
    name = name != NULL ? name + 1 : argc > 0 ? argv[0] : "";
    if (strcmp(name, "sensord") != 0) {
        return __real_main(argc, argv);
    }
    // Otherwise the first files and sockets would become its standard streams, and get its messages.
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd) {
            return 71; // EX_OSERR
        }
    }
    static char *const options[] = { "-X", HEAP_SIZE, "-c", START };
    const int extra = sizeof(options) / sizeof(options[0]);
    char **args = calloc((size_t)(argc + extra + 1), sizeof(*args));
    if (args == NULL) {
        return 71; // EX_OSERR
    }
    args[0] = argv[0];
    memcpy(args + 1, options, sizeof(options));
    memcpy(args + 1 + extra, argv + 1, (size_t)(argc - 1) * sizeof(*args));
    // The user's home and MICROPYPATH must not change the daemon's code.
    setenv("MICROPYPATH", ".frozen", 1);
    unsetenv("MICROPYINSPECT");
    return __real_main(argc + extra, args);
}
