# SPDX-License-Identifier: MIT
"""The daemon's memory, processor time and delivery: a reading, and a file for Prometheus."""

import asyncio
import gc
import os
import time

from linux import libc
from linux.files import Attribute

from .. import log
from .reading import encode

_STAT = "/proc/self/stat"
_SMAPS = "/proc/self/smaps_rollup"
_CLOCK_TICKS = 100  # USER_HZ of proc(5), the same on all of Linux's architectures here

# Fields of the reading: Prometheus' name, kind, unit's factor, help.
_PROMETHEUS = (
    ("queue_depth", "sensord_outbox_readings", "gauge", 1, "Readings waiting."),
    ("queue_kib", "sensord_outbox_bytes", "gauge", 1024, "Size of the waiting readings."),
    ("dropped", "sensord_outbox_dropped_total", "counter", 1, "Readings lost for want of room."),
    (
        "refused",
        "sensord_outbox_refused_total",
        "counter",
        1,
        "Messages set aside because the broker does not take them.",
    ),
    (
        "oversized",
        "sensord_mqtt_oversized_total",
        "counter",
        1,
        "Messages to sensord that were too large to be read.",
    ),
    ("damaged", "sensord_outbox_damaged_total", "counter", 1, "Readings damaged on disk."),
    (
        "disk_written_kib",
        "sensord_disk_written_bytes_total",
        "counter",
        1024,
        "Outbox data written to disk.",
    ),
    ("http_queue_depth", "sensord_http_outbox_readings", "gauge", 1, "Readings for HTTP waiting."),
    ("http_queue_kib", "sensord_http_outbox_bytes", "gauge", 1024, "Size of these."),
    ("http_sent", "sensord_http_sent_total", "counter", 1, "Readings the HTTP server took."),
    ("http_refused", "sensord_http_refused_total", "counter", 1, "Readings it refused."),
    ("http_dropped", "sensord_http_dropped_total", "counter", 1, "Those lost for want of room."),
    ("connects", "sensord_mqtt_connects_total", "counter", 1, "Connections to a broker."),
    ("overruns", "sensord_overruns_total", "counter", 1, "Gaps in the sensors' data."),
    ("restarts", "sensord_sensor_restarts_total", "counter", 1, "Sensors started again."),
    ("commands_refused", "sensord_commands_refused_total", "counter", 1, "Commands not obeyed."),
    ("gc_ms", "sensord_gc_seconds", "gauge", 0.001, "How long a garbage collection takes."),
    ("rss_kib", "sensord_resident_memory_bytes", "gauge", 1024, "Resident memory."),
    ("private_kib", "sensord_private_memory_bytes", "gauge", 1024, "Memory no file backs."),
    ("cpu_s", "sensord_cpu_seconds_total", "counter", 1, "Processor time used."),
)


class Metrics:
    """Counts, measures and publishes. Counters count from the daemon's start and never fall.

    Attributes: commands_refused, the commands to outputs that were not obeyed; more, None or a
    function that returns more fields, a list of (name, value).
    """

    def __init__(self, outbox, link, supervisor):
        """`link` has the counters connects, refused and oversized, `supervisor` has restarts."""
        self._outbox = outbox
        self._link = link
        self._supervisor = supervisor
        self._stat = Attribute(_STAT, 512)
        self._smaps = Attribute(_SMAPS, 1024)
        self._settings = None
        self._trouble = None
        self._overruns = 0
        self.commands_refused = 0
        self.more = None

    def configure(self, settings):
        """Sets a checked [metrics] table."""
        self._settings = settings

    def count(self, fields):
        """Counts the overruns or gaps in a reading of a sensor."""
        for name, value in fields:
            if name in ("overruns", "gaps") and isinstance(value, int) and value > 0:
                self._overruns += value

    def count_refusal(self):
        """Counts a command to an output that is not obeyed."""
        self.commands_refused += 1

    async def run(self):
        """Publishes at the interval until it is cancelled."""
        while True:
            await asyncio.sleep_ms(self._settings["interval"])
            fields = self.fields()
            if self._link.topics is not None:
                # With QoS 1 a broker can refuse it; it ends the connection for QoS 0.
                self._link.post(self._link.topics.host_metrics(), encode(fields), False, 1)
            if self._settings["textfile"] is not None:
                self._write(self._settings["textfile"], fields)

    def _write(self, path, fields):
        before, self._trouble = self._trouble, None
        try:
            write_textfile(path, fields)
        except OSError as error:
            self._trouble = log.reason(error)
            if self._trouble != before:
                log.error("[metrics] textfile: " + self._trouble)

    def fields(self):
        """The reading, a list of (name, value)."""
        outbox = self._outbox
        # It takes as long as an automatic collection, which cannot be measured.
        start_us = time.ticks_us()
        gc.collect()
        gc_us = time.ticks_diff(time.ticks_us(), start_us)
        rss_kib, private_kib = self._memory_kib()
        fields = [
            ("queue_depth", len(outbox)),
            ("queue_kib", outbox.bytes // 1024),
            ("queue_on_disk", outbox.on_disk),
            ("dropped", outbox.dropped),
            ("refused", outbox.refused + self._link.refused),
            ("oversized", self._link.oversized),
            ("damaged", outbox.damaged),
            ("disk_written_kib", outbox.written_bytes // 1024),
            ("connects", self._link.connects),
            ("overruns", self._overruns),
            ("restarts", self._supervisor.restarts),
            ("commands_refused", self.commands_refused),
            ("gc_ms", round(gc_us / 1000, 2)),
            ("rss_kib", rss_kib),
            ("private_kib", private_kib),
            ("cpu_s", self._cpu_s()),
        ]
        return fields if self.more is None else fields + self.more()

    def _memory_kib(self):
        """(Rss, Anonymous) of proc(5)'s smaps_rollup."""
        values = {}
        for line in self._smaps.text().split("\n")[1:]:
            words = line.split()
            if words and words[0] in ("Rss:", "Anonymous:"):
                values[words[0]] = int(words[1])
        return values.get("Rss:"), values.get("Anonymous:")

    def _cpu_s(self):
        # utime and stime; the name before them may have blanks and parentheses.
        words = self._stat.text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / _CLOCK_TICKS


def write_textfile(path, fields):
    """Replaces the file in one step: no collector reads half of it. Raises OSError."""
    values = dict(fields)
    lines = []
    for field, name, kind, factor, text in _PROMETHEUS:
        if values.get(field) is not None:
            lines.append("# HELP %s %s\n# TYPE %s %s\n" % (name, text, name, kind))
            lines.append("%s %.10g\n" % (name, values[field] * factor))
    # Collectors ignore files whose names do not end in .prom.
    before = libc.umask(0o022)
    try:
        # The collector runs as another user.
        with open(path + ".new", "wb") as file:
            file.write("".join(lines).encode())
    finally:
        libc.umask(before)
    os.rename(path + ".new", path)
