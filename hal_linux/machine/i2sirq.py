# SPDX-License-Identifier: MIT
"""The buffers that I2S.irq()'s handler waits for, and the asyncio task that calls it."""

import asyncio
from asyncio import core


class Irq:
    """Moves buffers one after the other; the handler is called once for each."""

    def __init__(self, i2s, move, ready, handler):
        """`move(view)` moves what it can now: the bytes, or None for none. `ready()` is a
        generator that waits until it can move more."""
        self._i2s = i2s
        self._move = move
        self._ready = ready
        self._handler = handler
        # (the caller's object, its bytes): a view from an address keeps nothing alive
        self._buffers = []
        self._at = 0
        self._added = asyncio.Event()
        # Without a loop it stays where it is and costs nothing.
        self._task = asyncio.create_task(self._deliver())

    def __call__(self):
        self._handler(self._i2s)

    @property
    def idle(self):
        """Whether no buffer is left."""
        return not self._buffers

    def add(self, buf, view):
        """Takes a buffer, begins with it if it is the only one, and returns at once."""
        self._buffers.append((buf, view))
        try:
            self._advance()
        except OSError:
            # The caller is told; nobody waits for this buffer.
            self._buffers.pop()
            raise
        self._added.set()

    def _advance(self):
        """Moves what can be moved of the first buffer; True if that was its end."""
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
                # As any exception of a task that nobody awaits; the next buffers are moved.
                asyncio.get_event_loop().call_exception_handler(
                    {"message": "%r: exception in its irq handler" % self._i2s,
                     "exception": error, "future": self._task}
                )  # fmt: skip
            # Others have their turn, however fast the device is.
            await asyncio.sleep_ms(0)

    def stop(self):
        """Ends the delivery. May be called from the handler."""
        self._handler = None
        self._buffers = []
        if core.cur_task is not self._task and not self._task.done():
            self._task.cancel()
            if core.cur_task is None:
                # No loop runs, and perhaps none ever will: the task must not keep the I2S.
                core._task_queue.remove(self._task)
