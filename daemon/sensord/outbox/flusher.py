# SPDX-License-Identifier: MIT
"""Moves the outbox to the disk, syncs it and reports losses, on a schedule."""

import asyncio
import os
import struct
import time

from linux import subprocess
from linux.libc import clock_monotonic_ns

from .. import log
from .folder import FolderStorage, exists
from .outbox import Outbox

_TMPFS_SEGMENT_BYTES = 16 * 1024
_LEAST_SEGMENT_BYTES = 512
_LARGEST_SEGMENT_BYTES = 256 * 1024
_SEGMENTS = 32
_CHECK_MS = 500
_SYNC_TIMEOUT_MS = 60000  # a disk that takes longer than this for some kB is broken
_REPORT_MS = 60000  # the least time between reports of losses; the metrics count them all
_MOVE_REPORT_NS = 600 * 1000000000
ALWAYS = 0  # of the key sync


def open_outbox(settings, clock, heads, subfolder=""):
    """Returns the Outbox of an [outbox] table.

    `clock` is a clock.Clock; `heads` has a function for each kind of reading, see
    message.MessageFormatter. `subfolder` is folder.HTTP for the outbox of [http].
    """
    if subfolder:
        subfolder = "/" + subfolder
    max_bytes = settings["max_size"]
    # systemd makes it for RuntimeDirectory= and keeps it when the daemon is killed.
    runtime = os.getenv("RUNTIME_DIRECTORY")
    tmpfs = None
    if runtime:
        tmpfs = FolderStorage(
            runtime.split(":")[0] + "/outbox" + subfolder, _TMPFS_SEGMENT_BYTES, False
        )
    segment_bytes = min(max(max_bytes // _SEGMENTS, _LEAST_SEGMENT_BYTES), _LARGEST_SEGMENT_BYTES)
    disk = FolderStorage(settings["directory"] + subfolder, segment_bytes, True)
    (session,) = struct.unpack("<I", os.urandom(4))
    clock.changed()  # sets its offset_ns, if the clock is right
    outbox = Outbox(max_bytes, tmpfs, disk, settings["sync"] == ALWAYS, session, clock, heads)
    if clock.offset_ns is not None:
        outbox.correct_times(clock.boot, clock.offset_ns)
    return outbox


class Flusher:
    """Two tasks that serve an outbox, from construction to `close()`.

    One checks whether the broker answers and whether the clock was set, the other syncs the disk.
    sync(1) does that in a process of its own: on an SD card it can take a second, and the
    daemon must not wait for it.

    Attribute: tells_moves, whether the journal is told that readings move to the disk; false for
    a peer that is meant to get some only now and then.
    """

    def __init__(self, outbox, clock, sync_ms, table=""):
        """`sync_ms` is the longest time between syncs while more comes, or ALWAYS; `table` is
        " of [http]" for its outbox, for the journal."""
        self._outbox = outbox
        self._clock = clock
        self._sync_ms = sync_ms
        self._name = "outbox" + table
        self._peer = "the server" + table if table else "the broker"
        self._offset_ns = clock.offset_ns
        self.tells_moves = True
        self._trouble = None
        self._dropped = 0  # as many are reported
        self._damaged = 0
        self._reported_ms = None
        self._moved_ns = None
        self._report()
        self._sync_needed = asyncio.Event()
        self._tasks = (asyncio.create_task(self._check()), asyncio.create_task(self._sync()))

    def appended(self):
        """To be called after each message that was added to the outbox."""
        if self._sync_ms == ALWAYS:
            self._sync_needed.set()

    async def _check(self):
        outbox, clock = self._outbox, self._clock
        last_ms = time.ticks_ms()
        while True:
            now_ms = time.ticks_ms()
            passed_ms, last_ms = time.ticks_diff(now_ms, last_ms), now_ms
            clock.changed()
            # Each outbox has its Flusher, and changed() tells only one of them.
            if clock.offset_ns != self._offset_ns:
                self._offset_ns = clock.offset_ns
                outbox.correct_times(clock.boot, clock.offset_ns)
            if outbox.check(passed_ms):
                self._tell_move()
                self._sync_needed.set()
            self._report()
            await asyncio.sleep_ms(_CHECK_MS)

    def _tell_move(self):
        # Once, and not with each break of a bad line.
        now_ns = clock_monotonic_ns()
        if self._moved_ns is None or now_ns - self._moved_ns > _MOVE_REPORT_NS:
            if self.tells_moves:
                log.info("%s does not answer: readings wait on disk" % self._peer)
            self._moved_ns = now_ns

    async def _sync(self):
        while True:
            if self._sync_ms == ALWAYS:
                await self._sync_needed.wait()
            else:
                try:
                    await asyncio.wait_for_ms(self._sync_needed.wait(), self._sync_ms)
                except asyncio.TimeoutError:
                    # Nothing moved to the disk, but it may have grown there.
                    pass
            self._sync_needed.clear()
            paths, number = self._outbox.unsynced()
            if paths:
                await self._run_sync(paths)
            # Also after a failure, or if the disk cannot be used: readings that are only in memory
            # are sent all the same.
            self._outbox.synced(number)

    async def _run_sync(self, paths):
        try:
            status, _ = await subprocess.run(["sync", "--"] + paths, _SYNC_TIMEOUT_MS)
        except (OSError, asyncio.TimeoutError) as error:
            log.error("the outbox could not be written to disk: %s" % log.reason(error))
            return
        # It also fails if a segment was sent and removed in the meantime.
        if status and all(exists(path) for path in paths):
            log.error("the outbox could not be written to disk: sync(1) failed")

    def _report(self):
        outbox = self._outbox
        while outbox.warnings:
            log.warning("%s: %s" % (self._name, outbox.warnings.pop(0)))
        if outbox.trouble != self._trouble:
            if outbox.trouble is not None:
                log.warning("the %s waits in memory: %s" % (self._name, outbox.trouble))
            else:
                log.info("the %s can be on disk again" % self._name)
            self._trouble = outbox.trouble
        if outbox.dropped != self._dropped or outbox.damaged != self._damaged:
            self._report_losses()

    def _report_losses(self):
        outbox, now_ms = self._outbox, time.ticks_ms()
        last_ms = self._reported_ms
        if last_ms is not None and time.ticks_diff(now_ms, last_ms) < _REPORT_MS:
            return
        if outbox.dropped != self._dropped:
            log.warning("the %s is full: the oldest readings are dropped" % self._name)
        if outbox.damaged != self._damaged:
            log.warning("%d readings were damaged on disk" % (outbox.damaged - self._damaged))
        self._reported_ms = now_ms
        self._dropped, self._damaged = outbox.dropped, outbox.damaged

    def close(self):
        """Ends the tasks and closes the outbox, which writes all waiting messages to the disk."""
        for task in self._tasks:
            task.cancel()
        waiting = len(self._outbox)
        self._outbox.close()
        if waiting:
            where = "in memory" if self._outbox.trouble else "on disk"
            log.warning("%d readings did not reach %s and wait %s" % (waiting, self._peer, where))
