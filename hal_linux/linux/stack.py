# SPDX-License-Identifier: MIT
"""The pages of the stack that a program needed once, and no more."""

import micropython

from . import libc

_PAGE_BYTES = 4096
# For what is on the stack between this function and the kernel, and for signal handlers
_MARGIN_BYTES = 8192
_START_STACK = 28  # the field of proc(5)'s stat, from 1; the first two end at ")"
_MADV_DONTNEED = 4  # <asm-generic/mman-common.h>


def release():
    """Gives the pages below the present end of the stack back to the kernel; returns how many
    bytes that are at most.

    The deepest calls of a program are often those of its start. The kernel keeps their pages for
    the process until its end (madvise(2) with MADV_DONTNEED gives zeros in their place).
    """
    with open("/proc/self/stat") as file:
        start = int(file.read().rsplit(")", 1)[1].split()[_START_STACK - 3])
    end = start - micropython.stack_use() - _MARGIN_BYTES
    end -= end % _PAGE_BYTES
    low = _lowest(start)
    if low is None or low >= end:
        return 0
    libc.madvise(low, end - low, _MADV_DONTNEED)
    return end - low


def _lowest(start):
    """The lowest address of the mapping that has the address `start`, or None."""
    with open("/proc/self/maps") as file:
        for line in file:
            low, _, rest = line.partition("-")
            if int(low, 16) <= start < int(rest.split(" ", 1)[0], 16):
                return int(low, 16)
    return None
