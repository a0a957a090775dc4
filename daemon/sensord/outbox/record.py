# SPDX-License-Identifier: MIT
"""The records of a segment, each of which is one message. Pure Python.

docs/outbox-format.md describes their bytes. A record's head has a checksum of its own: a reader
that looks for the next whole record after damage checks 41 bytes at each sync marker, and not the
number of bytes in a damaged length.
"""

import binascii
import struct

_HEAD = "<2sIIIBIIqqH"
HEAD_BYTES = 41
_SYNC_MARKER = b"\xc5\x5d"
_CHECKED_FROM = 6  # the head's checksum covers the head after itself
MAX_BODY_BYTES = 65536  # a reader's buffer holds a whole record
_BLOCK_BYTES = 4096

# Kinds: PLAIN is published as it is, the others after a head with the time and the id.
PLAIN, JSON, SENML = 0, 1, 2
SYNCHRONIZED = 0x80  # added to the kind: the clock was set when the reading was taken


def pack(kind, session, sequence, boot_ns, real_ns, topic, text):
    """Returns a record as a bytearray.

    `session` and `sequence` are the two numbers of a reading's id, `boot_ns` is its time since
    boot, `real_ns` its time since 1970; `topic` and `text` are bytes. Raises ValueError if these
    are longer than a record may be.
    """
    length = len(topic) + len(text)
    if length > MAX_BODY_BYTES:
        raise ValueError("a message of %d bytes: the most is %d" % (length, MAX_BODY_BYTES))
    record = bytearray(HEAD_BYTES + length)
    view = memoryview(record)
    view[HEAD_BYTES : HEAD_BYTES + len(topic)] = topic
    view[HEAD_BYTES + len(topic) :] = text
    body_crc = binascii.crc32(view[HEAD_BYTES:])
    struct.pack_into(
        _HEAD, record, 0, _SYNC_MARKER, 0, body_crc, length, kind, session, sequence, boot_ns,
        real_ns, len(topic),
    )  # fmt: skip
    head_crc = binascii.crc32(view[_CHECKED_FROM:HEAD_BYTES])
    struct.pack_into("<I", record, 2, head_crc)
    return record


class Reader:
    """Reads the whole records of a segment in order and skips damaged bytes.

    Attributes: segment, which is read, or None; skipped, how many bytes belonged to no whole
    record so far, in all segments.
    """

    def __init__(self):
        self._buffer = bytearray(_BLOCK_BYTES)
        self._view = memoryview(self._buffer)
        self.segment = None
        self.skipped = 0
        self._start = self._filled = self._at = 0

    def open(self, segment, offset):
        """Goes to the first whole record at or after `offset` of a segment."""
        self.segment = segment
        self._start = offset
        self._filled = self._at = 0

    def next(self):
        """Returns the next record, or None at the end of the segment.

        A record is (kind, session, sequence, boot_ns, real_ns, topic, text), as given to `pack()`;
        topic and text are memoryviews that are valid until the next call. Raises OSError.
        """
        while True:
            if self._filled - self._at < HEAD_BYTES and not self._fill(HEAD_BYTES):
                self.skipped += self._filled - self._at
                self._at = self._filled
                return None
            at = self._at
            head = struct.unpack_from(_HEAD, self._buffer, at)
            end = at + HEAD_BYTES
            if (
                head[0] == _SYNC_MARKER
                and head[1] == binascii.crc32(self._view[at + _CHECKED_FROM : end])
                and head[9] <= head[3] <= MAX_BODY_BYTES
                and (self._filled - end >= head[3] or self._fill(HEAD_BYTES + head[3]))
            ):
                # _fill() may have moved the block.
                body = self._at + HEAD_BYTES
                middle, end = body + head[9], body + head[3]
                if head[2] == binascii.crc32(self._view[body:end]):
                    self._at = end
                    topic, text = self._view[body:middle], self._view[middle:end]
                    return head[4], head[5], head[6], head[7], head[8], topic, text
            self._skip_to_marker()

    def _fill(self, size):
        """Reads until `size` bytes are in the buffer; returns whether the segment has as many."""
        if self._filled - self._at >= size:
            return True
        rest = self._filled - self._at
        if size > len(self._buffer):
            larger = bytearray(size)
            larger[:rest] = self._view[self._at : self._filled]
            self._buffer, self._view = larger, memoryview(larger)
        elif rest:
            self._view[:rest] = bytes(self._view[self._at : self._filled])
        self._start += self._at
        self._at, self._filled = 0, rest
        while self._filled < size:
            n = self.segment.read(self._start + self._filled, self._view[self._filled :])
            if not n:
                return False
            self._filled += n
        return True

    def _skip_to_marker(self):
        # find() because a loop over bytes would take seconds for a block of zeros.
        found = bytes(self._view[self._at + 1 : self._filled]).find(_SYNC_MARKER)
        # Without one, the last byte stays: it may be the first half of a marker.
        step = 1 + found if found >= 0 else max(1, self._filled - self._at - 1)
        self._at += step
        self.skipped += step
