# SPDX-License-Identifier: MIT
"""type = "sound": a noise monitor. Microphone or recording -> sound levels -> reading."""

import asyncio

from ..stages.level import SoundLevel
from . import Fault
from .microphone import source

_BLOCK_BYTES = 4096
_DEADLINE_MS = 10000


class SoundSensor:
    deadline_ms = _DEADLINE_MS

    def __init__(self, settings):
        self._settings = settings

    async def run(self, output):
        sound = source(self._settings)
        try:
            await self._measure(sound, output)
        finally:
            sound.close()

    async def _measure(self, sound, output):
        settings = self._settings
        try:
            level = SoundLevel(
                sound.rate_hz,
                settings["interval"],
                settings["weighting"],
                settings["time_weighting"],
                settings["sensitivity"],
            )
        except ValueError as error:
            raise Fault(str(error))
        block = memoryview(bytearray(_BLOCK_BYTES))
        overruns = 0
        readings = 0
        while True:
            n = await sound.readinto(block)
            if not n:
                break
            output.beat()
            # A source that is always ready, such as ALSA's null, leaves the others their turn.
            await asyncio.sleep_ms(0)
            start = 0
            while start < n:
                end = min(n, start + 2 * level.samples_left)
                level.feed(block[start:end])
                start = end
                if level.samples_left == 0:
                    fields = level.read()
                    fields.append(("overruns", sound.overruns - overruns))
                    overruns = sound.overruns
                    output.reading(fields)
                    readings += 1
        # A recording shorter than the interval still has its level.
        fields = level.read()
        if fields is not None and not readings:
            fields.append(("overruns", sound.overruns))
            output.reading(fields)
