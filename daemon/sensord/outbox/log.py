# SPDX-License-Identifier: MIT
"""The segments of the outbox in order: records are appended to the last. Pure Python."""

from .record import Reader
from .segment import HEADER_BYTES, NO_BOOT, reason

_LEAST_SEGMENT_BYTES = 512
# Larger files were not written here: to look for records in one could take hours.
LARGEST_SEGMENT_BYTES = 4 * 1024 * 1024
_SEGMENTS = 16  # at least so many share the room: a full log loses one of them at a time


class Log:
    """An ordered list of segments, each in a storage of its own.

    Attributes: segments, the oldest first; active, the one that is appended to, or None; end, the
    number of the next record; bytes, the size of all.
    """

    def __init__(self, max_bytes, clock, warnings):
        """`clock` has `boot` and `offset_ns`, or is None; `warnings` is a list of lines for the
        journal that this adds to."""
        self.segments = []
        self.active = None
        self.end = 0
        self.bytes = 0
        self._largest_segment = max_bytes // _SEGMENTS
        self._clock = clock
        self._warnings = warnings
        self._next_index = 0
        self._reader = Reader()
        self._reader_number = 0  # of the record that the reader gives next

    def bytes_in_memory(self):
        """The size of the segments that are not on the disk."""
        return sum([s.size for s in self.segments if not s.storage.on_disk])

    # Appending

    def append(self, packed, storage):
        """Appends a packed record; a new segment, if one is needed, is made in `storage`.

        Raises OSError if it cannot be written; nothing was appended then.
        """
        segment = self.active
        if segment is None or segment.size + len(packed) > self._segment_bytes(segment.storage):
            segment = self._begin_segment(storage)
        segment.append(packed)
        self.end += 1
        self.bytes += len(packed)

    def _segment_bytes(self, storage):
        return max(_LEAST_SEGMENT_BYTES, min(storage.segment_bytes, self._largest_segment))

    def _begin_segment(self, storage):
        self.seal()
        segment = storage.create(self._next_index)
        self._next_index += 1
        segment.base = self.end
        clock = self._clock
        try:
            if clock is None:
                segment.write_header(NO_BOOT, None)
            else:
                segment.write_header(clock.boot, clock.offset_ns)
        except OSError:
            segment.remove()
            raise
        self.segments.append(segment)
        self.bytes += segment.size
        self.active = segment
        return segment

    def seal(self):
        """Closes the active segment: nothing more is appended to it."""
        segment, self.active = self.active, None
        if segment is None:
            return
        try:
            segment.seal()
        except OSError:
            # The next start counts its records instead.
            pass
        segment.close()

    # Segments of an earlier run

    def reserve(self, index):
        """Reserves all indices up to this one: no new segment gets them."""
        self._next_index = max(self._next_index, index + 1)

    def renumber(self):
        """Gives the segments new indices, above all that are reserved. Raises OSError."""
        for segment in self.segments:
            segment.renumber(self._next_index)
            self._next_index += 1

    def adopt(self, segment):
        """Adds a segment of an earlier run behind all others; returns whether it is one.

        A file that cannot be read, or is no segment, is left alone.
        """
        self.reserve(segment.index)
        if segment.size > LARGEST_SEGMENT_BYTES:
            segment.close()
            text = "%s: %d bytes are no outbox file; left alone"
            self._warnings.append(text % (segment.path, segment.size))
            return False
        try:
            damaged = segment.recover()
            if segment.size < HEADER_BYTES:
                # The power was lost right after the file was made.
                segment.remove()
                return False
        except OSError as error:
            self._warnings.append("%s: %s" % (segment.path, reason(error)))
            return False
        finally:
            segment.close()
        if not segment.count and segment.start == 0:
            self._warnings.append("%s: not an outbox file; left alone" % segment.path)
            return False
        if damaged:
            self._warnings.append(
                "%s: %d damaged bytes beside %d whole readings"
                % (segment.path, damaged, segment.count)
            )
        segment.base = self.end
        self.end = segment.end
        self.segments.append(segment)
        self.bytes += segment.size
        return True

    # Reading

    def find(self, number):
        """The segment that has the record of a number, which must be there."""
        segment = self._reader.segment
        if segment is None or not segment.base <= number < segment.end:
            for segment in self.segments:
                if number < segment.end:
                    break
        return segment

    def read(self, segment, number):
        """Returns a record of a segment as Reader.next() gives it.

        None if it is not there: damage took as many records as there are from this number to the
        segment's end, or the file cannot be read.
        """
        reader = self._reader
        skipped = reader.skipped
        try:
            if segment is not reader.segment or number != self._reader_number:
                self._seek(segment, number)
            entry = reader.next()
        except OSError as error:
            self._warnings.append(reason(error))
            entry = None
        if entry is None:
            reader.segment = None
            if segment is not self.active:
                segment.close()
            return None
        if reader.skipped != skipped:
            self._warnings.append("%s: a part is damaged" % segment.storage.name)
        self._reader_number = number + 1
        return entry

    def _seek(self, segment, number):
        reader = self._reader
        before = reader.segment
        if before is not segment or number < self._reader_number:
            if before is not None and before is not segment and before is not self.active:
                before.close()
            reader.open(segment, segment.start)
            self._reader_number = segment.base
        while self._reader_number < number and reader.next():
            self._reader_number += 1

    # Removing and moving

    def remove(self, segment):
        """Removes a segment. Raises OSError if its file stays; it is not in the log even then."""
        if self._reader.segment is segment:
            self._reader.segment = None
        if self.active is segment:
            self.active = None
        self.segments.remove(segment)
        self.bytes -= segment.size
        segment.remove()

    def move(self, segment, storage):
        """Moves a segment, which is not the active one, to another storage. Raises OSError."""
        moved = storage.copy(segment)
        self.segments[self.segments.index(segment)] = moved
        self.bytes += moved.size - segment.size
        if self._reader.segment is segment:
            # The bytes are the same, and so is the reader's place among them.
            self._reader.segment = moved
        segment.remove()
