# SPDX-License-Identifier: MIT
"""The bytes behind a caller's buffer, for classes that hand its address to the kernel."""

from typing_extensions import Buffer

def size(buf: Buffer | str) -> int:
    """The number of bytes in a buffer of any kind."""

def writable_size(buf: Buffer) -> int:
    """The number of bytes in a buffer that is to be filled. TypeError if it cannot be written."""

def byte_view(buf: Buffer | str) -> memoryview:
    """The bytes of a buffer as a memoryview, which does not always keep `buf` alive."""

def copy(to: bytearray, at: int, buf: Buffer, n: int) -> None:
    """Copies the n bytes of a buffer into the bytearray `to`, from `at` on."""
