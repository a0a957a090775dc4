# SPDX-License-Identifier: MIT
"""The outbox of a configuration, and what has to be done for it from time to time."""

import asyncio
import os
import struct
import time

from linux import subprocess

from .. import log
from ..clock import Clock
from .folder import FolderPlace
from .queue import Outbox

_FAST_SEGMENT_BYTES = 16 * 1024
_LEAST_SEGMENT_BYTES = 512
_LARGEST_SEGMENT_BYTES = 256 * 1024
_CHECK_MS = 500
_SYNC_MS = 60000  # a disk that takes longer than this for some kB is broken
ALWAYS = 0  # of the key sync


class Keeper:
    """Makes the outbox of an [outbox] table, and writes it to the disk in time.

    A sync is done by sync(1) in a process of its own: on an SD card it can take a second, for
    which nothing here may wait.

    Attributes: outbox; clock.
    """

    def __init__(self, settings):
        self._sync_ms = settings["sync"]
        most = settings["max_size"]
        segment = min(max(most // 32, _LEAST_SEGMENT_BYTES), _LARGEST_SEGMENT_BYTES)
        # What systemd makes for RuntimeDirectory=, and keeps when the daemon dies.
        runtime = os.getenv("RUNTIME_DIRECTORY")
        fast = None
        if runtime:
            path = runtime.split(":")[0] + "/outbox"
            fast = FolderPlace(path, _FAST_SEGMENT_BYTES, False)
        disk = FolderPlace(settings["directory"], segment, True)
        (session,) = struct.unpack("<I", os.urandom(4))
        self.clock = Clock()
        self.clock.changed()
        always = self._sync_ms == ALWAYS
        self.outbox = Outbox(most, fast, disk, always, session, self.clock)
        if self.clock.offset_ns is not None:
            self.outbox.clock_set(self.clock.boot, self.clock.offset_ns)
        self._trouble = None
        self._dropped = 0
        self._said_ms = None
        self._say()
        self._work = asyncio.Event()
        self._tasks = (asyncio.create_task(self._check()), asyncio.create_task(self._sync()))

    def appended(self):
        """Something new is in the outbox."""
        if self._sync_ms == ALWAYS:
            self._work.set()

    async def _check(self):
        last_ms = time.ticks_ms()
        while True:
            now_ms = time.ticks_ms()
            passed_ms, last_ms = time.ticks_diff(now_ms, last_ms), now_ms
            if self.clock.changed():
                self.outbox.clock_set(self.clock.boot, self.clock.offset_ns)
            if self.outbox.check(passed_ms):
                log.info("the broker does not answer: readings wait on disk")
                self._work.set()
            self._say()
            await asyncio.sleep_ms(_CHECK_MS)

    async def _sync(self):
        """Each time something is to be synced, and then at the interval while more comes."""
        while True:
            if self._sync_ms == ALWAYS:
                await self._work.wait()
            else:
                try:
                    await asyncio.wait_for_ms(self._work.wait(), self._sync_ms)
                except asyncio.TimeoutError:
                    # The interval has passed.
                    pass
            self._work.clear()
            paths, number = self.outbox.unsynced()
            if paths:
                await self._run_sync(paths)
            # Also without a disk that can be used: what is in memory is offered then.
            self.outbox.synced(number)

    async def _run_sync(self, paths):
        try:
            status, _ = await subprocess.run(["sync", "--"] + paths, _SYNC_MS)
        except (OSError, asyncio.TimeoutError) as error:
            log.error("the outbox could not be written to disk: %s" % log.reason(error))
            return
        # A segment that was sent and removed in the meantime needs no sync.
        if status and all(_exists(path) for path in paths):
            log.error("the outbox could not be written to disk: sync(1) failed")

    def _say(self):
        outbox = self.outbox
        while outbox.found:
            log.warning("outbox: " + outbox.found.pop(0))
        if outbox.trouble != self._trouble:
            if outbox.trouble is not None:
                log.warning("the outbox waits in memory: %s" % outbox.trouble)
            else:
                log.info("the outbox can be on disk again")
            self._trouble = outbox.trouble
        if outbox.dropped + outbox.damaged != self._dropped:
            now = time.ticks_ms()
            # Once a minute while it goes on; the count is in the metrics.
            if self._said_ms is None or time.ticks_diff(now, self._said_ms) >= 60000:
                if outbox.dropped:
                    log.warning("the outbox is full: the oldest readings are dropped")
                if outbox.damaged:
                    log.warning("%d readings were damaged on disk" % outbox.damaged)
                self._said_ms = now
                self._dropped = outbox.dropped + outbox.damaged

    def close(self):
        """Puts what waits on the disk."""
        for task in self._tasks:
            task.cancel()
        waiting = len(self.outbox)
        self.outbox.close()
        if waiting:
            where = "in memory" if self.outbox.trouble else "on disk"
            log.warning("%d readings did not reach the broker and wait %s" % (waiting, where))


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False
