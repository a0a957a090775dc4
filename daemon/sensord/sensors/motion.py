# SPDX-License-Identifier: MIT
"""type = "motion": an activity tracker. Accelerometer or recording -> windows -> label."""

import asyncio
import time
from array import array

from .. import log
from ..npy import NpyError, Reader
from ..stages.features import KINDS
from ..stages.forest import Classifier
from ..stages.window import Windows
from . import Fault

_AXES = 3
_DEADLINE_MS = 10000
_MOST_ROWS = 256  # at a time


class Recording:
    """A .npy file, int16, N x 3, read at its own pace or as fast as it goes."""

    gaps = 0

    def __init__(self, path, rate_hz, real_time):
        """Raises Fault if the file is no such recording, OSError if it cannot be read."""
        self._path = path
        self._rate_hz = rate_hz
        try:
            self._reader = Reader(path, "<i2", _AXES)
        except NpyError as error:
            raise Fault("recording %s %s" % (path, error))
        self._rows = _MOST_ROWS
        self._due_ms = None
        if real_time:
            # Ten times a second, so that each reading comes when it would have.
            self._rows = max(1, min(_MOST_ROWS, rate_hz // 10))
            self._due_ms = time.ticks_ms()

    async def start(self):
        pass

    async def read(self, samples):
        """Fills the int16 array with rows of x, y, z; returns how many, 0 at the end."""
        view = memoryview(samples)[: _AXES * self._rows]
        n = self._reader.readinto(_bytes_of(view))
        if self._reader.truncated:
            log.warning("recording %s is cut short: what is there is used" % self._path)
            self._reader.truncated = False
        if self._due_ms is None:
            await asyncio.sleep_ms(0)
        else:
            self._due_ms = time.ticks_add(self._due_ms, n * 1000 // self._rate_hz)
            await asyncio.sleep_ms(max(0, time.ticks_diff(self._due_ms, time.ticks_ms())))
        return n

    def close(self):
        self._reader.close()


def _bytes_of(view):
    import uctypes

    return uctypes.bytearray_at(uctypes.addressof(view), 2 * len(view))


class MotionSensor:
    deadline_ms = _DEADLINE_MS

    def __init__(self, settings):
        self._settings = settings

    def _open(self):
        settings = self._settings
        if settings["replay"]:
            return Recording(
                settings["replay"], settings["rate"], settings["replay_speed"] == "real"
            )
        from .accelerometer import Accelerometer

        return Accelerometer(settings)

    async def run(self, output):
        settings = self._settings
        rate = settings["rate"]
        windows = Windows(settings["window"] * rate // 1000, settings["hop"] * rate // 1000)
        features = KINDS[settings["features"]]()
        try:
            classifier = Classifier(settings["model"], settings["labels"], features.count)
        except ValueError as error:
            raise Fault(str(error))
        source = self._open()
        try:
            await source.start()
            await _classify(source, windows, features, classifier, output, settings["hop"] / 1000)
        finally:
            source.close()


async def _classify(source, windows, features, classifier, output, hop_s):
    labels = classifier.labels
    spent_s = [0.0] * len(labels)
    samples = array("h", bytes(2 * _AXES * _MOST_ROWS))
    gaps = told = 0
    while True:
        n = await source.read(samples)
        if not n:
            return
        output.beat()
        if source.gaps != gaps:
            gaps = source.gaps
            windows.restart()
            log.warning("samples were lost: the window begins again")
        at = 0
        while at < n:
            at = windows.take(samples, at, n)
            if not windows.full:
                break
            features.compute(windows)
            best = classifier.classify(features.values)
            spent_s[best] += hop_s
            fields = [("label", labels[best])]
            for i, label in enumerate(labels):
                fields.append((label, round(classifier.probabilities[i], 3)))
            for i, label in enumerate(labels):
                fields.append((label + "_s", round(spent_s[i], 3)))
            fields.append(("gaps", gaps - told))
            told = gaps
            output.reading(fields)
            windows.slide()
