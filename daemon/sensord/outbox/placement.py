# SPDX-License-Identifier: MIT
"""Decides in which storage the segments of the log are, and moves them. Pure Python.

While the broker answers they are in a tmpfs, which a killed daemon leaves behind and which does
not wear the disk. When it does not answer they move to the disk, where the log grows until few
messages are left. RAM is the last resort, if neither folder can be used.
"""

from .memory import MemoryStorage
from .segment import reason

_RETRY_MS = 10000
_MOVE_BYTES = 64 * 1024  # the most in memory while the broker answers


class Placement:
    """The storages and their state.

    Attributes: target, the storage in which the log makes its next segment; trouble, why the disk
    cannot be used, or None.
    """

    def __init__(self, log, tmpfs, disk, ram_bytes, sync_always, warnings):
        """`tmpfs` and `disk` are FolderStorages or None; with `sync_always` the disk is preferred
        to the tmpfs. `warnings` is a list of lines for the journal that this adds to."""
        self._log = log
        self._tmpfs = tmpfs
        self._disk = disk
        self._ram = MemoryStorage(ram_bytes)
        self._sync_always = sync_always
        self._warnings = warnings
        self._untried_ms = 0  # since the disk was tried
        self._disk_scanned = False
        self._unsynced = 0  # the first number that may not be on the disk
        self.trouble = None
        for storage in (disk, tmpfs):
            if storage is not None:
                self._open(storage)
        self.target = self._preferred()

    def _open(self, storage):
        try:
            storage.open()
        except OSError as error:
            self.fail(storage, error)

    def _usable_disk(self):
        return self._disk if self.trouble is None else None

    def _preferred(self):
        disk = self._usable_disk()
        if self._sync_always and disk is not None:
            return disk
        return self._tmpfs or disk or self._ram

    def fail(self, storage, error):
        """Notes that a storage cannot be used. The disk is tried again later, the tmpfs is not."""
        if storage is self._disk:
            self.trouble = reason(error)
            self._untried_ms = 0
        elif storage is self._tmpfs:
            self._warnings.append(reason(error))
            self._tmpfs = None

    def replace_target(self, error):
        """The target cannot be written: chooses another. Raises the error if there is none."""
        if self.target is self._ram:
            raise error
        self.fail(self.target, error)
        self._log.seal()
        self.target = self._tmpfs or self._ram

    # Segments of earlier runs

    def scan(self):
        """Returns the segments of earlier runs in order."""
        segments = {}
        # A daemon that was killed in a move may have left a segment in both. That in the tmpfs
        # counts: more of it may be acknowledged.
        for storage in (self._usable_disk(), self._tmpfs):
            for segment in self._scan(storage):
                if segment.index in segments:
                    segments[segment.index].close()
                segments[segment.index] = segment
        self._disk_scanned = self.trouble is None
        # A scan may have failed.
        self.target = self._preferred()
        return [segments[index] for index in sorted(segments)]

    def scan_late_disk(self):
        """Returns the segments on a disk that could not be read at the start, else [].

        Those in memory are renumbered: the next start reads them after these.
        """
        if self._disk_scanned:
            return []
        segments = self._scan(self._disk)
        if self.trouble is None:
            self._renumber_after(segments)
        self._disk_scanned = self.trouble is None
        return segments if self._disk_scanned else []

    def _renumber_after(self, segments):
        self._log.seal()
        for segment in segments:
            self._log.reserve(segment.index)
        try:
            self._log.renumber()
        except OSError as error:
            self.fail(self._disk, error)

    def _scan(self, storage):
        if storage is None:
            return []
        try:
            segments, others = storage.scan()
        except OSError as error:
            self.fail(storage, error)
            return []
        if others:
            self._warnings.append("%s: ignored %s" % (storage.name, ", ".join(others[:5])))
        return segments

    # Moves

    def should_move(self, passed_ms, broker_silent):
        """Whether the segments in memory should move to the disk now.

        `passed_ms` is the time since the last call. A disk that failed is tried again each 10 s.
        """
        self._untried_ms += passed_ms
        if self.target.on_disk or self._disk is None:
            return False
        if not broker_silent and not self._sync_always:
            if self._log.bytes_in_memory() <= _MOVE_BYTES:
                return False
        if self.trouble is not None:
            if self._untried_ms < _RETRY_MS:
                return False
            self.trouble = None
            self._open(self._disk)
        return self.trouble is None

    def move_to_disk(self, front):
        """Moves the segments in memory to the disk, where the log goes on; returns whether it did.

        `front` is the oldest number that waits: the moved segments are not synced yet.
        """
        disk = self._usable_disk()
        if disk is None:
            return False
        self._log.seal()
        try:
            for segment in list(self._log.segments):
                if not segment.storage.on_disk:
                    self._log.move(segment, disk)
        except OSError as error:
            self.fail(disk, error)
            return False
        self.target = disk
        self._unsynced = front
        return True

    def return_to_tmpfs(self):
        """New segments are made in the tmpfs again, if it can be used."""
        if self._tmpfs is not None and self.target.on_disk and not self._sync_always:
            self._log.seal()
            self.target = self._tmpfs

    # Syncs

    def unsynced_paths(self):
        """The paths of all files that may not be on the disk yet, and of their folder."""
        if not self.target.on_disk:
            return []
        segments = self._log.segments
        paths = [s.path for s in segments if s.storage.on_disk and s.end > self._unsynced]
        return paths + [self._disk.name] if paths else []

    def synced(self, number):
        """Notes that the disk has all messages before that number."""
        if self.target.on_disk:
            self._unsynced = number

    def sync(self):
        """Waits until the disk has all segments: only at the daemon's end, as it blocks."""
        for segment in self._log.segments:
            try:
                segment.sync()
            except OSError as error:
                self.trouble = reason(error)

    @property
    def written_bytes(self):
        """How many bytes went to the disk."""
        return self._disk.written_bytes if self._disk is not None else 0

    def close(self):
        """Unlocks the folders."""
        for storage in (self._tmpfs, self._disk):
            if storage is not None:
                storage.close()
