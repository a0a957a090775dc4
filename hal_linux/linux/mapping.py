# SPDX-License-Identifier: MIT
"""Files mapped into memory and read from the page cache, which is not the process's own memory and
which the kernel frees when it needs it."""

import os

import uctypes

from . import libc

try:
    import mapguard
except ImportError:
    # Only sensord's interpreter has it.
    mapguard = None


def _state(fd):
    """The size of an open file and when it was written; they change with its content."""
    stat = os.stat("/proc/self/fd/%d" % fd)
    return stat[6], stat[8]


class Mapping:
    """A file's bytes. Attribute: view, a memoryview. Never write to it, and do not use it after
    close().

    A new file of that name (as dpkg, `mv` and `install` make) does not concern it. Of a file that
    is written or truncated in place while it is mapped, the view has other bytes, with zeros
    behind the new end; is_changed() tells. In an interpreter other than sensord's the access
    behind the new end kills the process.
    """

    def __init__(self, path):
        """OSError if it cannot be read; ValueError if it is empty."""
        self.view = None
        self._fd = libc.open_device(path, libc.O_RDONLY)
        try:
            self._state = _state(self._fd)
            self._size = self._state[0]
            if not self._size:
                raise ValueError("is empty")
            self._address = libc.mmap_readable(self._fd, self._size, path)
        except (OSError, ValueError):
            libc.close(self._fd)
            raise
        self._is_guarded = mapguard is not None and mapguard.guard(self._address, self._size)
        self.view = memoryview(uctypes.bytearray_at(self._address, self._size))

    def is_changed(self):
        """Whether the file was written or truncated in place since it was mapped, or a part of it
        could not be read any more."""
        if self._is_guarded and mapguard.lost(self._address):
            return True
        return _state(self._fd) != self._state

    def close(self):
        """Idempotent."""
        if self.view is not None:
            self.view = None
            if self._is_guarded:
                mapguard.release(self._address)
            libc.munmap(self._address, self._size)
            libc.close(self._fd)
