# SPDX-License-Identifier: MIT
"""type = "sound": a noise monitor. Microphone or recording -> sound levels, and as configured the
levels of third-octaves, the kind of sound, and the distance from the usual levels -> reading."""

import asyncio

from ...errors import Fault
from ...stages.level import CALIBRATION_DB, SoundLevel
from ...values.field import Invalid
from .source import source

_BLOCK_BYTES = 4096
_DEADLINE_MS = 10000


def _bands(settings, rate_hz):
    from ...stages.sound_bands import Bands

    interval_s = settings["interval"] / 1000
    baseline = None
    if settings["learn"]:
        from ...stages.baseline import Baseline, path

        baseline = Baseline(
            path(settings["name"]),
            "third-octaves at %d Hz" % rate_hz,
            settings["learn"] / 1000,
            settings["yellow"],
            settings["red"],
            settings["confirm"],
        )
    return Bands(rate_hz, CALIBRATION_DB - settings["sensitivity"], interval_s, baseline)


def _events(settings, rate_hz):
    from ...stages.events import BandFeatures
    from ...stages.forest import Classifier
    from ...stages.sound_events import Events

    features = BandFeatures(rate_hz, settings["window"])
    return Events(features, Classifier(settings["model"], settings["labels"], features.count))


class Sensor:
    deadline_ms = _DEADLINE_MS

    def __init__(self, settings):
        self._settings = settings

    async def run(self, output):
        sound = source(self._settings)
        stages = []
        try:
            try:
                self._add_stages(stages, sound.rate_hz)
            except ValueError as error:
                raise Fault(str(error))
            await _Measurement(sound, stages, output).run()
        finally:
            sound.close()
            for stage in stages:
                stage.close()

    def _add_stages(self, stages, rate_hz):
        """The level, which ends the intervals, and then the others."""
        settings = self._settings
        stages.append(
            SoundLevel(
                rate_hz,
                settings["interval"],
                settings["weighting"],
                settings["time_weighting"],
                settings["sensitivity"],
            )
        )
        if settings["bands"] != "none":
            stages.append(_bands(settings, rate_hz))
        if settings["model"] is not None:
            stages.append(_events(settings, rate_hz))


class _Constancy:
    """Whether all samples of an interval were the same: no microphone is that quiet. Attribute:
    sample, that value; None if they were not, or there was none."""

    def __init__(self):
        self.restart()

    def restart(self):
        self.sample = None
        self._last = None  # two bytes; False once they differ

    def feed(self, samples):
        """Takes in a memoryview of int16 samples as bytes."""
        if self._last is False or not len(samples):
            return
        first = bytes(samples[:2])
        # For a sound the comparison ends at its first samples.
        if self._last not in (None, first) or samples[2:] != samples[:-2]:
            self._last, self.sample = False, None
            return
        self._last = first
        self.sample = (first[0] | first[1] << 8 ^ 0x8000) - 0x8000


class _Measurement:
    """A sound on its way through the stages."""

    def __init__(self, sound, stages, output):
        self._sound, self._stages, self._output = sound, stages, output
        self._constancy = _Constancy()
        self._overruns = 0
        self._readings = 0

    def _deliver(self):
        """Ends the interval: delivers its reading, unless it was empty."""
        sound, carry = self._sound, self._output.carry
        fields = self._stages[0].fields()
        if fields is None:
            return
        sample = self._constancy.sample
        self._constancy.restart()
        if sample is not None:
            silence = Invalid(
                "every sample is %d: is the microphone connected and not muted?" % sample
            )
            # Whether it was overloaded is known all the same.
            fields = [(n, v if isinstance(v, bool) else silence) for n, v in fields]
        for stage in self._stages[1:]:
            fields.extend(stage.fields() if sample is None else stage.no_fields(silence))
        fields.append(("overruns", carry.pop("overruns", 0) + sound.overruns - self._overruns))
        if sound.overruns != self._overruns:
            self._overruns = sound.overruns
            for stage in self._stages:
                stage.gap()
        self._output.reading(fields)
        self._readings += 1

    async def run(self):
        """Returns at a recording's end."""
        try:
            await self._run()
        finally:
            # After a fault they belong to the next reading.
            carry = self._output.carry
            pending = self._sound.overruns - self._overruns
            if pending:
                carry["overruns"] = carry.get("overruns", 0) + pending
        # A recording shorter than the interval still has its level.
        if not self._readings:
            self._deliver()

    async def _run(self):
        sound, stages = self._sound, self._stages
        level = stages[0]
        block = memoryview(bytearray(_BLOCK_BYTES))
        while True:
            n = await sound.readinto(block, level.samples_left)
            if not n:
                return
            self._output.beat()
            # A source that is always ready, such as ALSA's null, leaves the others their turn.
            await asyncio.sleep_ms(0)
            start = 0
            while start < n:
                end = min(n, start + 2 * level.samples_left)
                piece = block[start:end]
                self._constancy.feed(piece)
                for stage in stages:
                    stage.feed(piece)
                start = end
                if level.samples_left == 0:
                    self._deliver()
