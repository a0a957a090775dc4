# SPDX-License-Identifier: MIT
"""Segments as files in a folder, on disk or in a tmpfs."""

import os

from linux import libc

from ..errors import EAGAIN, EEXIST, ENOENT
from .segment import Segment

_SUFFIX = ".log"
_COPY_SUFFIX = ".copy"
_LOCK = "lock"
_REFUSED = "refused"  # refused.py: that file, and those whose names begin so
HTTP = "http"  # the folder of the outbox of [http]
_DIGITS = 10
_REGULAR_FILE = 0x8000  # S_IFREG of stat(2), which os.ilistdir() gives
_COPY_BYTES = 4096


class FolderStorage:
    """A folder of segments that one process at a time uses.

    Attributes: name, its path; on_disk, whether it outlives a loss of power; segment_bytes, how
    large a segment may become; written_bytes, how many bytes went into it; has_refused, whether
    the last scan found messages that a broker refused.
    """

    def __init__(self, path, segment_bytes, on_disk):
        self.name = path
        self.segment_bytes = segment_bytes
        self.on_disk = on_disk
        self.written_bytes = 0
        self.has_refused = False
        self._lock = None

    def open(self):
        """Makes the folder if it is missing and locks it. Raises OSError with the reason."""
        if self._lock is not None:
            return
        _make_folders(self.name)
        fd = libc.open_file("%s/%s" % (self.name, _LOCK), libc.O_RDWR | libc.O_CREAT)
        try:
            libc.flock(fd, libc.LOCK_EX | libc.LOCK_NB)
        except OSError as error:
            libc.close(fd)
            if error.errno == EAGAIN:
                raise OSError(EAGAIN, "%s: another sensord uses it" % self.name)
            raise
        self._lock = fd

    def scan(self):
        """Returns (the segments of earlier runs in order, the names of files that are none).

        Removes copies that were not finished. Raises OSError.
        """
        segments, others = [], []
        for entry in call(_ilistdir, self.name):
            name = _text(entry[0])
            if name == _LOCK or name == HTTP:
                continue
            if name.startswith(_REFUSED):
                self.has_refused = True
                continue
            if name.endswith(_COPY_SUFFIX):
                # The original segment is still there.
                _remove("%s/%s" % (self.name, name))
                continue
            digits = name[:_DIGITS]
            if name[_DIGITS:] != _SUFFIX or not digits.isdigit() or entry[1] != _REGULAR_FILE:
                others.append(name)
                continue
            segments.append(FileSegment(self, int(digits)))
        segments.sort(key=lambda segment: segment.index)
        return segments, sorted(others)

    def create(self, index):
        """Returns a new, empty segment. Raises OSError."""
        return FileSegment(self, index, libc.O_CREAT | libc.O_TRUNC)

    def copy(self, segment):
        """Copies a segment of another storage into this one; returns the copy.

        The copy has its name only when it is complete. Raises OSError.
        """
        path = self.path(segment.index)
        unfinished = path + _COPY_SUFFIX
        copy = FileSegment(self, segment.index, libc.O_CREAT | libc.O_TRUNC, unfinished)
        try:
            buffer = bytearray(_COPY_BYTES)
            while copy.size < segment.size:
                n = segment.read(copy.size, buffer)
                if not n:
                    break
                copy._write(copy.size, memoryview(buffer)[:n])
                copy.size += n
            call(os.rename, unfinished, path)
        except OSError:
            copy.remove(unfinished)
            raise
        copy._take_state(segment)
        copy.close()
        return copy

    def path(self, index):
        """The path of the segment with that index."""
        return "%s/%010d%s" % (self.name, index, _SUFFIX)

    def close(self):
        """Unlocks the folder."""
        if self._lock is not None:
            libc.close(self._lock)
            self._lock = None


class FileSegment(Segment):
    """A segment in a file that is open only while it is written or read."""

    def __init__(self, storage, index, flags=0, path=None):
        Segment.__init__(self, storage, index)
        self._fd = libc.open_file(path or storage.path(index), libc.O_RDWR | flags)
        self.size = libc.file_size(self._fd)

    @property
    def path(self):
        return self.storage.path(self.index)

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
                # A full disk takes part of a record, which is of no use.
                libc.ftruncate(self._fd, self.size)
            raise
        self.storage.written_bytes += len(data)

    def renumber(self, index):
        call(os.rename, self.path, self.storage.path(index))
        self.index = index

    def _open(self):
        if self._fd is None:
            self._fd = libc.open_file(self.path, libc.O_RDWR)

    def sync(self):
        """Waits until the disk has it: only at the daemon's end, as it blocks."""
        self._open()
        libc.fsync(self._fd)

    def close(self):
        if self._fd is not None:
            libc.close(self._fd)
            self._fd = None

    def remove(self, path=None):
        self.close()
        _remove(path or self.path)


def call(function, path, *arguments):
    """Calls one of `os`' functions, and adds path and reason to its OSError."""
    try:
        return function(path, *arguments)
    except OSError as error:
        raise OSError(error.errno, "%s: %s" % (path, libc.strerror(error.errno)))


def _ilistdir(path):
    # A path in bytes gives names in bytes; as str, one that is not UTF-8 raises an error.
    return os.ilistdir(path.encode())


def _text(name):
    try:
        return str(name, "utf-8")
    except UnicodeError:
        return str(name)


def _make_folders(path):
    for end in range(1, len(path) + 1):
        if end == len(path) or path[end] == "/":
            try:
                call(os.mkdir, path[:end])
            except OSError as error:
                # A read-only file system gives EROFS also for an existing folder.
                if error.errno != EEXIST and not exists(path[:end]):
                    raise


def exists(path):
    """Whether a file or folder is there."""
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _remove(path):
    try:
        call(os.remove, path)
    except OSError as error:
        if error.errno != ENOENT:
            raise
