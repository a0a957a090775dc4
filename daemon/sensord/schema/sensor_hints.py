# SPDX-License-Identifier: MIT
"""Hints for sensors that are known under another name, or that another type reads."""

_ONE_WIRE = 'it is a sensor on the 1-Wire bus: type = "w1"'
_DHT = (
    "it is read by the kernel's driver (dtoverlay=dht11,gpiopin=N in config.txt): "
    'type = "iio" with device = "dht11"'
)
_ACCELEROMETER = 'it is an accelerometer: type = "vibration" or "motion"'
_HINTS = {
    "ds18b20": _ONE_WIRE, "ds18s20": _ONE_WIRE, "ds1820": _ONE_WIRE, "ds1822": _ONE_WIRE,
    "ds1825": _ONE_WIRE, "ds28ea00": _ONE_WIRE, "1wire": _ONE_WIRE, "onewire": _ONE_WIRE,
    "dht11": _DHT, "dht22": _DHT, "am2302": _DHT, "dht": _DHT,
    "mpu6050": _ACCELEROMETER, "mpu6886": _ACCELEROMETER, "adxl345": _ACCELEROMETER,
    "lis3dh": _ACCELEROMETER,
}  # fmt: skip
# Chips that are read alike.
_FAMILIES = {
    "sht30": "sht3x", "sht31": "sht3x", "sht35": "sht3x",
    "sht40": "sht4x", "sht41": "sht4x", "sht43": "sht4x", "sht45": "sht4x",
    "scd40": "scd4x", "scd41": "scd4x", "scd43": "scd4x",
    "lm75a": "lm75", "lm75b": "lm75",
}  # fmt: skip


def _plain(name):
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


def _digits(name):
    return "".join([c for c in name if c.isdigit()])


def other_type(name):
    """How a sensor is configured that another type reads, in words, or None."""
    return _HINTS.get(_plain(name))


def chip(name, known, nearest):
    """The driver in `known` for a chip of this name, or None; `nearest(name, known)` finds one
    that is written alike. Chips whose numbers differ are different chips."""
    name = _plain(name)
    meant = _FAMILIES.get(name) or nearest(name, known)
    if meant not in known or (name not in _FAMILIES and _digits(meant) != _digits(name)):
        return None
    return meant
