# SPDX-License-Identifier: MIT
"""Kernel files: waiting for a descriptor in asyncio, and small attributes of /proc and /sys."""

from asyncio import core

from . import libc


# async
def readable(file):
    """Waits until a file object or descriptor is readable or has hung up."""
    yield core._io_queue.queue_read(file)


# async
def writable(file):
    """Waits until a file object or descriptor is writable or has hung up."""
    yield core._io_queue.queue_write(file)


class Attribute:
    """An attribute of /proc or /sys for repeated reads: opened once, no allocation."""

    def __init__(self, path, size=128):
        """Opens `path`; a read returns at most `size` bytes. Raises OSError as open() does."""
        self.path = path
        self._file = open(path, "rb")
        self._buffer = bytearray(size)
        self._view = memoryview(self._buffer)

    def read(self):
        """The attribute's value now, as a memoryview that is valid until the next read."""
        self._file.seek(0)
        n = self._file.readinto(self._buffer)
        return self._view[: n or 0]

    def text(self):
        """The attribute's value as a str without surrounding white space."""
        return str(self.read(), "ascii").strip()

    def close(self):
        self._file.close()


def write_text(path, text):
    """Writes a kernel attribute, which must exist. Raises OSError that names the path."""
    fd = libc.open_device(path, libc.O_WRONLY)
    try:
        data = text.encode()
        libc.write(fd, data, len(data), path)
    finally:
        libc.close(fd)


def read_text(path):
    """The content of a small text file, stripped, or None if there is no such file."""
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return None
