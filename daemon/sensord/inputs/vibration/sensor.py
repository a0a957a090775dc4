# SPDX-License-Identifier: MIT
"""type = "vibration": the condition of a machine, from an accelerometer or a recording."""

from ...stages.baseline import Baseline, path
from ...stages.condition import Condition, Statistics
from ...stages.window import Windows
from ..acceleration import stream
from .bands import band_edges, band_names, window_samples

_LATE_MS = 10000


class Sensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _LATE_MS

    def _baseline(self, edges, samples):
        settings = self._settings
        if not settings["learn"]:
            return None
        quantities = "bands of %s Hz, %d samples at %d Hz" % (
            ", ".join(["%g" % edge for edge in edges]),
            samples,
            settings["rate"],
        )
        return Baseline(
            path(settings["name"]),
            quantities,
            settings["learn"] / 1000,
            settings["yellow"],
            settings["red"],
            settings["confirm"],
        )

    async def run(self, output):
        settings = self._settings
        rate = settings["rate"]
        samples = window_samples(settings["window"], rate)
        edges = band_edges(settings)
        window_s = samples / rate
        stage = Condition(
            Statistics(samples, rate, edges, settings["range"], band_names(edges)),
            # Windows follow one another; a reading has those that lasted its interval.
            max(1, round(settings["interval"] / 1000 / window_s)),
            window_s,
            self._baseline(edges, samples),
            settings["running_above"],
        )
        try:
            await stream.run(settings, Windows(samples, samples), stage, output)
        finally:
            stage.close()
