# SPDX-License-Identifier: MIT
"""The records of the log and how they are found again among damage. Pure Python.

A record is a head, the topic and the text. The head is little endian:

    mark 2, CRC-32 of the head after itself 4, CRC-32 of topic and text 4, their length 4,
    kind 1, session 4, sequence 4, time since boot in ns 8, time since 1970 in ns 8,
    length of the topic 2

The head has a CRC of its own so that a search for the next whole record checks 41 bytes at each
mark, and not what a damaged length says.
"""

import binascii
import struct

_HEAD = "<2sIIIBIIqqH"
HEAD_BYTES = 41
_MARK = b"\xc5\x5d"
_CHECKED_FROM = 6
MAX_BODY_BYTES = 65536  # a reader's buffer holds a whole record
_BLOCK_BYTES = 4096

# Kinds: what is sent is the text as it is, or begins with the time and the id.
PLAIN, JSON, SENML = 0, 1, 2
SYNCHRONIZED = 0x80  # added to the kind: the clock was set when the reading was taken


def pack(kind, session, sequence, boot_ns, real_ns, topic, text):
    """A record as a bytearray; topic and text are bytes. ValueError if they are too long."""
    length = len(topic) + len(text)
    if length > MAX_BODY_BYTES:
        raise ValueError("a message of %d bytes: the most is %d" % (length, MAX_BODY_BYTES))
    record = bytearray(HEAD_BYTES + length)
    view = memoryview(record)
    view[HEAD_BYTES : HEAD_BYTES + len(topic)] = topic
    view[HEAD_BYTES + len(topic) :] = text
    body_crc = binascii.crc32(view[HEAD_BYTES:])
    struct.pack_into(
        _HEAD, record, 0, _MARK, 0, body_crc, length, kind, session, sequence, boot_ns, real_ns,
        len(topic),
    )  # fmt: skip
    head_crc = binascii.crc32(view[_CHECKED_FROM:HEAD_BYTES])
    struct.pack_into("<I", record, 2, head_crc)
    return record


class Reader:
    """Gives the whole records of a segment, one after the other, and steps over damage.

    Attributes: segment, which has `read(offset, buffer)`, or None; skipped, how many bytes were
    no part of a whole record.
    """

    def __init__(self):
        self._buffer = bytearray(_BLOCK_BYTES)
        self._view = memoryview(self._buffer)
        self.segment = None
        self.skipped = 0
        self._start = self._filled = self._at = 0

    def open(self, segment, offset):
        """The next record is the first whole one at or after `offset`."""
        self.segment = segment
        self._start = offset
        self._filled = self._at = 0

    @property
    def offset(self):
        """Where the next record is looked for."""
        return self._start + self._at

    def next(self):
        """(kind, session, sequence, boot_ns, real_ns, topic, text), or None at the end.

        Topic and text are memoryviews that are valid until the next call.
        """
        while True:
            if self._filled - self._at < HEAD_BYTES and not self._has(HEAD_BYTES):
                self.skipped += self._filled - self._at
                self._at = self._filled
                return None
            at = self._at
            head = struct.unpack_from(_HEAD, self._buffer, at)
            end = at + HEAD_BYTES
            if (
                head[0] == _MARK
                and head[1] == binascii.crc32(self._view[at + _CHECKED_FROM : end])
                and head[9] <= head[3] <= MAX_BODY_BYTES
                and (self._filled - end >= head[3] or self._has(HEAD_BYTES + head[3]))
            ):
                # The block may have moved.
                body = self._at + HEAD_BYTES
                middle, end = body + head[9], body + head[3]
                if head[2] == binascii.crc32(self._view[body:end]):
                    self._at = end
                    topic, text = self._view[body:middle], self._view[middle:end]
                    return head[4], head[5], head[6], head[7], head[8], topic, text
            self._to_next_mark()

    def _has(self, size):
        """Whether so many bytes follow; reads them into the buffer."""
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

    def _to_next_mark(self):
        # Byte by byte in Python would take seconds for a block of zeros.
        found = bytes(self._view[self._at + 1 : self._filled]).find(_MARK)
        # The last byte may be the first half of a mark.
        step = 1 + found if found >= 0 else max(1, self._filled - self._at - 1)
        self._at += step
        self.skipped += step
