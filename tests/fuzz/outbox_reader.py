# SPDX-License-Identifier: MIT
"""Fuzzes the outbox's reader with mutated segments: outbox_reader.py COUNT [SEED]

Recovers each segment and reads it to its end. An exception, a record that was never written, more
records than there is room for, or memory that grows is a failure: it prints the input and exits
with 1.
"""

import gc
import random
import sys

from mutations import mutated

from sensord.outbox import record
from sensord.outbox.memory import MemoryStorage

TEXTS = [b', "x": %d}' % (10**n) for n in range(8)] + [record.pack(0, 1, 1, 0, 0, b"t", b"in")]
WORDS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xc5\x5d\xc5\x5d")
MOST_BYTES = 64 * 1024  # by which the heap may have grown at the end


def whole():
    segment = MemoryStorage(1 << 16).create(0)
    segment.write_header(bytes(range(16)), 1700000000000000000)
    for i, text in enumerate(TEXTS):
        segment.append(record.pack(1, 7, i, i, i, b"a/topic", text))
    segment.set_acknowledged(3)
    segment.seal()
    return segment


def read(data, reader):
    """Recovers a mutated segment and reads it; returns how many records are whole."""
    segment = MemoryStorage(1 << 16).create(0)
    segment._write(0, data)
    segment.size = len(data)
    segment.recover()
    assert 0 <= segment.acknowledged <= segment.count <= max(1, len(data) // record.HEAD_BYTES)
    found = 0
    reader.open(segment, segment.start)
    while True:
        entry = reader.next()
        if entry is None:
            return found
        found += 1
        assert found <= len(data) // record.HEAD_BYTES, "more records than there is room for"
        assert bytes(entry[6]) in TEXTS or bytes(entry[6]) == b"in", (
            "a record that was never written"
        )


def main(count, seed=1):
    random.seed(seed)
    data, reader = bytes(whole()._data), record.Reader()
    gc.collect()
    before, records = gc.mem_alloc(), 0
    for i in range(count):
        changed = mutated(data, WORDS)
        try:
            records += read(changed, reader)
        except Exception as error:
            sys.print_exception(error)
            print("outbox_reader: input %d of seed %d: %s" % (i, seed, bytes(changed)))
            sys.exit(1)
    gc.collect()
    grown = gc.mem_alloc() - before
    print("outbox_reader: %d inputs, %d whole records, heap %+d bytes" % (count, records, grown))
    if grown > MOST_BYTES + record.MAX_BODY_BYTES:
        sys.exit(1)


main(*[int(argument) for argument in sys.argv[1:]])
