# SPDX-License-Identifier: MIT
"""The buffers queued for I2S.irq()'s handler, and the asyncio task that calls it."""

import asyncio
from asyncio import core


class Irq:
    """Moves buffers one after the other, and calls the handler once for each."""

    def __init__(self, i2s, move, ready, handler):
        """`move(view)` moves what it can now: returns the bytes, or None for none. `ready()` is a
        generator that waits until it can move more."""
        self._i2s = i2s
        self._move = move
        self._ready = ready
        self._handler = handler
        # (the caller's object, its bytes): a view made from an address keeps nothing alive
        self._buffers = []
        self._at = 0
        self._added = asyncio.Event()
        # Without a running loop the task never starts and costs nothing.
        self._task = asyncio.create_task(self._deliver())

    def __call__(self):
        self._handler(self._i2s)

    @property
    def idle(self):
        """Whether no buffer is left."""
        return not self._buffers

    def add(self, buf, view):
        """Queues a buffer and returns at once; starts it if it is the only one."""
        self._buffers.append((buf, view))
        try:
            self._advance()
        except OSError:
            # The exception reaches the caller, so the handler must not be called for this buffer.
            self._buffers.pop()
            raise
        self._added.set()

    def _advance(self):
        """Moves as much of the first buffer as it can; True if that completed it."""
        view = self._buffers[0][1]
        if self._at < len(view):
            self._at += self._move(view[self._at :]) or 0
        return self._at == len(view)

    def take(self):
        """Takes the next buffer that is done; False if there is none."""
        if not self._buffers or not self._advance():
            return False
        self._buffers.pop(0)
        self._at = 0
        return True

    async def _deliver(self):
        while self._handler is not None:
            if not self._buffers:
                self._added.clear()
                await self._added.wait()
                continue
            if not self.take():
                await self._ready()
                continue
            try:
                self()
            except Exception as error:
                # As for any exception of a task that is not awaited; the next buffers continue.
                asyncio.get_event_loop().call_exception_handler(
                    {"message": "%r: exception in its irq handler" % self._i2s,
                     "exception": error, "future": self._task}
                )  # fmt: skip
            # Let other tasks run, however fast the device is.
            await asyncio.sleep_ms(0)

    def stop(self):
        """Ends the delivery. May be called from the handler."""
        self._handler = None
        self._buffers = []
        if core.cur_task is not self._task and not self._task.done():
            self._task.cancel()
            if core.cur_task is None:
                # No loop runs, and perhaps none ever will: the task must not keep the I2S alive.
                core._task_queue.remove(self._task)
