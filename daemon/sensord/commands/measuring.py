# SPDX-License-Identifier: MIT
"""Runs one sensor without the daemon, for the commands that measure."""

import asyncio
import sys
import time

from linux import libc
from linux.signals import Signals

from .. import inputs
from ..errors import Fault
from ..log import reason

SIGNALLED = 128  # and the number of the signal, as of a shell
_STEP_MS = 250
_CLOSE_MS = 5000
_PATIENCE_MS = 2000  # before the first word about the waiting
_WORDS_MS = 10000  # between words where no terminal shows them in one place


class Stopped(Exception):
    """A signal; its number is the argument."""


class Output:
    """Takes the place of the daemon, see inputs/__init__.py: `take(fields)` gets each reading, and
    sets the Event `ended` once there are enough."""

    def __init__(self, take):
        self._take = take
        self.carry = {}
        self.note = None
        self.is_stopping = False
        self.last_beat_ms = time.ticks_ms()
        self.ended = asyncio.Event()

    def beat(self):
        self.last_beat_ms = time.ticks_ms()

    def reading(self, fields):
        self.beat()
        if not self.ended.is_set():
            self._take(fields)


class _Waiting:
    """Shows a person for how long the first reading has been waited for."""

    def __init__(self, settings, made):
        self._name = settings["name"]
        whole_ms = getattr(made, "first_ms", None) or settings.get("timeout")
        if not whole_ms and "window" in settings:
            whole_ms = max(settings["window"], settings.get("interval") or 0)
        self._whole_ms = whole_ms
        self._terminal = libc.isatty(2)
        self._started_ms = self._said_ms = time.ticks_ms()

    def show(self):
        now_ms = time.ticks_ms()
        waited_ms = time.ticks_diff(now_ms, self._started_ms)
        if waited_ms < _PATIENCE_MS:
            return
        first = self._said_ms == self._started_ms
        if not (self._terminal or first or time.ticks_diff(now_ms, self._said_ms) >= _WORDS_MS):
            return
        self._said_ms = now_ms
        text = "sensord: %s: waiting for a reading, %d s" % (self._name, waited_ms // 1000)
        if self._whole_ms:
            text += " of %d s" % max(1, self._whole_ms // 1000)
        sys.stderr.write("\r" + text if self._terminal else text + "\n")

    def end(self):
        if self._terminal and self._said_ms != self._started_ms:
            sys.stderr.write("\r\033[K")


async def measure(settings, output):
    """Runs a sensor until the Output has ended; returns what went wrong, or None. Raises Stopped
    at a signal, with the device closed."""
    signals = Signals(libc.SIGINT, libc.SIGTERM)
    faults, caught = [], []

    async def work(made):
        try:
            await made.run(output)
        except (Fault, OSError) as error:
            faults.append(reason(error) if isinstance(error, OSError) else str(error))
        finally:
            output.ended.set()

    async def listen():
        caught.append(await signals.next())
        output.ended.set()

    try:
        made = inputs.create(settings)
    except (Fault, OSError) as error:
        return reason(error) if isinstance(error, OSError) else str(error)
    task = asyncio.create_task(work(made))
    listening = asyncio.create_task(listen())
    waiting = _Waiting(settings, made)
    while not output.ended.is_set():
        try:
            await asyncio.wait_for_ms(output.ended.wait(), _STEP_MS)
        except asyncio.TimeoutError:
            waiting.show()
            if time.ticks_diff(time.ticks_ms(), output.last_beat_ms) > made.deadline_ms:
                faults.append("no data for %g s" % (made.deadline_ms / 1000))
                break
    waiting.end()
    listening.cancel()
    task.cancel()
    try:
        await asyncio.wait_for_ms(task, _CLOSE_MS)
    except (asyncio.CancelledError, asyncio.TimeoutError):
        # The device is closed now, and free for another program; or it cannot even be closed.
        pass
    if caught:
        raise Stopped(caught[0])
    return faults[0] if faults else None
