# SPDX-License-Identifier: MIT
"""Frames cut from a streaming program's output, without ever waiting for it.

Each class has take(), which returns the next whole frame as a memoryview that is valid until the
next call, or None if the frame is incomplete; `begun`, whether a part of it is there; and
`damaged`, the number of frames thrown away. A stream that has ended raises EOFError.
"""

_MOST_BYTES = 1 << 25  # of one frame: a 4056 x 3040 picture has 18.5 MB in YU12
_CHUNK = 65536


class _Frames:
    def __init__(self, file, capacity):
        self._file = file
        self._buffer = bytearray(capacity)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self.damaged = 0

    @property
    def begun(self):
        return self._filled > 0

    def _fill(self, wanted):
        """Whether the first `wanted` bytes of the buffer are there now."""
        while self._filled < wanted:
            n = self._file.readinto(self._view[self._filled : wanted])
            if n is None:
                return False
            if n == 0:
                raise EOFError
            self._filled += n
        return True

    def _grow(self, wanted):
        larger = bytearray(wanted)
        larger[: self._filled] = self._view[: self._filled]
        self._buffer = larger
        self._view = memoryview(larger)


class Fixed(_Frames):
    """Frames of one size, one after the other, without headers."""

    def __init__(self, file, size):
        super().__init__(file, size)
        self._size = size

    def take(self):
        if not self._fill(self._size):
            return None
        self._filled = 0
        return self._view


class Headed(_Frames):
    """The output of `v4l2-ctl --stream-to-hdr`: a header and its frame, in turn.

    v4l2-ctl-streaming.cpp of v4l-utils: the characters rdhV and the frame's size, most
    significant byte first. With `size`, a frame of fewer bytes is damaged, and one of more is an
    error (ValueError).
    """

    _HEADER = 8

    def __init__(self, file, size=None):
        super().__init__(file, self._HEADER + (size or _CHUNK))
        self._size = size

    def take(self):
        header = self._HEADER
        while self._fill(header):
            if self._view[:4] != b"rdhV":
                raise ValueError("v4l2-ctl's output has no headers")
            size = int.from_bytes(self._view[4:header], "big")
            if size > (self._size or _MOST_BYTES):
                raise ValueError("%d bytes a frame, expected %s" % (size, self._size or "less"))
            if header + size > len(self._buffer):
                self._grow(header + size)
            if not self._fill(header + size):
                return None
            self._filled = 0
            if self._size is None or size == self._size:
                return self._view[header : header + size]
            self.damaged += 1
        return None


class Jpegs(_Frames):
    """JPEG pictures, one after the other with nothing between.

    ITU-T T.81, B.1.1: a picture begins with FF D8 and ends with FF D9; within its data the byte
    after an FF is 0. Cameras embed no thumbnails.
    """

    def __init__(self, file, _size=None):
        super().__init__(file, _CHUNK)
        self._searched = 0  # there is no end marker before this byte
        self._taken = 0  # bytes of the frame that take() returned last

    @property
    def begun(self):
        return self._filled > self._taken

    def take(self):
        if self._taken:
            rest = self._filled - self._taken
            self._buffer[:rest] = self._buffer[self._taken : self._filled]
            self._filled, self._taken, self._searched = rest, 0, 0
        while True:
            end = self._buffer.find(b"\xff\xd9", self._searched, self._filled)
            if end >= 0:
                start = self._buffer.find(b"\xff\xd8", 0, end)
                self._taken = end + 2
                if start >= 0:
                    return self._view[start : self._taken]
                self.damaged += 1
                return self.take()
            self._searched = max(0, self._filled - 1)
            if self._filled == len(self._buffer):
                if self._filled >= _MOST_BYTES:
                    raise ValueError("no end of a JPEG picture in %d bytes" % self._filled)
                self._grow(2 * self._filled)
            n = self._file.readinto(self._view[self._filled :])
            if n is None:
                return None
            if n == 0:
                raise EOFError
            self._filled += n
