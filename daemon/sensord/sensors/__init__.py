# SPDX-License-Identifier: MIT
"""The sensor types. Each is a class with one coroutine that makes readings until it is cancelled.

Sensor(settings)             the checked settings of its table
await sensor.run(output)     output.reading(fields) for each reading, output.beat() while it
                             lives; returns when a recording has ended, raises Fault or
                             OSError when it cannot go on
sensor.deadline_ms           how long it may live without a beat
"""


class Fault(Exception):
    """Why a sensor cannot measure, in words for its user."""


def create(settings):
    """The sensor of a checked [sensor.NAME] table."""
    # Imported when needed: a daemon without a microphone does not load the sound code.
    kind = settings["type"]
    if kind == "sound":
        from .sound import SoundSensor

        return SoundSensor(settings)
    if kind == "i2c":
        from .chip import ChipSensor

        return ChipSensor(settings)
    if kind == "system":
        from .system import SystemSensor

        return SystemSensor(settings)
    raise ValueError("no sensor type %s" % kind)
