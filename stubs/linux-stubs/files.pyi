# SPDX-License-Identifier: MIT
"""Kernel files: waiting for a descriptor in asyncio, and small attributes of /proc and /sys."""

from collections.abc import Awaitable
from typing import IO

def readable(file: IO[bytes] | int) -> Awaitable[None]:
    """Waits until a file object or descriptor can be read, or has hung up."""

def writable(file: IO[bytes] | int) -> Awaitable[None]:
    """Waits until a file object or descriptor can be written, or has hung up."""

class Attribute:
    """An attribute of /proc or /sys that is read again and again: opened once, no allocation."""

    path: str
    def __init__(self, path: str, size: int = 128) -> None:
        """Opens `path`; at most `size` bytes of it are read. Raises OSError as open() does."""
    def read(self) -> memoryview:
        """A memoryview of the attribute as it is now, valid until the next read."""
    def text(self) -> str:
        """The attribute as a str without surrounding white space."""
    def close(self) -> None: ...

def write_text(path: str, text: str) -> None:
    """Writes a kernel attribute, which must exist. Raises OSError that names the path."""

def read_text(path: str) -> str | None:
    """The content of a small text file, stripped, or None where there is no such file."""
