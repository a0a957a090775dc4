# SPDX-License-Identifier: MIT
"""The configuration of type = "hwmon"."""

from ...schema.values import Duration, Text

DOC = "A hardware monitor of the kernel: temperatures, voltages, currents, powers, fans."

KEYS = {
    "device": Text(
        "The monitor: its chip's name (lm75), or if there are several its place on the bus "
        "(0000:01:00.0), its serial number or its path in /sys."
    ),
    "interval": Duration("How often a reading is made.", 100, 86400000, 30000),
}


def fields(_settings):
    return None
