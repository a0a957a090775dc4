# SPDX-License-Identifier: MIT
"""The segments that the log consists of: a header and records. Pure Python.

docs/outbox-format.md describes their bytes.
"""

import binascii
import struct

from .record import HEAD_BYTES, Reader

_MAGIC = b"SNSDOUT1"
_FIXED_BYTES = 28  # magic, boot id and their checksum; the rest of the header changes
_ACKNOWLEDGED_AT, _COUNT_AT, _OFFSET_AT = 28, 36, 44
HEADER_BYTES = 60
NO_BOOT = bytes(16)


def reason(error):
    """The message of an OSError that a storage raised."""
    return str(error.args[-1])


def _pair(number):
    return struct.pack("<II", number, number ^ 0xFFFFFFFF)


def _unpair(header, at):
    number, complement = struct.unpack_from("<II", header, at)
    return number if number ^ complement == 0xFFFFFFFF else None


class Segment:
    """A part of the log; a subclass stores its bytes.

    Attributes: storage, where it is; index, its place in the order of all; size in bytes; base,
    the number of its first record in this run; count, how many records it has; acknowledged, how
    many of these, from the first, need not be sent again; boot_id, of the boot whose times since
    boot it has; offset_ns, the difference between time since 1970 and time since boot, or None
    while the clock was not set; start, the offset of its first record.

    A subclass has `read(offset, buffer)`, which returns how many bytes it read, `_write(offset,
    data)`, `sync()` and `remove()`. All that read or write raise OSError.
    """

    def __init__(self, storage, index):
        self.storage = storage
        self.index = index
        self.size = 0
        self.base = 0
        self.count = 0
        self.acknowledged = 0
        self.boot_id = NO_BOOT
        self.offset_ns = None
        self.start = HEADER_BYTES

    @property
    def end(self):
        """The number after that of its last record."""
        return self.base + self.count

    def write_header(self, boot_id, offset_ns):
        """Writes the header of a new segment."""
        self.boot_id = boot_id
        fixed = _MAGIC + boot_id
        header = fixed + struct.pack("<I", binascii.crc32(fixed))
        self._write(0, header + bytes(HEADER_BYTES - len(header)))
        self.size = HEADER_BYTES
        if offset_ns is not None:
            self.set_offset(offset_ns)

    def append(self, record):
        """Writes a packed record to the end."""
        self._write(self.size, record)
        self.size += len(record)
        self.count += 1

    def set_acknowledged(self, count):
        """Writes that the first `count` records need not be sent again."""
        self.acknowledged = count
        self._write(_ACKNOWLEDGED_AT, _pair(count))

    def seal(self):
        """Writes how many records there are, so that the next start need not count them."""
        self._write(_COUNT_AT, _pair(self.count))

    def set_offset(self, offset_ns):
        """Writes the difference between time since 1970 and time since boot."""
        self.offset_ns = offset_ns
        self._write(_OFFSET_AT, struct.pack("<qq", offset_ns, ~offset_ns))

    def recover(self):
        """Reads the state of a segment of an earlier run; returns how many bytes are damaged.

        Looks for damage only if it has to count the records. With a damaged header it searches
        the whole file for records, and `start` is 0.
        """
        header = bytearray(HEADER_BYTES)
        n = self.read(0, header)
        fixed = bytes(header[: _FIXED_BYTES - 4])
        (crc,) = struct.unpack_from("<I", header, _FIXED_BYTES - 4)
        if n < HEADER_BYTES or fixed[:8] != _MAGIC or crc != binascii.crc32(fixed):
            self.start = 0
            return self._count_records()
        self.boot_id = fixed[8:]
        offset, complement = struct.unpack_from("<qq", header, _OFFSET_AT)
        self.offset_ns = offset if offset == ~complement else None
        count = _unpair(header, _COUNT_AT)
        damaged = 0
        if count is None:
            damaged = self._count_records()
        else:
            # A file of this size has no more: this bounds a count that is damaged unnoticed.
            self.count = min(count, self.size // HEAD_BYTES)
        self.acknowledged = min(_unpair(header, _ACKNOWLEDGED_AT) or 0, self.count)
        return damaged

    def renumber(self, index):
        """Gives it another place in the order of all."""
        self.index = index

    def close(self):
        """Closes the file, if it is one, until it is needed again."""

    def _count_records(self):
        reader = Reader()
        reader.open(self, self.start)
        while reader.next():
            self.count += 1
        return reader.skipped

    def _take_state(self, other):
        """Copies the state of a segment with the same bytes."""
        self.base, self.count = other.base, other.count
        self.acknowledged = other.acknowledged
        self.boot_id, self.offset_ns = other.boot_id, other.offset_ns
        self.start = other.start
