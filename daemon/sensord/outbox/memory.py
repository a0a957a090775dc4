# SPDX-License-Identifier: MIT
"""Segments in RAM, for when no folder can be used: they end with the process. Pure Python."""

from .segment import Segment

_LEAST_SEGMENT_BYTES = 512
_SEGMENTS = 16  # so many share the room: a full storage loses one of them at a time


class MemoryStorage:
    """The storage of last resort.

    Attributes: name; on_disk, False; segment_bytes, how large a segment may become.
    """

    name = "memory"
    on_disk = False

    def __init__(self, max_bytes):
        self.segment_bytes = max(_LEAST_SEGMENT_BYTES, max_bytes // _SEGMENTS)

    def create(self, index):
        """Returns a new, empty segment."""
        return _MemorySegment(self, index)


class _MemorySegment(Segment):
    def __init__(self, storage, index):
        Segment.__init__(self, storage, index)
        self._data = bytearray()

    def read(self, offset, buffer):
        part = self._data[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        return len(part)

    def _write(self, offset, data):
        if offset == len(self._data):
            self._data.extend(data)
        else:
            self._data[offset : offset + len(data)] = data

    def sync(self):
        pass

    def remove(self):
        self._data = bytearray()
