# SPDX-License-Identifier: MIT
"""The stage that learns a machine's normal levels, and then measures the distance from them.

It learns the mean and the standard deviation of each quantity's level in dB, as vibration and
sound grow by factors. The distance is that of the level which rose most above its mean, counted
in standard deviations: a fault shows in one band first, and an average over all bands would hide
it. A level that falls is no fault: the machine runs slower, or has stopped. A deviation counts as
at least 1 dB; for a steady machine a distance of 6 then means that a quantity has doubled, and 12
that it has quadrupled.
"""

import math

from .. import log
from ..files import state

_VERSION = 1
_LEAST_DEVIATION_DB = 1.0
_SILENCE = 1e-9  # a lower value counts as this, since 0 has no level
_LEAST_READINGS = 10  # the fewest for a standard deviation
_RELEASE = 0.8  # the share of a threshold below which its status ends
_SAVE_S = 600

LEARNING, GREEN, YELLOW, RED = "learning", "green", "yellow", "red"
_COLOURS = (GREEN, YELLOW, RED)


def path(sensor):
    """The file of a sensor's baseline."""
    return state.path("baselines", sensor)


class Baseline:
    """The normal levels of some quantities, kept in a file across restarts."""

    def __init__(self, file, quantities, learn_s, yellow, red, confirm):
        """`quantities` is a text that describes the values: a file with another one is not used.
        Learning takes `learn_s` seconds; `confirm` readings in a row change the status."""
        self._file = file
        self._quantities = quantities
        self._learn_s = learn_s
        self._thresholds = (yellow, red)
        self._confirm = confirm
        self._readings = 0
        self._learned_s = 0.0
        self._mean = self._squares = None  # Welford's: mean, and sum of squared deviations
        self._saved_s = 0.0
        self._trouble = None
        self._colour = 0
        self._agreeing = 0
        self._load()

    def _load(self):
        try:
            kept = state.load(self._file)
            if kept is None:
                return
            if kept["version"] != _VERSION:
                raise ValueError
            quantities, readings = kept["quantities"], int(kept["readings"])
            learned_s = float(kept["learned_s"])
            mean, squares = ([float(v) for v in kept[key]] for key in ("mean", "squares"))
            if not mean or len(mean) != len(squares) or readings < 1 or min(squares) < 0:
                raise ValueError
        except OSError as error:
            log.warning("baseline %s cannot be read: %s" % (self._file, log.reason(error)))
            return
        except (ValueError, KeyError, TypeError):
            log.warning("%s is no baseline: learning starts again" % self._file)
            return
        if quantities != self._quantities:
            log.warning(
                "baseline %s was learned from %s, now there is %s: learning starts again"
                % (self._file, quantities, self._quantities)
            )
            return
        self._readings, self._learned_s = readings, learned_s
        self._mean, self._squares = mean, squares

    def _save(self):
        self._saved_s = self._learned_s
        kept = {
            "version": _VERSION,
            "quantities": self._quantities,
            "readings": self._readings,
            "learned_s": self._learned_s,
            "mean": self._mean,
            "squares": self._squares,
        }
        try:
            state.save(self._file, kept)
            self._trouble = None
        except OSError as error:
            trouble = log.reason(error)
            if trouble != self._trouble:
                log.warning("baseline %s cannot be saved: %s" % (self._file, trouble))
                self._trouble = trouble

    @property
    def learned(self):
        return self._learned_s >= self._learn_s and self._readings >= _LEAST_READINGS

    def update(self, values, seconds):
        """Takes a reading that covers `seconds`: one positive value for each quantity.

        Returns (status, distance): ("learning", None), or a colour and the distance.
        """
        levels = [20 * math.log10(max(value, _SILENCE)) for value in values]
        if not self.learned:
            self._learn(levels, seconds)
            return LEARNING, None
        distance = self._distance(levels)
        self._judge(distance)
        return _COLOURS[self._colour], distance

    def _learn(self, levels, seconds):
        if self._mean is None or len(self._mean) != len(levels):
            self._mean, self._squares = levels, [0.0] * len(levels)
            self._readings, self._learned_s = 1, seconds
            return
        self._readings += 1
        self._learned_s += seconds
        for i, level in enumerate(levels):
            delta = level - self._mean[i]
            self._mean[i] += delta / self._readings
            self._squares[i] += delta * (level - self._mean[i])
        if self.learned:
            log.info("baseline %s is learned from %d readings" % (self._file, self._readings))
            self._save()
        elif self._learned_s - self._saved_s >= _SAVE_S:
            self._save()

    def _distance(self, levels):
        furthest = 0.0
        for level, mean, squares in zip(levels, self._mean, self._squares):
            deviation = math.sqrt(squares / (self._readings - 1))
            furthest = max(furthest, (level - mean) / max(deviation, _LEAST_DEVIATION_DB))
        return furthest

    def _judge(self, distance):
        """Changes the status after `confirm` readings that agree. A status ends only at a distance
        clearly below its threshold, so that one near the threshold does not make it alternate."""
        wanted = 0
        for i, threshold in enumerate(self._thresholds):
            if distance >= threshold * (_RELEASE if self._colour > i else 1):
                wanted = i + 1
        if wanted == self._colour:
            self._agreeing = 0
            return
        self._agreeing += 1
        if self._agreeing >= self._confirm:
            self._colour = wanted
            self._agreeing = 0

    def close(self):
        """Saves an unfinished baseline, so that learning goes on after a restart."""
        if not self.learned and self._readings:
            self._save()
