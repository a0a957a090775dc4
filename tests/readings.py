# SPDX-License-Identifier: MIT
"""The output of a daemon without [mqtt]."""

import json

from support import wait_until


class Readings:
    """The readings that a daemon without [mqtt] prints, by sensor."""

    def __init__(self, running):
        self._running = running

    def of(self, sensor):
        lines = self._running.output().splitlines()
        return [
            json.loads(line.split(" ", 1)[1]) for line in lines if line.split(" ")[0] == sensor
        ]

    def wait(self, sensor, count=1, timeout_s=15, known=True):
        """The readings of a sensor, once `count` of them have no null."""

        def enough():
            found = self.of(sensor)
            if known:
                found = [r for r in found if None not in r.values()]
            return found if len(found) >= count else None

        message = self._running.messages
        return wait_until(
            enough, timeout_s, f"{count} readings of {sensor}; it said {message()!r}"
        )

    def wait_for_last(self, sensor, known):
        """Waits until the last reading of a sensor has no null in it, or has."""
        wait_until(
            lambda: (None not in self.of(sensor)[-1].values()) == known, 15, f"known: {known}"
        )
