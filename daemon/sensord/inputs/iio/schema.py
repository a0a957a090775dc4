# SPDX-License-Identifier: MIT
"""The configuration of type = "iio"."""

from ...schema.compound import Several
from ...schema.values import Duration, Text

DOC = (
    "A measurement by a kernel driver, through IIO: converters, and chips in an "
    "overlay. Prefer it where a driver exists: the kernel shares the chip."
)

KEYS = {
    "device": Text(
        "The device: its chip's name (bme280), or if there are several its place on the bus "
        "(1-0076), its label or its path in /sys."
    ),
    "channels": Several(
        "The channels, such as temp or voltage0; all if not given.", Text(""), None
    ),
    "interval": Duration("How often a reading is made.", 100, 86400000, 30000),
}


def fields(_settings):
    return None
