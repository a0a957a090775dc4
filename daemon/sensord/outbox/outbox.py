# SPDX-License-Identifier: MIT
"""The queue between the sensors and the broker. Pure Python."""

import asyncio

from . import record
from .cursor import Cursor
from .log import Log
from .message import MessageFormatter
from .placement import Placement
from .segment import reason as reason_of

SILENT_MS = 3000  # a broker that acknowledged nothing for so long does not answer
_MEMORY_BYTES = 256 * 1024  # the most in memory, also with a larger `max_bytes`
_EMPTIED_BYTES = 4096  # an active segment of this size is removed when nothing of it waits
_FEW = 32  # with no more messages left the log goes on in the tmpfs
_MARK_EACH = 32  # acknowledgements after which a segment's header is written again


class Outbox:
    """A first-in, first-out queue of messages, each of which stays until it is acknowledged.

    A message has a number, which `take()` returns and `acknowledge()` takes. `len()` is how many
    are not acknowledged.

    Attributes: dropped, how many messages were lost because there was no room; damaged, how many
    because they could not be read again; refused, how many were set aside because the broker does
    not take them; waiting, an asyncio.Event that is set while something is unsent; warnings, lines
    for the journal that the owner takes out.
    """

    def __init__(
        self,
        max_bytes,
        tmpfs=None,
        disk=None,
        sync_always=False,
        session=0,
        clock=None,
        heads=None,
    ):
        """Opens the folders and reads what earlier runs left in them.

        `tmpfs` and `disk` are FolderStorages, or None. With `sync_always` `take()` returns a
        message only after `synced()` has confirmed that it is on the disk. `session`, 32 bits that
        differ from run to run, and a counter are the id of a reading. `clock` has `boot` and
        `offset_ns`, see clock.Clock. `heads` has a function for each kind of reading, see
        MessageFormatter.
        """
        self.dropped = 0
        self.damaged = 0
        self.refused = 0
        self.warnings = []
        self.waiting = asyncio.Event()
        self._max_bytes = max_bytes
        self._memory_bytes = min(max_bytes, _MEMORY_BYTES)
        self._sync_always = sync_always
        self._session = session
        self._sequence = 0
        self._formatter = MessageFormatter(heads or {})
        self._cursor = Cursor()
        self._progress = True  # whether the broker acknowledged something since the last check()
        self._silent_ms = 0
        self._log = Log(max_bytes, clock, self.warnings)
        self._placement = Placement(
            self._log, tmpfs, disk, self._memory_bytes, sync_always, self.warnings
        )
        self._adopt(self._placement.scan())
        if len(self):
            self.warnings.append("%d readings of an earlier run wait" % len(self))
        self._refused = None  # a Refused, once there is something in it
        self._refused_folder = disk.name if disk is not None else None
        if disk is not None and disk.has_refused:
            self._open_refused()

    def __len__(self):
        return len(self._cursor)

    @property
    def front(self):
        """The number of the oldest message that is not acknowledged."""
        return self._cursor.front

    @property
    def last(self):
        """(number, id) of the reading that was appended last."""
        return self._cursor.end - 1, "%08x-%d" % (self._session, self._sequence)

    @property
    def bytes(self):
        """The size of the log."""
        return self._log.bytes

    @property
    def on_disk(self):
        """Whether the log grows on the disk."""
        return self._placement.target.on_disk

    @property
    def written_bytes(self):
        """How many bytes went to the disk."""
        return self._placement.written_bytes

    @property
    def trouble(self):
        """Why the disk cannot be used, or None."""
        return self._placement.trouble

    def _adopt(self, segments):
        log, cursor = self._log, self._cursor
        for segment in segments:
            if log.adopt(segment):
                cursor.end = log.end
                cursor.discard(segment.base, segment.base + segment.acknowledged)
                self._remove_finished()
        cursor.released = cursor.end
        if len(cursor):
            self.waiting.set()

    # Appending

    def append(self, topic, payload):
        """Adds a message that is published as it is: topic (str), payload (bytes).

        Raises ValueError if it is too long.
        """
        self._append(record.PLAIN, topic, payload, 0, 0)

    def append_value(self, topic, payload, now):
        """Adds a part of a reading that is published as it is, as append(); `now` is
        Clock.now()."""
        self._append(record.PLAIN, topic, payload, now[0], now[1])

    def append_reading(self, topic, text, now, kind=record.JSON):
        """Adds a reading: `text` is what follows its time and id, as bytes; `now` is Clock.now();
        `kind` is record.JSON or record.SENML. Raises ValueError if it is too long."""
        boot_ns, real_ns, synchronized = now
        if synchronized:
            kind |= record.SYNCHRONIZED
        self._append(kind, topic, text, boot_ns, real_ns)

    def _append(self, kind, topic, text, boot_ns, real_ns):
        self._sequence += 1
        packed = record.pack(
            kind, self._session, self._sequence, boot_ns, real_ns, topic.encode(), text
        )
        cursor = self._cursor
        if not len(cursor):
            # The broker is silent only while it has something to acknowledge.
            self._progress = True
        while True:
            try:
                self._log.append(packed, self._placement.target)
                break
            except OSError as error:
                self._placement.replace_target(error)
        cursor.end = self._log.end
        self._keep_bounds()
        if not self._sync_always:
            cursor.released = cursor.end
        if cursor.has_unsent:
            self.waiting.set()

    def _keep_bounds(self):
        log = self._log
        if log.bytes > self._max_bytes:
            self._drop_oldest(log.bytes - self._max_bytes, True)
        if not self.on_disk and log.bytes > self._memory_bytes:
            self._drop_oldest(log.bytes_in_memory() - self._memory_bytes, False)

    def _drop_oldest(self, excess, also_on_disk):
        for segment in list(self._log.segments):
            if excess <= 0 or segment is self._log.active:
                break
            if also_on_disk or not segment.storage.on_disk:
                excess -= segment.size
                self.dropped += self._cursor.discard(segment.base, segment.end)
                self._remove(segment)
        self._remove_finished()

    # Sending

    @property
    def took_reading(self):
        """Whether the message that `take()` returned last is a reading or a part of one."""
        return self._formatter.is_reading

    def take(self):
        """Returns the next message to send, as (number, topic, payload), or None."""
        cursor, log = self._cursor, self._log
        while True:
            number = cursor.next()
            if number is None:
                self.waiting.clear()
                return None
            segment = log.find(number)
            entry = log.read(segment, number)
            if entry is None:
                self.damaged += cursor.discard(number, segment.end)
                self._remove_finished()
                continue
            payload = self._formatter.payload(entry, segment.offset_ns)
            if payload is None:
                # Whole, but this program did not write it.
                self.damaged += 1
                self.acknowledge(number)
                continue
            return number, self._formatter.topic, payload

    def acknowledge(self, number):
        """Removes a message: the broker has acknowledged it."""
        cursor, log = self._cursor, self._log
        if not cursor.acknowledge(number):
            return
        self._progress = True
        front = cursor.front
        if log.segments[0].end <= front:
            self._remove_finished()
        left = cursor.end - front
        if left <= _FEW and self.on_disk:
            self._placement.return_to_tmpfs()
        if log.segments:
            self._mark(log.segments[0], front, left)

    def _mark(self, segment, front, left):
        """Notes in the oldest segment how much of it is acknowledged, but not each time."""
        acknowledged = front - segment.base
        if not left and segment is self._log.active and segment.size >= _EMPTIED_BYTES:
            self._remove(segment)
        elif acknowledged > 0 and (not left or acknowledged - segment.acknowledged >= _MARK_EACH):
            try:
                segment.set_acknowledged(acknowledged)
            except OSError:
                # After a crash some of them are sent twice.
                segment.acknowledged = acknowledged

    def refuse(self, number, topic, payload, reason):
        """Sets a message aside that the broker does not take: those behind it go on."""
        self.refused += 1
        try:
            if self._open_refused():
                lost = self._refused.add(topic, payload, reason)
                if lost:
                    self.warnings.append("%d older refused messages gave way to it" % lost)
        except OSError as error:
            self.warnings.append("a refused message cannot be kept: %s" % reason_of(error))
        self.acknowledge(number)

    def _open_refused(self):
        """Whether refused messages can be kept: not in memory alone."""
        if self._refused is None and self._refused_folder is not None:
            # Imported when needed: most brokers refuse nothing.
            from .refused import Refused

            self._refused = Refused(self._refused_folder)
        return self._refused is not None

    def _obey_request(self):
        """Sends refused messages again, or drops them, if `sensord outbox` has asked for it."""
        try:
            sent, dropped = self._refused.obey(self.append)
        except OSError as error:
            self.warnings.append("a request is not carried out: %s" % reason_of(error))
            self._refused = None
            return
        if sent:
            self.warnings.append("%d refused messages are sent again, as asked" % sent)
        if dropped:
            self.warnings.append("%d refused messages are dropped, as asked" % dropped)

    def rewind(self):
        """Makes `take()` return all unacknowledged messages again: for a new connection."""
        self._cursor.rewind()
        if len(self):
            self.waiting.set()

    def _remove_finished(self):
        segments, front = self._log.segments, self._cursor.front
        while segments and segments[0].end <= front and segments[0] is not self._log.active:
            self._remove(segments[0])

    def _remove(self, segment):
        try:
            self._log.remove(segment)
        except OSError as error:
            # The file stays, and its messages are sent once more after the next start.
            self._placement.fail(segment.storage, error)

    # By time, for the Flusher

    def check(self, passed_ms):
        """Moves the waiting messages to the disk if the broker does not answer; to be called each
        second or so with the time since the last call. Returns whether a sync is
        needed."""
        if self._refused is not None and self._refused.kept:
            self._obey_request()
        self._silent_ms = 0 if self._progress or not len(self) else self._silent_ms + passed_ms
        self._progress = False
        if not self._placement.should_move(passed_ms, self._silent_ms >= SILENT_MS):
            return False
        late = self._placement.scan_late_disk()
        if late:
            self._adopt(late)
        return self._placement.move_to_disk(self._cursor.front)

    def unsynced(self):
        """Returns (the paths that need a sync, the number up to which the disk has all then)."""
        return self._placement.unsynced_paths(), self._cursor.end

    def synced(self, number):
        """Notes that the disk has all messages before that number, or that it cannot be used."""
        self._placement.synced(number)
        cursor = self._cursor
        cursor.released = max(cursor.released, number)
        if cursor.has_unsent:
            self.waiting.set()

    def correct_times(self, boot_id, offset_ns):
        """Notes that the clock was set: readings of this boot leave with the right time, which is
        their time since boot and `offset_ns`."""
        for segment in self._log.segments:
            if segment.boot_id == boot_id:
                try:
                    segment.set_offset(offset_ns)
                except OSError as error:
                    self._placement.fail(segment.storage, error)

    def close(self):
        """Writes all waiting messages to the disk, and unlocks the folders."""
        if len(self):
            self._placement.move_to_disk(self._cursor.front)
            self._placement.sync()
        elif self._log.active is not None:
            self._remove(self._log.active)
        self._placement.close()
