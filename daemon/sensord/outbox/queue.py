# SPDX-License-Identifier: MIT
"""The outbox: a log of segments from which a reading leaves when the broker acknowledged it.

The log goes on at one of several places, and its segments are in order wherever each is. While the
broker answers that is a folder in memory (a tmpfs), which a killed daemon leaves behind and which
costs the disk nothing; when it does not, what is there is moved to the disk, and the log goes on
there until little is left of it. Pure Python.
"""

import asyncio

from ..output.reading import head
from . import record
from .record import Reader
from .segment import HEADER_BYTES, NO_BOOT, MemoryPlace

# A broker that acknowledged nothing for so long does not answer.
AWAY_MS = 3000
_RETRY_MS = 10000
_QUIET_BYTES = 64 * 1024  # so much may wait in memory while the broker answers
_MEMORY_BYTES = 256 * 1024  # so much if the disk cannot be used
_EMPTIED_BYTES = 4096  # a segment of which nothing is needed is removed when it is this large
_FEW = 32  # with no more left on disk the log goes on in memory
_MARK_EACH = 32  # acknowledgements after which the segment's mark is renewed


class Outbox:
    """A queue that outlives the process if it has a folder to be in.

    Attributes: dropped, how many messages were lost because there was no room; damaged, how many
    because the disk gave something else back; waiting, an asyncio.Event that is set while
    something is unsent; trouble, why the disk is not used, or None; found, lines that say what
    was there at the start.
    """

    def __init__(self, max_bytes, fast=None, disk=None, always=False, session=0, clock=None):
        """`fast` and `disk` are FolderPlaces, or None; with `always` a message is on disk before
        it is offered: `synced()` says so. `clock` has `boot` and `offset_ns`, see clock.Clock."""
        self.max_bytes = max_bytes
        self._memory = MemoryPlace(min(max_bytes, _MEMORY_BYTES))
        self._fast = fast
        self._disk = disk
        self._always = always
        self._session = session
        self._clock = clock
        self._segments = []
        self._active = None
        self._sequence = 0
        self._index = 0
        self._front = 0  # the oldest number that was not acknowledged
        self._unsent = 0  # the first number that was not handed out since rewind()
        self._next = 0
        self._offered = 0  # numbers from here on are not on disk yet, if they must be
        self._acked = set()  # numbers beyond the front
        self._bytes = 0
        self._reader = Reader()
        self._topic_bytes, self._topic = b"", ""  # of the last record taken
        self._id_session, self._id_prefix = None, ""
        self._progress = True  # since the last check()
        self._silent_ms = 0
        self._untried_ms = 0
        self._disk_read = False  # whether what an earlier run left on disk is in the queue
        self._disk_has = 0  # numbers from here on were not synced
        self.dropped = 0
        self.damaged = 0
        self.trouble = None
        self.found = []
        self.waiting = asyncio.Event()
        for place in (disk, fast):
            if place is not None:
                self._open(place)
        self._recover()
        self._home = self._quiet_home()

    def __len__(self):
        return self._next - self._front - len(self._acked)

    @property
    def front(self):
        """The number of the oldest message that waits."""
        return self._front

    @property
    def bytes(self):
        """How large the log is."""
        return sum([segment.size for segment in self._segments])

    @property
    def on_disk(self):
        """Whether the log goes on on the disk."""
        return self._home.on_disk

    @property
    def written(self):
        """How many bytes went to the disk."""
        return self._disk.written if self._disk is not None else 0

    # What was there

    def _open(self, place):
        try:
            place.open()
        except OSError as error:
            self._fail(place, error)

    def _fail(self, place, error):
        """A place that cannot be used: the disk is tried again, the folder in memory is not."""
        if place is self._disk:
            self.trouble = _words(error)
            self._untried_ms = 0
        elif place is self._fast:
            self.found.append(_words(error))
            self._fast = None

    def _recover(self):
        segments = {}
        # What is in the folder in memory is whole; on the disk it may be half of a copy.
        for place in (self._disk, self._fast):
            if place is None or (place is self._disk and self.trouble is not None):
                continue
            try:
                there, foreign = place.recover()
            except OSError as error:
                self._fail(place, error)
                continue
            for segment in there:
                segments[segment.index] = segment
            self._disk_read = self._disk_read or place is self._disk
            if foreign:
                self.found.append("%s: passed over %s" % (place.name, ", ".join(foreign[:5])))
        for index in sorted(segments):
            self._index = index + 1
            self._take_over(segments[index])
        self._unsent = self._front
        self._offered = self._next
        if len(self):
            self.found.append("%d readings of an earlier run wait" % len(self))
            self.waiting.set()

    def _take_over(self, segment):
        try:
            damaged = segment.recover()
        except OSError as error:
            self.found.append("%s: %s" % (segment.path, _words(error)))
            return
        finally:
            segment.close()
        if segment.size < HEADER_BYTES:
            # Made, and then the power went.
            segment.remove()
            return
        if damaged:
            self.found.append(
                "%s: %d damaged bytes beside %d whole readings"
                % (segment.path, damaged, segment.count)
            )
        if not segment.count and segment.start == 0 and segment.size:
            # Nothing of ours: whose it is, we do not know.
            return
        segment.base = self._next
        self._next = segment.end
        self._acked.update(range(segment.base, segment.base + segment.acked))
        self._segments.append(segment)
        self._bytes += segment.size
        self._advance()

    # In

    def append(self, topic, payload):
        """Adds a message that is sent as it is: topic (str), payload (bytes)."""
        self._append(record.PLAIN, topic, payload, 0, 0)

    def append_reading(self, topic, text, now, senml=False):
        """Adds a reading: `text` is what follows its time and id, `now` is Clock.now()."""
        kind = record.SENML if senml else record.JSON
        boot_ns, real_ns, synchronized = now
        if synchronized:
            kind |= record.SYNCHRONIZED
        self._append(kind, topic, text, boot_ns, real_ns)

    def _append(self, kind, topic, text, boot_ns, real_ns):
        self._sequence += 1
        packed = record.pack(
            kind, self._session, self._sequence, boot_ns, real_ns, topic.encode(), text
        )
        if not len(self):
            self._progress = True
        while True:
            try:
                segment = self._room_for(len(packed))
                segment.append(packed)
                break
            except OSError as error:
                self._leave(error)
        self._next += 1
        self._bytes += len(packed)
        self._keep_bounds(self._home)
        if not self._always:
            self._offered = self._next
        if self._offered > self._unsent:
            self.waiting.set()

    def _room_for(self, size):
        active = self._active
        if active is not None and active.size + size <= self._segment_bytes(active.place):
            return active
        self._seal()
        active = self._home.create(self._index)
        self._index += 1
        clock = self._clock
        active.base = self._next
        try:
            active.begin(clock.boot if clock else NO_BOOT, clock.offset_ns if clock else None)
        except OSError:
            active.remove()
            raise
        self._segments.append(active)
        self._bytes += active.size
        self._active = active
        return active

    def _segment_bytes(self, place):
        return max(512, min(place.segment_bytes, self.max_bytes // 16))

    def _seal(self):
        if self._active is not None:
            active, self._active = self._active, None
            try:
                active.seal()
            except OSError:
                # Then the next start counts.
                pass
            active.close()

    def _leave(self, error):
        """The place where the log goes on does not take it: to the next one."""
        if self._home is self._memory:
            raise error
        self._fail(self._home, error)
        self._seal()
        self._home = self._fast or self._memory

    def _keep_bounds(self, place):
        """The oldest make room: of all for the disk's bound, of those in memory for its own."""
        if self._bytes > self.max_bytes:
            self._drop_oldest(None, self.max_bytes, self._bytes)
        if not place.on_disk and self._bytes > self._memory.max_bytes:
            self._drop_oldest(False, self._memory.max_bytes, self._bytes_in_memory())

    def _bytes_in_memory(self):
        return sum([s.size for s in self._segments if not s.place.on_disk])

    def _drop_oldest(self, on_disk, most, size):
        for segment in list(self._segments):
            if size <= most or segment is self._active:
                return
            if on_disk is None or segment.place.on_disk == on_disk:
                size -= segment.size
                self._drop(segment)

    def _drop(self, segment):
        for number in range(max(segment.base, self._front), segment.end):
            if number not in self._acked:
                self.dropped += 1
                self._acked.add(number)
        self._advance()
        if segment in self._segments:
            self._remove(segment)

    # Out

    def take(self):
        """The next unsent message, as (number, topic, payload), or None."""
        reader = self._reader
        while self._unsent < self._offered:
            if reader.segment is None:
                self._find_unsent()
                continue
            skipped = reader.skipped
            try:
                found = reader.next()
            except OSError as error:
                self.found.append(_words(error))
                found = None
            number = self._unsent
            if found is None or number >= reader.segment.end:
                self._lose_rest(reader.segment)
                continue
            if reader.skipped != skipped:
                self.found.append("%s: a part is damaged" % reader.segment.place.name)
            self._unsent = number + 1
            if number < self._front or number in self._acked:
                continue
            message = self._message(found, reader.segment)
            if message is None:
                # Whole, and still not ours.
                self.damaged += 1
                self.acknowledge(number)
                continue
            return number, self._topic, message
        self.waiting.clear()
        return None

    def _message(self, found, segment):
        """What is sent of a record, or None; its topic is in _topic then."""
        kind, session, sequence, boot_ns, real_ns, topic, text = found
        # Mostly those of the record before.
        if topic != self._topic_bytes:
            try:
                self._topic = str(topic, "utf-8")
            except UnicodeError:
                return None
            self._topic_bytes = bytes(topic)
        if kind == record.PLAIN:
            return bytes(text)
        if session != self._id_session:
            self._id_session, self._id_prefix = session, "%08x-" % session
        synchronized = kind & record.SYNCHRONIZED
        if not synchronized and segment.offset_ns is not None:
            real_ns = boot_ns + segment.offset_ns
            synchronized = True
        is_senml = kind & ~record.SYNCHRONIZED == record.SENML
        identifier = self._id_prefix + str(sequence)
        return head(real_ns, identifier, synchronized, self._topic if is_senml else None) + text

    def _find_unsent(self):
        self._unsent = max(self._unsent, self._front)
        for segment in self._segments:
            if self._unsent < segment.end:
                self._unsent = max(self._unsent, segment.base)
                self._reader.open(segment, segment.start)
                for _ in range(self._unsent - segment.base):
                    self._reader.next()
                return
        self._unsent = self._offered

    def _lose_rest(self, segment):
        """The end of a segment: what should have come before it is not there any more."""
        for number in range(self._unsent, segment.end):
            if number >= self._front and number not in self._acked:
                self.damaged += 1
                self._acked.add(number)
        self._unsent = max(self._unsent, segment.end)
        self._reader.segment = None
        if segment is not self._active:
            segment.close()
        self._advance()

    def acknowledge(self, number):
        """The broker has the message of that number; it is forgotten."""
        if number != self._front or number == self._next:
            if self._front < number < self._next:
                self._acked.add(number)
            return
        self._front = number + 1
        self._progress = True
        if self._acked or self._segments[0].end <= self._front:
            self._advance()
        left = self._next - self._front
        if left <= _FEW and self._home.on_disk and not self._always:
            self._to_quiet_home()
        if not self._segments:
            return
        first = self._segments[0]
        acked = self._front - first.base
        if not left and first is self._active and first.size >= _EMPTIED_BYTES:
            self._active = None
            self._remove(first)
        elif acked > 0 and (not left or acked - first.acked >= _MARK_EACH):
            try:
                first.set_acked(acked)
            except OSError:
                # Then some are sent twice after a crash.
                first.acked = acked

    def refuse(self, number):
        """The broker will never take the message of that number: it is lost."""
        self.dropped += 1
        self.acknowledge(number)

    def _advance(self):
        while self._acked and self._front in self._acked:
            self._acked.remove(self._front)
            self._front += 1
        segments = self._segments
        while segments and segments[0].end <= self._front and segments[0] is not self._active:
            self._remove(segments[0])

    def _remove(self, segment):
        if self._reader.segment is segment:
            self._reader.segment = None
        self._segments.remove(segment)
        self._bytes -= segment.size
        try:
            segment.remove()
        except OSError as error:
            # It stays, and its readings are sent once more after the next start.
            self._fail(segment.place, error)

    def rewind(self):
        """A new connection: whatever was not acknowledged is to be sent again."""
        self._unsent = self._front
        self._reader.segment = None
        if len(self):
            self.waiting.set()

    # Where it is

    def _disk_usable(self):
        return self._disk is not None and self.trouble is None

    def _quiet_home(self):
        if self._always and self._disk_usable():
            return self._disk
        return self._fast or (self._disk if self._disk_usable() else self._memory)

    def _to_quiet_home(self):
        if self._fast is not None and self._home is not self._fast:
            self._seal()
            self._home = self._fast

    def check(self, passed_ms):
        """Moves to the disk if the broker does not answer; to be called each second or so with
        the time since the last call.

        Returns whether something moved, which is to be synced."""
        self._silent_ms = 0 if self._progress or not len(self) else self._silent_ms + passed_ms
        self._progress = False
        self._untried_ms += passed_ms
        if self._home.on_disk or self._disk is None:
            return False
        away = self._silent_ms >= AWAY_MS or self._bytes_in_memory() > _QUIET_BYTES
        if not (away or self._always):
            return False
        if self.trouble is not None:
            if self._untried_ms < _RETRY_MS:
                return False
            self.trouble = None
            self._open(self._disk)
            if self.trouble is None and not self._disk_read:
                self._read_disk()
        return self.trouble is None and self.to_disk()

    def _read_disk(self):
        """A disk that came late: what an earlier run left there is sent after what is here."""
        try:
            there, _ = self._disk.recover()
            self._disk_read = True
            self._seal()
            for segment in there:
                self._index = max(self._index, segment.index + 1)
            for segment in self._segments:
                segment.renumber(self._index)
                self._index += 1
        except OSError as error:
            self._fail(self._disk, error)
            return
        for segment in there:
            self._take_over(segment)
        self._offered = self._next
        if len(self):
            self.waiting.set()

    def to_disk(self):
        """Moves what is in memory to the disk, where the log goes on. Returns whether it did."""
        if self._disk is None or self.trouble is not None:
            return False
        self._seal()
        try:
            for i, segment in enumerate(self._segments):
                if not segment.place.on_disk:
                    self._segments[i] = moved = self._disk.adopt(segment)
                    if self._reader.segment is segment:
                        self._reader.segment = moved
                    segment.remove()
        except OSError as error:
            self._fail(self._disk, error)
            return False
        self._home = self._disk
        self._disk_has = self._front
        return True

    def unsynced(self):
        """(the paths of what the disk may not have yet, the number it will have them up to)."""
        if not self._home.on_disk:
            return [], self._next
        paths = [s.path for s in self._segments if s.place.on_disk and s.end > self._disk_has]
        return paths + [self._disk.name] if paths else [], self._next

    def synced(self, number):
        """The disk has all messages before that number."""
        if self._home.on_disk:
            self._disk_has = number
        self._offered = max(self._offered, number)
        if self._offered > self._unsent:
            self.waiting.set()

    def clock_set(self, boot, offset_ns):
        """The clock is right now: readings of this boot get the right time as they leave."""
        for segment in self._segments:
            if segment.boot == boot:
                try:
                    segment.set_offset(offset_ns)
                except OSError as error:
                    self._fail(segment.place, error)

    def close(self):
        """The end of the daemon: all that waits is on the disk afterwards."""
        if len(self):
            self.to_disk()
            for segment in self._segments:
                try:
                    segment.sync()
                except OSError as error:
                    self.trouble = _words(error)
        elif self._active is not None:
            active, self._active = self._active, None
            self._remove(active)
        for place in (self._fast, self._disk):
            if place is not None:
                place.close()


def _words(error):
    return str(error.args[1]) if len(error.args) > 1 else str(error)
