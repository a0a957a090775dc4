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
    """The content of a small text file, stripped, or None if there is no such file or the kernel
    has no value for it now. Bytes that are not UTF-8 become U+FFFD each."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    if data is None:  # EAGAIN
        return None
    try:
        return str(data, "utf-8").strip()
    except UnicodeError:
        return "".join([chr(byte) if byte < 128 else "\ufffd" for byte in data]).strip()
