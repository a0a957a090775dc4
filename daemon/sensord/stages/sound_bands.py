# SPDX-License-Identifier: MIT
"""The stage that gives levels of third-octaves in dB SPL, and their distance from a baseline."""

from .bands import ThirdOctaves, field


class Bands:
    def __init__(self, rate_hz, offset_db, interval_s, baseline=None):
        """`offset_db` converts dBFS to dB SPL; `baseline` as in baseline.py, or None."""
        self._bank = ThirdOctaves(rate_hz)
        self._names = [field(index) for index in self._bank.indices]
        self._offset_db = offset_db
        self._interval_s = interval_s
        self._baseline = baseline
        self.feed = self._bank.feed

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

    def no_fields(self, invalid):
        """Ends an interval without sound: its fields, all `invalid`. Nothing is learned of it."""
        self._bank.read()
        names = self._names if self._baseline is None else self._names + ["distance", "status"]
        return [(name, invalid) for name in names]

    def gap(self):
        """No effect: the filters settle within an interval."""

    def close(self):
        if self._baseline is not None:
            self._baseline.close()
