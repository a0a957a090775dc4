# SPDX-License-Identifier: MIT
"""Compiles the peers of our modules: emlearn's headers, as emlearn-micropython does."""

import importlib.util
import pathlib
import subprocess

_HERE = pathlib.Path(__file__).parent
# The flags with which MicroPython's py/dynruntime.mk compiles upstream's module for x86-64; its
# linker binds calls within the module directly, as -Bsymbolic does.
_CFLAGS = ["-std=c99", "-Os", "-DNDEBUG", "-fpic", "-fno-common", "-fno-stack-protector"]
_CFLAGS += ["-U_FORTIFY_SOURCE", "-shared", "-Wl,-Bsymbolic"]


def build(folder, name):
    """Compiles tests/bench/NAME.c into a library in `folder` and returns its path."""
    package = importlib.util.find_spec("emlearn")
    if package is None:
        raise AssertionError("the package emlearn is missing: see tests/requirements.txt")
    (headers,) = package.submodule_search_locations
    library = folder / f"{name}.so"
    source = _HERE / f"{name}.c"
    subprocess.run(["gcc", *_CFLAGS, "-I", headers, "-o", library, source, "-lm"], check=True)
    return library
