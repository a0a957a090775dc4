# SPDX-License-Identifier: MIT
"""Libraries that are preloaded into a program under test: C, for the program's architecture."""

import subprocess

from support import ARCH, CC

# On 32-bit ARM, Debian's compiler makes open() into open64() and struct timespec 64 bits wide.
# Here a name stands for itself: for what a program gets that asks the libc for that name.
FLAGS = [
    "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
    "-U_TIME_BITS", "-U_FILE_OFFSET_BITS",
]  # fmt: skip

# Where the loader of each architecture looks, if a path has its word $LIB in it. An emulated
# program may start some of this machine's, which then get the same library of theirs.
_NATIVE = "lib/x86_64-linux-gnu"
_EMULATED = {"arm64": "lib/aarch64-linux-gnu", "armhf": "lib/arm-linux-gnueabihf"}.get(ARCH)


def build(source, library):
    """Compiles a library, and returns the path for LD_PRELOAD, which is `library` or near it."""
    if _EMULATED is None:
        _compile("gcc", source, library)
        return library
    for compiler, folder in (("gcc", _NATIVE), (CC, _EMULATED)):
        (library.parent / folder).mkdir(parents=True, exist_ok=True)
        _compile(compiler, source, library.parent / folder / library.name)
    return library.parent / "$LIB" / library.name


def _compile(compiler, source, library):
    subprocess.run([compiler, *FLAGS, "-o", library, source, "-ldl"], check=True)
