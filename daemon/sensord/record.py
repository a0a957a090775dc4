# SPDX-License-Identifier: MIT
"""`sensord record`: what a sensor gets from its hardware, into a file that `replay` takes."""

import asyncio
import os
import sys
import time
from array import array

from linux import libc
from linux.signals import Signals

from . import config, log
from .config.check import nearest
from .errors import EX_CANTCREAT, EX_OK, EX_UNAVAILABLE, EX_USAGE, Fault
from .reading import time_text

_BLOCK_BYTES = 4096
_KEEP_MS = 1000  # how often the file is made whole, and its length told


class _Sound:
    """The samples of a microphone as .wav."""

    suffix = ".wav"

    def __init__(self, settings, path):
        from . import wav
        from .sensors import microphone

        self._source = microphone.source(settings)
        self._writer = wav.Writer(path, self._source.rate_hz)
        self._block = memoryview(bytearray(_BLOCK_BYTES))

    @property
    def lost(self):
        return self._source.overruns

    async def start(self):
        pass

    async def take(self):
        """Records what comes next; returns how long it lasts in seconds, 0 at the end."""
        n = await self._source.readinto(self._block, self._source.rate_hz // 4)
        self._writer.write(self._block[:n])
        return n / 2 / self._source.rate_hz

    def keep(self):
        self._writer.keep()

    def close(self):
        self._source.close()
        self._writer.close()


class _Motion:
    """The accelerations of a chip as .npy, int16, N x 3."""

    suffix = ".npy"

    def __init__(self, settings, path):
        from .npy import Writer
        from .sensors import acceleration

        self._rate_hz = settings["rate"]
        self._axes = acceleration.AXES
        self._source = acceleration.source(settings)
        self._writer = Writer(path, "<i2", self._axes)
        self._rows = array("h", bytes(2 * self._axes * acceleration.MOST_ROWS))

    @property
    def lost(self):
        return self._source.gaps

    async def start(self):
        await self._source.start()

    async def take(self):
        n = await self._source.read(self._rows, self._rate_hz)
        self._writer.write(memoryview(self._rows)[: n * self._axes])
        return n / self._rate_hz

    def keep(self):
        self._writer.keep()

    def close(self):
        self._source.close()
        self._writer.close()


class _Pictures:
    """The pictures of a camera, as the network gets them, numbered in a folder."""

    suffix = "/"
    lost = 0

    def __init__(self, settings, path):
        from .sensors import image

        network = image.network(settings)
        self._kind = image.kind(network)
        self._size = network.size
        network.close()
        self._folder = path
        os.mkdir(path)
        self._source = image.source(settings, self._kind, self._size)
        self._interval_s = settings["interval"] / 1000
        self._count = 0

    async def start(self):
        pass

    async def take(self):
        from . import pnm

        picture = await self._source.read()
        if picture is None:
            return 0
        self._count += 1
        name = "%s/%06d%s" % (self._folder, self._count, pnm.SUFFIX[self._kind])
        pnm.write(name, self._kind, self._size, picture)
        return self._interval_s

    def keep(self):
        pass

    def close(self):
        self._source.close()


_RECORDERS = {"sound": _Sound, "motion": _Motion, "vibration": _Motion, "image": _Pictures}


class _Progress:
    """How much is recorded, which a terminal shows on its last line. Attribute: seconds."""

    def __init__(self):
        self.seconds = 0.0
        self._shown = libc.isatty(2)

    def tell(self):
        if self._shown:
            sys.stderr.write("\r%.0f s " % self.seconds)

    def end(self):
        if self._shown:
            sys.stderr.write("\r")


def _path(output, suffix, label):
    """Where to record to: `output`, or in it, if it is a folder, a name of the time and label."""
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
            progress.tell()


async def _record(recorder, duration_s):
    """Records until the duration is over, the recording has ended or a signal comes; returns how
    many seconds it has."""
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
        # Asked to end: what there is stays.
        pass
    finally:
        stopper.cancel()
        progress.end()
        recorder.close()
    return progress.seconds


def record(path, name, output, duration_ms, label):
    """Records the sensor `name` of a configuration to `output`; returns the exit code."""
    configured = config.load(path)["sensor"]
    if name not in configured:
        meant = nearest(name, configured)
        hint = 'did you mean "%s"?' % meant if meant else "known: " + ", ".join(sorted(configured))
        sys.stderr.write('sensord: %s has no sensor "%s"; %s\n' % (path, name, hint))
        return EX_USAGE
    settings = configured[name]
    kind = _RECORDERS.get(settings["type"])
    if kind is None:
        sys.stderr.write(
            'sensord: %s: type "%s" has nothing to record; known: %s\n'
            % (name, settings["type"], ", ".join(sorted(_RECORDERS)))
        )
        return EX_USAGE
    target = _path(output, kind.suffix, label)
    try:
        recorder = kind(settings, target)
        seconds = asyncio.run(_record(recorder, duration_ms and duration_ms / 1000))
    except (Fault, ValueError) as error:
        sys.stderr.write("sensord: %s: %s\n" % (name, error))
        return EX_UNAVAILABLE
    except OSError as error:
        sys.stderr.write("sensord: %s to %s: %s\n" % (name, target, log.reason(error)))
        return EX_CANTCREAT
    lost = ", samples were lost %d times" % recorder.lost if recorder.lost else ""
    sys.stderr.write("sensord: %s: %.1f s%s\n" % (target, seconds, lost))
    return EX_OK
