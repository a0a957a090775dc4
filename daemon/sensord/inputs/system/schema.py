# SPDX-License-Identifier: MIT
"""The configuration of type = "system"."""

from ...schema.values import Duration, ExistingFolder
from ...values.field import Field

DOC = "The board itself: temperature, load, memory, disk, uptime."

KEYS = {
    "interval": Duration("How often a reading is made.", 100, 86400000, 30000),
    "path": ExistingFolder("The folder on the file system to report.", "/"),
}

_FIELDS = (
    # Beyond it, the driver reports a zone that is off.
    Field("cpu_temperature_c", (-55, 150)),
    Field("load_1min"),
    Field("load_5min"),
    Field("memory_used_percent", (0, 100)),
    Field("memory_available_mib"),
    Field("disk_used_percent", (0, 100)),
    Field("disk_free_mib"),
    Field("uptime_s"),
)


def fields(_settings):
    return _FIELDS
