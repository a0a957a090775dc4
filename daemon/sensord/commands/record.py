# SPDX-License-Identifier: MIT
"""`sensord record`: records the raw data of a sensor's hardware, for `replay`.

A Recorder (recorder.py of a kind of input) has SUFFIX, the end of its files' names, and

    Recorder(settings, path)  opens source and file; raises Fault, ValueError or OSError
    await start()
    await take()              records the next piece; returns its length in s, 0 at the end
    keep()                    completes the file for the data so far
    close()
    lost                      the number of times that samples were lost
"""

import asyncio
import os
import sys
import time

from linux import libc
from linux.signals import Signals

from .. import inputs, log
from ..errors import EX_CANTCREAT, EX_UNAVAILABLE, EX_USAGE, Fault
from ..timestamp import time_text
from . import sensor
from .terminal import tell

_KEEP_MS = 1000  # how often the file is completed and its length shown


class _Progress:
    """The length of the recording, shown on a terminal's last line. Attribute: seconds."""

    def __init__(self):
        self.seconds = 0.0
        self._shown = libc.isatty(2)

    def show(self):
        if self._shown:
            sys.stderr.write("\r%.0f s " % self.seconds)

    def end(self):
        if self._shown:
            sys.stderr.write("\r")


def _path(output, suffix, label):
    """The file to write: `output`, or in a folder `output` one named by the time and the label."""
    try:
        folder = os.stat(output)[0] & 0xF000 == 0x4000
    except OSError:
        folder = False
    if not folder:
        return output.rstrip("/")
    name = time_text(time.time_ns())[:19].replace(":", "")
    return "%s/%s%s%s" % (
        output.rstrip("/"), name, "_" + label if label else "", suffix.rstrip("/"),
    )  # fmt: skip


async def _take_all(recorder, duration_s, progress):
    await recorder.start()
    kept_ms = time.ticks_ms()
    while duration_s is None or progress.seconds < duration_s:
        seconds = await recorder.take()
        if not seconds:
            return
        progress.seconds += seconds
        if time.ticks_diff(time.ticks_ms(), kept_ms) >= _KEEP_MS:
            kept_ms = time.ticks_ms()
            recorder.keep()
            progress.show()


async def _record(recorder, duration_s):
    """Records until the duration is over, the data ends or a signal arrives; returns the length
    in seconds."""
    signals = Signals(libc.SIGTERM, libc.SIGINT)
    progress = _Progress()
    work = asyncio.create_task(_take_all(recorder, duration_s, progress))

    async def stop():
        await signals.next()
        work.cancel()

    stopper = asyncio.create_task(stop())
    try:
        await work
    except asyncio.CancelledError:
        # Ended by a signal: the recording so far stays.
        pass
    finally:
        stopper.cancel()
        progress.end()
        recorder.close()
    return progress.seconds


def record(path, name, output, duration_ms, label):
    """Records the sensor `name` of a configuration to `output`; returns the exit code."""
    found = sensor.find(path, name)
    if found is None:
        return EX_USAGE
    settings, _ = found
    kind = settings["type"]
    if kind not in inputs.recordable():
        tell(
            '%s: type "%s" cannot be recorded; these can: %s'
            % (name, kind, ", ".join(inputs.recordable()))
        )
        return EX_USAGE
    target = _path(output, inputs.recording_suffix(kind), label)
    try:
        recorder = inputs.recorder(settings, target)
        seconds = asyncio.run(_record(recorder, duration_ms and duration_ms / 1000))
    except (Fault, ValueError) as error:
        tell("%s: %s" % (name, error))
        return EX_UNAVAILABLE
    except OSError as error:
        tell("%s to %s: %s" % (name, target, log.reason(error)))
        return EX_CANTCREAT
    lost = ", samples were lost %d times" % recorder.lost if recorder.lost else ""
    tell("%s: %.1f s%s" % (target, seconds, lost))
    return 0
