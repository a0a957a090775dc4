# SPDX-License-Identifier: MIT
"""Libraries preloaded into a program under test: in C, for the program's architecture."""

import subprocess

from support import ARCH, CC

# On 32-bit ARM, Debian's compiler turns open() into open64() and makes struct timespec 64 bits
# wide. With these flags a name stays itself, as for a program that looks it up in the libc.
FLAGS = [
    "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
    "-U_TIME_BITS", "-U_FILE_OFFSET_BITS",
]  # fmt: skip

# The loader's folder for each architecture, if a path contains $LIB. An emulated program may start
# programs of this machine, which then get their own version of the library.
_NATIVE = "lib/x86_64-linux-gnu"
_EMULATED = {"arm64": "lib/aarch64-linux-gnu", "armhf": "lib/arm-linux-gnueabihf"}.get(ARCH)


def build(source, library, *others):
    """Compiles a library of one source or more; returns the path for LD_PRELOAD: `library`, or one
    with $LIB."""
    sources = (source, *others)
    if _EMULATED is None:
        _compile("gcc", sources, library)
        return library
    for compiler, folder in (("gcc", _NATIVE), (CC, _EMULATED)):
        (library.parent / folder).mkdir(parents=True, exist_ok=True)
        _compile(compiler, sources, library.parent / folder / library.name)
    return library.parent / "$LIB" / library.name


def _compile(compiler, sources, library):
    subprocess.run([compiler, *FLAGS, "-o", library, *sources, "-ldl"], check=True)
