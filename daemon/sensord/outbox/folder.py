# SPDX-License-Identifier: MIT
"""Segments as files in a folder, on disk or in a tmpfs."""

import os

from linux import libc

from ..errors import EAGAIN, EEXIST, ENOENT
from .segment import Segment

_SUFFIX = ".log"
_COPIED = ".copy"
_LOCK = "lock"
_DIGITS = 10
_COPY_BYTES = 4096


class FolderPlace:
    """A folder of segments, which one process has for itself.

    Attributes: name, its path; on_disk; segment_bytes, how large each may become; written, how
    many bytes went into it.
    """

    def __init__(self, path, segment_bytes, on_disk):
        self.name = path
        self.segment_bytes = segment_bytes
        self.on_disk = on_disk
        self.written = 0
        self._lock = None

    def open(self):
        """Makes the folder if it is missing and locks it. Raises OSError that says why not."""
        if self._lock is not None:
            return
        _make_folders(self.name)
        fd = libc.open_file("%s/%s" % (self.name, _LOCK), libc.O_RDWR | libc.O_CREAT)
        try:
            libc.flock(fd, libc.LOCK_EX | libc.LOCK_NB)
        except OSError as error:
            libc.close(fd)
            if error.errno == EAGAIN:
                raise OSError(EAGAIN, "%s: another sensord has it" % self.name)
            raise
        self._lock = fd

    def recover(self):
        """(segments of earlier runs in their order, names of files that are not ours)."""
        segments, foreign = [], []
        for entry in os.ilistdir(self.name):
            name = entry[0]
            if name == _LOCK:
                continue
            if name.endswith(_COPIED):
                # A copy that was cut short; what it was made from is still there.
                _remove("%s/%s" % (self.name, name))
                continue
            digits = name[:_DIGITS]
            if name[_DIGITS:] != _SUFFIX or not digits.isdigit() or entry[1] != 0x8000:
                foreign.append(name)
                continue
            segments.append(FileSegment(self, int(digits)))
        segments.sort(key=lambda segment: segment.index)
        return segments, sorted(foreign)

    def create(self, index):
        return FileSegment(self, index, libc.O_CREAT | libc.O_TRUNC)

    def adopt(self, segment):
        """Takes over a segment from another place; returns it as it is here."""
        path = self.path(segment.index)
        copy = FileSegment(self, segment.index, libc.O_CREAT | libc.O_TRUNC, path + _COPIED)
        try:
            buffer = bytearray(_COPY_BYTES)
            while copy.size < segment.size:
                n = segment.read(copy.size, buffer)
                if not n:
                    break
                copy._write(copy.size, memoryview(buffer)[:n])
                copy.size += n
            os.rename(path + _COPIED, path)
        except OSError:
            copy.remove(path + _COPIED)
            raise
        for name in ("base", "count", "acked", "boot", "offset_ns", "start"):
            setattr(copy, name, getattr(segment, name))
        copy.close()
        return copy

    def path(self, index):
        return "%s/%010d%s" % (self.name, index, _SUFFIX)

    def close(self):
        if self._lock is not None:
            libc.close(self._lock)
            self._lock = None


class FileSegment(Segment):
    """A segment in a file, which is open only while it is written to or read."""

    def __init__(self, place, index, flags=0, path=None):
        Segment.__init__(self, place, index)
        self._fd = libc.open_file(path or place.path(index), libc.O_RDWR | flags)
        self.size = libc.file_size(self._fd)

    @property
    def path(self):
        return self.place.path(self.index)

    def read(self, offset, buffer):
        self._open()
        return libc.pread(self._fd, buffer, len(buffer), offset)

    def _write(self, offset, data):
        self._open()
        done, view = 0, memoryview(data)
        try:
            while done < len(data):
                done += libc.pwrite(self._fd, view[done:], len(data) - done, offset + done)
        except OSError:
            if offset + done > self.size:
                # Half a record is none.
                libc.ftruncate(self._fd, self.size)
            raise
        self.place.written += len(data)

    def renumber(self, index):
        os.rename(self.path, self.place.path(index))
        self.index = index

    def _open(self):
        if self._fd is None:
            self._fd = libc.open_file(self.path, libc.O_RDWR)

    def sync(self):
        """Waits until the disk has it: for the end of the daemon, not for its loop."""
        self._open()
        libc.fsync(self._fd)

    def close(self):
        if self._fd is not None:
            libc.close(self._fd)
            self._fd = None

    def remove(self, path=None):
        self.close()
        _remove(path or self.path)


def _make_folders(path):
    for end in range(1, len(path) + 1):
        if end == len(path) or path[end] == "/":
            try:
                os.mkdir(path[:end])
            except OSError as error:
                # A folder that is there cannot be made on a read-only file system either.
                if error.errno != EEXIST and not _exists(path[:end]):
                    raise OSError(error.errno, "%s: %s" % (path[:end], libc.strerror(error.errno)))


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _remove(path):
    try:
        os.remove(path)
    except OSError as error:
        if error.errno != ENOENT:
            raise OSError(error.errno, "%s: %s" % (path, libc.strerror(error.errno)))
