# SPDX-License-Identifier: MIT
"""Records the samples of a microphone as .wav."""

from ...files import wav
from .source import source

SUFFIX = ".wav"
_BLOCK_BYTES = 4096


class Recorder:
    def __init__(self, settings, path):
        self._source = source(settings)
        self._writer = wav.Writer(path, self._source.rate_hz)
        self._block = memoryview(bytearray(_BLOCK_BYTES))

    @property
    def lost(self):
        return self._source.overruns

    async def start(self):
        pass

    async def take(self):
        n = await self._source.readinto(self._block, self._source.rate_hz // 4)
        self._writer.write(self._block[:n])
        return n / 2 / self._source.rate_hz

    def keep(self):
        self._writer.keep()

    def close(self):
        self._source.close()
        self._writer.close()
