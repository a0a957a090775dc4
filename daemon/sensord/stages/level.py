# SPDX-License-Identifier: MIT
"""The stage that turns samples into sound levels, interval by interval."""

from array import array

import soundlevel

from ..values.field import Invalid
from . import weighting

# Microphones are specified and calibrated with a sound of 94 dB SPL (1 Pa).
CALIBRATION_DB = 94.0
_INPUT_PEAK = 7  # the levels before it are in the order of the names
_FULL_SCALE = 32767 / 32768


class SoundLevel:
    """Levels in dB SPL of int16 samples at one rate.

    Attribute: samples_left, the number of samples that the interval still needs.
    """

    def __init__(self, rate_hz, interval_ms, frequency_weighting, time_weighting, sensitivity):
        """`frequency_weighting` "A", "C" or "Z"; `time_weighting` "fast" or "slow";
        `sensitivity` is the level of 94 dB SPL in dBFS (relative to a full-scale sine's RMS).

        Raises ValueError for a rate that the weighting filters cannot be made for.
        """
        self._meter = soundlevel.new(
            weighting.sections(rate_hz),
            frequency_weighting,
            weighting.smoothing(rate_hz, time_weighting),
            weighting.steps_per_level(rate_hz),
        )
        self._offset_db = CALIBRATION_DB - sensitivity
        self._interval_samples = max(1, rate_hz * interval_ms // 1000)
        self._levels = array("f", bytes(4 * 8))
        self._settled = False
        self.samples_left = self._interval_samples
        self._names = weighting.level_names(frequency_weighting, time_weighting)

    def feed(self, samples):
        """Takes a memoryview of int16 samples as bytes, at most `samples_left` of them."""
        self._meter.process(samples)
        self.samples_left -= len(samples) // 2
        if not self._settled:
            self._meter.settle()
            self._settled = True

    def fields(self):
        """Ends the interval; returns its fields, or None if it had no sample."""
        self.samples_left = self._interval_samples
        levels = self._levels
        if not self._meter.read(levels):
            return None
        if levels[_INPUT_PEAK] == 0:
            # No microphone is that quiet: a wire is loose, or it is muted.
            silence = Invalid("every sample is 0: is the microphone connected and not muted?")
            fields = [(name, silence) for name in self._names]
        else:
            fields = [
                (name, round(levels[i] + self._offset_db, 2)) for i, name in enumerate(self._names)
            ]
        fields.append(("overload", levels[_INPUT_PEAK] >= _FULL_SCALE))
        return fields

    def gap(self):
        """No effect: the filters settle within an interval."""

    def close(self):
        """No effect: the stage learns nothing."""
