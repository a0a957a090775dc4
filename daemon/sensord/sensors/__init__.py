# SPDX-License-Identifier: MIT
"""The sensor types. Each is a class with one coroutine that makes readings until it is cancelled.

Sensor(settings)             the checked settings of its table
await sensor.run(output)     output.reading(fields) for each reading, output.beat() while it
                             lives; returns when a recording has ended, raises Fault or
                             OSError when it cannot go on
sensor.deadline_ms           how long it may live without a beat
"""

from ..errors import Fault  # noqa: F401 - drivers import it from here

# The class of each type and the module it is in.
_TYPES = {
    "exec": ("command", "CommandSensor"),
    "gpio": ("counter", "CounterSensor"),
    "hwmon": ("kernel", "HwmonSensor"),
    "i2c": ("chip", "ChipSensor"),
    "iio": ("kernel", "IIOSensor"),
    "image": ("image", "ImageSensor"),
    "motion": ("motion", "MotionSensor"),
    "serial": ("lines", "LineSensor"),
    "sound": ("sound", "SoundSensor"),
    "system": ("system", "SystemSensor"),
    "vibration": ("vibration", "VibrationSensor"),
    "w1": ("kernel", "OneWireSensor"),
}


def create(settings):
    """The sensor of a checked [sensor.NAME] table."""
    module, name = _TYPES[settings["type"]]
    # Imported when needed: a daemon without a microphone does not load the sound code.
    return getattr(__import__("sensord.sensors." + module, None, None, (name,)), name)(settings)
