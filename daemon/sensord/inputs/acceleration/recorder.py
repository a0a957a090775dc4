# SPDX-License-Identifier: MIT
"""Records the accelerations of a chip as .npy, int16, N x 3."""

from array import array

from ...files.npy import Writer
from .source import AXES, MOST_ROWS, source

SUFFIX = ".npy"


class Recorder:
    def __init__(self, settings, path):
        self._rate_hz = settings["rate"]
        self._source = source(settings)
        self._writer = Writer(path, "<i2", AXES)
        self._rows = array("h", bytes(2 * AXES * MOST_ROWS))

    @property
    def lost(self):
        return self._source.gaps

    async def start(self):
        await self._source.start()

    async def take(self):
        n = await self._source.read(self._rows, self._rate_hz)
        self._writer.write(memoryview(self._rows)[: n * AXES])
        return n / self._rate_hz

    def keep(self):
        self._writer.keep()

    def close(self):
        self._source.close()
        self._writer.close()
