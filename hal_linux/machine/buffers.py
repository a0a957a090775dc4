# SPDX-License-Identifier: MIT
"""The bytes of a caller's buffer, for classes that pass its address to the kernel.

Nothing here allocates for bytes, bytearrays and memoryviews that are used repeatedly.
"""

import struct

import uctypes

from linux import libc

_view = None  # the last memoryview given to size()
_view_size = 0


def size(buf):
    """The number of bytes in a buffer of any type."""
    kind = type(buf)
    if kind is bytearray or kind is bytes:
        return len(buf)
    if kind is memoryview:
        return _size_of_view(buf)
    return len(buf.encode()) if kind is str else _size_of_view(memoryview(buf))


def _size_of_view(view):
    global _view, _view_size
    if view is not _view:
        n = len(view)
        if n > 1:
            # Not every build has memoryview.itemsize.
            n *= uctypes.addressof(view[1:]) - uctypes.addressof(view)
        _view_size = n
        _view = view
    return _view_size


def writable_size(buf):
    """The number of bytes in a buffer to be filled. TypeError if it is read-only."""
    kind = type(buf)
    if kind is bytearray:
        return len(buf)
    if kind is bytes or kind is str:
        raise TypeError("the buffer to read into is read-only")
    if kind is memoryview and len(buf):
        buf[0] = buf[0]  # TypeError if it is a view of bytes
    return size(buf)


def byte_view(buf):
    """The bytes of a buffer as a memoryview, which may not keep `buf` alive."""
    kind = type(buf)
    if kind is bytearray or kind is bytes or kind is str:
        return memoryview(buf)
    return memoryview(uctypes.bytearray_at(uctypes.addressof(buf), size(buf)))


def copy(to, at, buf, n):
    """Copies the buffer's n bytes into the bytearray `to`, starting at `at`."""
    kind = type(buf)
    if n <= 8 and (kind is bytes or kind is bytearray):
        for i in range(n):  # a slice would allocate
            to[at + i] = buf[i]
    else:
        to[at : at + n] = uctypes.bytearray_at(uctypes.addressof(buf), n)


if struct.calcsize("P") == 8:
    # An address is a small integer here: uctypes.addressof() allocates nothing.
    point = None
else:
    # Most addresses are large integers, allocated at each transfer of a bus. Text avoids that.
    _snprintf = libc._libc.func("i", "snprintf", "pLPp")
    _sscanf = libc._libc.func("i", "sscanf", "pPp")
    _text = bytearray(24)
    _FORMAT = b"%p\0"

    def point(pointer, buf):
        """Sets a pointer in a C struct, given as its bytes, to the address of a buffer."""
        _snprintf(_text, len(_text), _FORMAT, buf)
        _sscanf(_text, _FORMAT, pointer)
