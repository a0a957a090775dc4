# SPDX-License-Identifier: MIT
"""natmods/runtime.c: the functions that compilers call in a .mpy instead of the libc's."""

import ctypes
import subprocess

import pytest
from support import TOP

SIZE = 40


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    library = tmp_path_factory.mktemp("runtime") / "runtime.so"
    # Freestanding and with this option, or a loop in memset would become a call of memset.
    flags = ["-O3", "-ffreestanding", "-fno-tree-loop-distribute-patterns", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "-o", library, TOP / "natmods/runtime.c"], check=True)
    return ctypes.CDLL(str(library))


@pytest.mark.parametrize("name", ["memcpy", "memmove", "memset"])
def test_bytes_are_where_they_belong(runtime, name):
    """A module's structs would be damaged, on ARM only: most of all by overlapping copies."""
    function = getattr(runtime, name)
    function.restype = ctypes.c_void_p
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
    for start in range(0, SIZE, 3):
        for end in range(0, SIZE, 3):
            for n in range(SIZE - max(start, end) + 1):
                if name == "memcpy" and abs(start - end) < n:
                    continue  # they may not overlap
                expected = bytearray(range(SIZE))
                memory = (ctypes.c_ubyte * SIZE)(*expected)
                at = ctypes.addressof(memory)
                if name == "memset":
                    expected[end : end + n] = bytes([start + 1]) * n
                    result = function(at + end, start + 1, n)
                else:
                    expected[end : end + n] = expected[start : start + n]
                    result = function(at + end, at + start, n)
                assert (result, bytes(memory)) == (at + end, bytes(expected)), (start, end, n)
