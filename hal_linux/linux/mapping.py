# SPDX-License-Identifier: MIT
"""Files mapped into memory and read from the page cache, which is not the process's own memory and
which the kernel frees when it needs it."""

import os

import uctypes

from . import libc


class Mapping:
    """A file's bytes. Attribute: view, a memoryview. Never write to it, and do not use it after
    close().

    Replace a mapped file only by a new file of that name (as dpkg, `mv` and `install` do): if the
    file is truncated while it is mapped, the next access kills the process.
    """

    def __init__(self, path):
        """OSError if it cannot be read; ValueError if it is empty."""
        self.view = None
        size = os.stat(path)[6]
        if not size:
            raise ValueError("is empty")
        fd = libc.open_device(path, libc.O_RDONLY)
        try:
            self._address = libc.mmap_readable(fd, size, path)
        finally:
            libc.close(fd)
        self._size = size
        self.view = memoryview(uctypes.bytearray_at(self._address, size))

    def close(self):
        """Idempotent."""
        if self.view is not None:
            self.view = None
            libc.munmap(self._address, self._size)
