# SPDX-License-Identifier: MIT
"""The callback object of Pin.irq(), and the asyncio task that calls its handler."""

import asyncio
from asyncio import core

from linux.files import readable


class Irq:
    """The callback object of Pin.irq(). Calling it calls the handler."""

    def __init__(self, pin, line, handler, trigger):
        self._pin = pin
        self._line = line
        self._handler = handler
        self._trigger = trigger
        self._edge = 0
        # Without a running loop the task never starts and costs nothing.
        self._task = asyncio.create_task(self._deliver())

    def __call__(self):
        self._handler(self._pin)

    def flags(self):
        """Pin.IRQ_RISING or IRQ_FALLING: the edge of the handler's last call."""
        return self._edge

    def timestamp_ns(self):
        """The time of that edge: the kernel's, on CLOCK_MONOTONIC."""
        return self._line.timestamp_ns

    def trigger(self, trigger=None):
        """Returns the edges the handler is called for; sets them to `trigger` if given."""
        before = self._trigger
        if trigger is not None:
            self._pin._detect(trigger, self._line.state.debounce_us / 1000)
            self._trigger = trigger
        return before

    def take(self):
        """Takes the next edge; False if there is none."""
        while True:
            edge = self._line.take()
            # Edges from before a change of trigger may still be queued.
            if not edge or edge & self._trigger:
                self._edge = edge or self._edge
                return edge != 0

    async def _deliver(self):
        while self._handler is not None:
            if not self.take():
                await readable(self._line.fileno())
                continue
            try:
                self()
            except Exception as error:
                # As for any exception of a task that is not awaited; the next edges continue.
                asyncio.get_event_loop().call_exception_handler(
                    {"message": "%r: exception in its irq handler" % self._pin,
                     "exception": error, "future": self._task}
                )  # fmt: skip
            # Let other tasks run, however fast the edges come.
            await asyncio.sleep_ms(0)

    def stop(self):
        """Ends the delivery. May be called from the handler."""
        self._handler = None
        if core.cur_task is not self._task and not self._task.done():
            self._task.cancel()
            if core.cur_task is None:
                # No loop runs, and perhaps none ever will: the task must not keep the Pin alive.
                core._task_queue.remove(self._task)
