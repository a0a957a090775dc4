# SPDX-License-Identifier: MIT
"""type = "system": the board itself. Temperature, load, memory, disk, uptime."""

import os

from linux.files import Attribute, read_text

from ..attributes import number, value
from ..interval import measure

# The kernel's names for the processor's own sensor, on Pis, other ARM boards and PCs.
_CPU_ZONES = ("cpu-thermal", "cpu_thermal", "soc-thermal", "soc_thermal", "x86_pkg_temp", "acpitz")
_CPU_HWMON = ("cpu_thermal", "coretemp", "k10temp", "zenpower")
_THERMAL = "/sys/class/thermal"
_HWMON = "/sys/class/hwmon"
_MIB = 1048576
_GRACE_MS = 10000


def _entries(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _cpu_thermometer():
    """(path of its attribute in m°C, its name in the kernel) of the processor's thermometer, or
    None."""
    zones = [e for e in _entries(_THERMAL) if e.startswith("thermal_zone")]
    types = {zone: read_text("%s/%s/type" % (_THERMAL, zone)) for zone in zones}
    for wanted in _CPU_ZONES:
        for zone in zones:
            if types[zone] == wanted:
                return "%s/%s/temp" % (_THERMAL, zone), wanted
    for entry in _entries(_HWMON):
        name = read_text("%s/%s/name" % (_HWMON, entry))
        if name in _CPU_HWMON:
            return "%s/%s/temp1_input" % (_HWMON, entry), name
    return ("%s/%s/temp" % (_THERMAL, zones[0]), types[zones[0]]) if zones else None


class Sensor:
    def __init__(self, settings):
        self._interval_ms = settings["interval"]
        self._path = settings["path"]
        self._thermometer = None  # as _cpu_thermometer() gives it
        self.deadline_ms = self._interval_ms + _GRACE_MS

    async def run(self, output):
        self._load = Attribute("/proc/loadavg")
        self._memory = Attribute("/proc/meminfo", 256)
        self._uptime = Attribute("/proc/uptime")
        try:
            await measure(self._measure, self._interval_ms, output)
        finally:
            for attribute in (self._load, self._memory, self._uptime):
                attribute.close()

    async def _measure(self):
        fields = []
        celsius = self._cpu_temperature()
        if celsius is not None:
            fields.append(("cpu_temperature_c", celsius))
        load = self._load.text().split()
        fields.append(("load_1min", float(load[0])))
        fields.append(("load_5min", float(load[1])))
        total, available = self._memory_kib()
        fields.append(("memory_used_percent", round(100 * (total - available) / total, 1)))
        fields.append(("memory_available_mib", available // 1024))
        block, fragment, blocks, free, available = os.statvfs(self._path)[:5]
        # As df counts: root's reserve is neither free nor used by files.
        used = blocks - free
        fields.append(("disk_used_percent", round(100 * used / ((used + available) or 1), 1)))
        fields.append(("disk_free_mib", available * (fragment or block) // _MIB))
        fields.append(("uptime_s", int(float(self._uptime.text().split()[0]))))
        return fields

    def _cpu_temperature(self):
        """Degrees Celsius, Invalid, or None for a board that has never had a thermometer."""
        # Opened each time: a driver may load after the daemon, unload and load again.
        found = self._thermometer
        millidegrees = number(found[0]) if found else None
        if millidegrees is None:
            now = _cpu_thermometer()
            # Another one that is left is not the processor's.
            if now and (found is None or now[1] == found[1]):
                self._thermometer = now
                millidegrees = number(now[0])
        if self._thermometer is None:
            return None
        # Some drivers answer EAGAIN or ENODATA while a zone is off: the rest is there.
        return value(millidegrees, 0, 1, 1000)

    def _memory_kib(self):
        """(MemTotal, MemAvailable) of proc(5), in its first lines."""
        total = available = 0
        for line in self._memory.text().split("\n"):
            if line.startswith("MemTotal:"):
                total = int(line.split()[1])
            elif line.startswith("MemAvailable:"):
                available = int(line.split()[1])
        return max(total, 1), available
