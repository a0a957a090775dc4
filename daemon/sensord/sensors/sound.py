# SPDX-License-Identifier: MIT
"""type = "sound": a noise monitor. Microphone or recording -> sound levels, and if asked for the
levels of third-octaves, what is heard, and how far it is from what is usual -> reading."""

import asyncio

from ..stages.level import CALIBRATION_DB, SoundLevel
from . import Fault
from .microphone import source

_BLOCK_BYTES = 4096
_DEADLINE_MS = 10000


class _Bands:
    """Levels of third-octaves in dB SPL, and their distance from a baseline."""

    def __init__(self, settings, rate_hz):
        from ..stages.bands import ThirdOctaves, field

        self._bank = ThirdOctaves(rate_hz)
        self._names = [field(index) for index in self._bank.indices]
        self._offset_db = CALIBRATION_DB - settings["sensitivity"]
        self._interval_s = settings["interval"] / 1000
        self.feed = self._bank.feed
        self._baseline = None
        if settings["learn"]:
            from ..stages.baseline import Baseline, path

            self._baseline = Baseline(
                path(settings["name"]),
                "third-octaves at %d Hz" % rate_hz,
                settings["learn"] / 1000,
                settings["yellow"],
                settings["red"],
                settings["confirm"],
            )

    def fields(self):
        self._bank.read()
        levels = self._bank.levels
        fields = [
            (name, round(levels[i] + self._offset_db, 2)) for i, name in enumerate(self._names)
        ]
        if self._baseline is not None:
            pressures = [10 ** (level / 20) for level in levels]
            status, distance = self._baseline.update(pressures, self._interval_s)
            fields.append(("distance", None if distance is None else round(distance, 2)))
            fields.append(("status", status))
        return fields

    def gap(self):
        pass

    def close(self):
        if self._baseline is not None:
            self._baseline.close()


class _Events:
    """What the last window sounds like."""

    def __init__(self, settings, rate_hz):
        from ..stages.events import BandFeatures
        from ..stages.forest import Classifier

        self._features = BandFeatures(rate_hz, settings["window"])
        try:
            self._classifier = Classifier(
                settings["model"], settings["labels"], self._features.count
            )
        except ValueError as error:
            raise Fault(str(error))
        self.feed = self._features.feed
        self.gap = self._features.restart

    def fields(self):
        classifier = self._classifier
        names = ["label"] + classifier.labels
        if not self._features.full:
            return [(name, None) for name in names]
        self._features.compute()
        best = classifier.classify(self._features.values)
        values = [classifier.labels[best]]
        values.extend([round(p, 3) for p in classifier.probabilities])
        return list(zip(names, values))

    def close(self):
        pass


class SoundSensor:
    deadline_ms = _DEADLINE_MS

    def __init__(self, settings):
        self._settings = settings

    async def run(self, output):
        settings = self._settings
        sound = source(settings)
        stages = []
        try:
            level = self._level(sound.rate_hz)
            if settings["bands"] != "none":
                stages.append(_Bands(settings, sound.rate_hz))
            if settings["model"] is not None:
                stages.append(_Events(settings, sound.rate_hz))
            await self._measure(sound, level, stages, output)
        finally:
            sound.close()
            for stage in stages:
                stage.close()

    def _level(self, rate_hz):
        settings = self._settings
        try:
            return SoundLevel(
                rate_hz,
                settings["interval"],
                settings["weighting"],
                settings["time_weighting"],
                settings["sensitivity"],
            )
        except ValueError as error:
            raise Fault(str(error))

    async def _measure(self, sound, level, stages, output):
        block = memoryview(bytearray(_BLOCK_BYTES))
        overruns = 0
        readings = 0

        def tell():
            nonlocal overruns, readings
            fields = level.read()
            if fields is None:
                return
            for stage in stages:
                fields.extend(stage.fields())
            fields.append(("overruns", sound.overruns - overruns))
            if sound.overruns != overruns:
                overruns = sound.overruns
                for stage in stages:
                    stage.gap()
            output.reading(fields)
            readings += 1

        while True:
            n = await sound.readinto(block, level.samples_left)
            if not n:
                break
            output.beat()
            # A source that is always ready, such as ALSA's null, leaves the others their turn.
            await asyncio.sleep_ms(0)
            start = 0
            while start < n:
                end = min(n, start + 2 * level.samples_left)
                piece = block[start:end]
                level.feed(piece)
                for stage in stages:
                    stage.feed(piece)
                start = end
                if level.samples_left == 0:
                    tell()
        # A recording shorter than the interval still has its level.
        if not readings:
            tell()
