# SPDX-License-Identifier: MIT
"""type = "serial": lines from a pseudo terminal, whole ones and others."""

import os
import time

from tables import table, values


class Line:
    """A pseudo terminal that a device writes to."""

    def __init__(self, folder):
        self.master, slave = os.openpty()
        self.path = os.ttyname(slave)
        self.slave = slave

    def send(self, text):
        os.write(self.master, text)


def test_lines_of_a_serial_port(sensord, tmp_path):
    """A meter that talks more than one wants to hear."""
    line = Line(tmp_path)
    readings = sensord(
        table(
            "meter", "serial", f'device = "{line.path}"',
            "pattern = '^E=([0-9.]+) kWh P=(-?[0-9]+) (.+)$'",
            'fields = ["energy_kwh", "power_w", "tariff"]', 'timeout = "3 s"',
        )
        + table("board", "system", 'interval = "500 ms"')
    )  # fmt: skip
    readings.wait("board")
    time.sleep(0.5)
    for part in (b"boot\r\nE=12.5 kW", b"h P=-340 T1\r\n\xff\xfe noise\nE=12.6 kWh P=7 T2\r\n"):
        line.send(part)
        time.sleep(0.1)
    found = [values(reading) for reading in readings.wait("meter", 2)]
    assert found == [
        {"energy_kwh": 12.5, "power_w": -340, "tariff": "T1"},
        {"energy_kwh": 12.6, "power_w": 7, "tariff": "T2"},
    ]
    # It falls silent, and speaks again.
    readings.daemon.wait_for_message("meter: no data for 3 s", 15)
    end = time.monotonic() + 20
    while len(readings.wait("meter", 2)) < 3 and time.monotonic() < end:
        line.send(b"E=13 kWh P=0 T1\n")
        time.sleep(0.2)
    assert values(readings.wait("meter", 3)[-1])["energy_kwh"] == 13


def test_a_serial_port_that_is_not_there(sensord):
    """A word about the port."""
    readings = sensord(
        table("no", "serial", 'device = "/dev/ttyNONE"', "pattern = '(.*)'", 'fields = ["a"]')
    )
    readings.daemon.wait_for_message("no: /dev/ttyNONE")
