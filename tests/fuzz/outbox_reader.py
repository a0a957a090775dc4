# SPDX-License-Identifier: MIT
"""Recovers mutated segments of the outbox and reads them to their end; see fuzzing.py for its
command line.

An exception, a record that was never written, and more records than there is room for are
failures.
"""

import fuzzing
from mutations import mutated

from sensord.outbox import record
from sensord.outbox.memory import MemoryStorage

TEXTS = [b', "x": %d}' % (10**n) for n in range(8)] + [record.pack(0, 1, 1, 0, 0, b"t", b"in")]
WORDS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xc5\x5d\xc5\x5d")


def whole():
    segment = MemoryStorage(1 << 16).create(0)
    segment.write_header(bytes(range(16)), 1700000000000000000)
    for i, text in enumerate(TEXTS):
        segment.append(record.pack(1, 7, i, i, i, b"a/topic", text))
    segment.set_acknowledged(3)
    segment.seal()
    return bytes(segment._data)


WHOLE = whole()
READER = record.Reader()


def make():
    return mutated(WHOLE, WORDS)


def check(data):
    segment = MemoryStorage(1 << 16).create(0)
    segment._write(0, data)
    segment.size = len(data)
    segment.recover()
    assert 0 <= segment.acknowledged <= segment.count <= max(1, len(data) // record.HEAD_BYTES)
    found = 0
    READER.open(segment, segment.start)
    while True:
        entry = READER.next()
        if entry is None:
            return found
        found += 1
        assert found <= len(data) // record.HEAD_BYTES, "more records than there is room for"
        assert bytes(entry[6]) in TEXTS or bytes(entry[6]) == b"in", (
            "a record that was never written"
        )


# The reader keeps the largest record.
fuzzing.main("outbox_reader", make, check, 64 * 1024 + record.MAX_BODY_BYTES)
