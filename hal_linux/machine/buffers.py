# SPDX-License-Identifier: MIT
"""The bytes behind a caller's buffer, for classes that hand its address to the kernel.

Nothing here allocates for bytes, bytearrays and memoryviews that are used again and again.
"""

import struct

import uctypes

from linux import libc

_view = None  # the memoryview that size() saw last
_view_size = 0


def size(buf):
    """The number of bytes in a buffer of any kind."""
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
            # memoryview.itemsize is not in every build.
            n *= uctypes.addressof(view[1:]) - uctypes.addressof(view)
        _view_size = n
        _view = view
    return _view_size


def writable_size(buf):
    """The number of bytes in a buffer that is to be filled. TypeError if it cannot be written."""
    kind = type(buf)
    if kind is bytearray:
        return len(buf)
    if kind is bytes or kind is str:
        raise TypeError("the buffer to read into cannot be written")
    if kind is memoryview and len(buf):
        buf[0] = buf[0]  # TypeError if it is a view of bytes
    return size(buf)


def byte_view(buf):
    """The bytes of a buffer as a memoryview, which does not always keep `buf` alive."""
    kind = type(buf)
    if kind is bytearray or kind is bytes or kind is str:
        return memoryview(buf)
    return memoryview(uctypes.bytearray_at(uctypes.addressof(buf), size(buf)))


def copy(to, at, buf, n):
    """Copies the n bytes of a buffer into the bytearray `to`, from `at` on."""
    kind = type(buf)
    if n <= 8 and (kind is bytes or kind is bytearray):
        for i in range(n):  # a slice would allocate
            to[at + i] = buf[i]
    else:
        to[at : at + n] = uctypes.bytearray_at(uctypes.addressof(buf), n)


if struct.calcsize("P") == 8:
    # An address is a small integer: uctypes.addressof() costs nothing.
    point = None
else:
    # Mostly it is none, and would be allocated at every transfer of a bus. As text it is not.
    _snprintf = libc._libc.func("i", "snprintf", "pLPp")
    _sscanf = libc._libc.func("i", "sscanf", "pPp")
    _text = bytearray(24)
    _FORMAT = b"%p\0"

    def point(pointer, buf):
        """Makes a pointer in a C struct, given as its bytes, point to those of a buffer."""
        _snprintf(_text, len(_text), _FORMAT, buf)
        _sscanf(_text, _FORMAT, pointer)
