# SPDX-License-Identifier: MIT
"""Files mapped into memory: read where they lie in the page cache, which is not the process's own
memory and which the kernel takes back when it needs it."""

import os

import uctypes

from . import libc


class Mapping:
    """A file's bytes. Attribute: view, a memoryview that must not be written to, nor used after
    close().

    Whoever replaces the file while it is mapped must put a new one in its place (as dpkg, `mv` and
    `install` do); one cut short under the mapping ends the process.
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
