# SPDX-License-Identifier: MIT
"""Segments of the log: a header and records. Pure Python; what they are kept in is elsewhere.

The header is little endian: magic 8, boot id 16, CRC-32 of both 4; then numbers that change, each
followed by its complement, so that a torn one is known: how many records were acknowledged 4 + 4,
how many there are, once no more are added, 4 + 4, and what turns time since boot into time since
1970, in ns, once the clock was set, 8 + 8.
"""

import binascii
import struct

from .record import Reader

_MAGIC = b"SNSDOUT1"
_FIXED_BYTES = 28
_ACKED_AT, _COUNT_AT, _OFFSET_AT = 28, 36, 44
HEADER_BYTES = 60
NO_BOOT = bytes(16)
_NOTHING = bytes(8)


def _pair(number):
    return struct.pack("<II", number, number ^ 0xFFFFFFFF)


def _unpair(header, at):
    number, complement = struct.unpack_from("<II", header, at)
    return number if number ^ complement == 0xFFFFFFFF else None


class Segment:
    """A part of the log.

    Attributes: index, its place in the order of all; size in bytes; base, the number of its
    first record; count, how many it has; boot, of which boot its times since boot are; offset_ns,
    what makes time since 1970 of these, or None; start, where its records begin.

    A subclass has `read(offset, buffer)`, `_write(offset, data)` and `remove()`.
    """

    def __init__(self, place, index):
        self.place = place
        self.index = index
        self.size = 0
        self.base = 0
        self.count = 0
        self.acked = 0
        self.boot = NO_BOOT
        self.offset_ns = None
        self.start = HEADER_BYTES

    @property
    def end(self):
        return self.base + self.count

    def begin(self, boot, offset_ns):
        """Writes the header of a new segment."""
        self.boot = boot
        fixed = _MAGIC + boot
        header = fixed + struct.pack("<I", binascii.crc32(fixed))
        self._write(0, header + bytes(HEADER_BYTES - len(header)))
        self.size = HEADER_BYTES
        if offset_ns is not None:
            self.set_offset(offset_ns)

    def append(self, record):
        self._write(self.size, record)
        self.size += len(record)
        self.count += 1

    def set_acked(self, count):
        """Notes that the first `count` records need not be sent again."""
        self.acked = count
        self._write(_ACKED_AT, _pair(count))

    def seal(self):
        """Notes how many records there are: the next start need not count them."""
        self._write(_COUNT_AT, _pair(self.count))

    def set_offset(self, offset_ns):
        self.offset_ns = offset_ns
        self._write(_OFFSET_AT, struct.pack("<qq", offset_ns, ~offset_ns))

    def recover(self):
        """Finds out what is in a segment of an earlier run; returns how many bytes of it are
        damaged. Without a header whole records still count."""
        header = bytearray(HEADER_BYTES)
        n = self.read(0, header)
        fixed = bytes(header[: _FIXED_BYTES - 4])
        (crc,) = struct.unpack_from("<I", header, _FIXED_BYTES - 4)
        if n < HEADER_BYTES or fixed[:8] != _MAGIC or crc != binascii.crc32(fixed):
            self.start = 0
            return self._count_records()
        self.boot = fixed[8:]
        offset, complement = struct.unpack_from("<qq", header, _OFFSET_AT)
        self.offset_ns = offset if offset == ~complement else None
        count = _unpair(header, _COUNT_AT)
        damaged = 0
        if count is None:
            damaged = self._count_records()
        else:
            # A record that does not belong to a file of this size shows that the count is wrong.
            self.count = min(count, self.size // 41)
        self.acked = min(_unpair(header, _ACKED_AT) or 0, self.count)
        return damaged

    def renumber(self, index):
        """Gives it another place in the order."""
        self.index = index

    def close(self):
        """Closes the file, if it is one, until it is needed again."""

    def _count_records(self):
        reader = Reader()
        reader.open(self, self.start)
        while reader.next():
            self.count += 1
        return reader.skipped


class MemoryPlace:
    """Where segments are when no folder can be used: bounded, and gone with the process."""

    name = "memory"
    on_disk = False

    def __init__(self, max_bytes):
        self.max_bytes = max_bytes
        self.segment_bytes = max(512, max_bytes // 16)

    def create(self, index):
        return _MemorySegment(self, index)


class _MemorySegment(Segment):
    def __init__(self, place, index):
        Segment.__init__(self, place, index)
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
