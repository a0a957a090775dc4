# SPDX-License-Identifier: MIT
"""type = "serial": lines from a pseudo terminal, whole ones and others."""

import os
import threading
import time

from support import wait_until
from tables import table, values


class Line:
    """A pseudo terminal that a device writes to."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        self.path = os.ttyname(self.slave)

    def send(self, text):
        while text:
            text = text[os.write(self.master, text) :]

    def unplug(self):
        """As a USB adapter that is pulled out: the port hangs up, and is gone."""
        os.close(self.slave)
        os.close(self.master)


def port(name, device, pattern, *lines, fields=("v",), timeout="60 s"):
    """The table of a serial sensor; `device` is a Line or a path."""
    return table(
        name, "serial", f'device = "{getattr(device, "path", device)}"',
        f"pattern = '{pattern}'", f"fields = {list(fields)}", f'timeout = "{timeout}"', *lines,
    )  # fmt: skip


def opened(readings, count=1):
    """Waits until the daemon has opened its ports: another sensor of it has measured, and the
    first line, which is left out, was sent meanwhile."""
    readings.wait("board", count)
    time.sleep(0.3)


BOARD = table("board", "system", 'interval = "200 ms"')


def test_lines_of_a_serial_port(sensord):
    """A meter that talks more than one wants to hear."""
    line = Line()
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


_T = "^T=(.*)$"
_NUMBER = '[sensor.%s.values.v]\nkind = "number"'
_TEXT = '[sensor.%s.values.v]\nkind = "text"'

# (name, pattern, more lines of the table, what is sent after the first line, values or None)
SENT = [
    ("first", "^([0-9.]+)$", "", b"1023.5\r\n1023.6\r\n", [1023.5, 1023.6]),
    ("cr", _T, "", b"T=1\rT=2\r", [1, 2]),
    ("lf", _T, "", b"T=1\nT=2\n", [1, 2]),
    ("empty", _T, "", b"\r\n\r\n\n\rT=1\r\n\r\n", [1]),
    ("no_end", _T, "", b"T=1\nT=2", [1]),
    ("nul_inside", "^T=([0-9]+)", "", b"T=1\x002.5\nT=3\n", [3]),
    ("nul_around", _T, "", b"\x00\x00T=1\x00\r\nT=2\n", [1, 2]),
    ("binary", _T, "", bytes(range(256)).replace(b"T", b"") + b"\nT=4\n", [4]),
    ("frame", "^.([0-9]+).$", _TEXT, b"\x020012\x03\r\n", ["0012"]),
    ("tab", "^T=(.*)$", _TEXT, b"T=a\tb\n", ["a\tb"]),
    ("space", "^T=(\\d+)\\s(\\d+)$", "", b"T=1\t2\nT=3 4\nT=5x6\n", [1, 3]),
    ("utf8", "^T=(.+) °C (.+)$", "", "T=21.5 °C Küche\n".encode(), [21.5]),
    ("utf8_text", _T, _TEXT, "T=Küche 日本\n".encode(), ["Küche 日本"]),
    ("latin1", _T, _TEXT, b"T=K\xfcche\nT=\xed\xa0\x80\xc0\x80\n", ["K?che", "?????"]),
    ("half", "^T=(.)", _TEXT, "T=ü\n".encode(), ["?"]),
    ("tag", _T, _TEXT, b"T=0004598721\nT=12E5\nT=1_000\nT=inf\n",
     ["0004598721", "12E5", "1_000", "inf"]),
    ("either", _T, "", b"T=0004598721\nT=12E5\nT=1_000\nT=0x10\nT=+5\nT=.5\nT=-.5\nT=5.\n",
     [4598721, 1200000.0, "1_000", "0x10", 5, 0.5, -0.5, 5]),
    ("words", _T, "", b"T=nan\nT=-INF\nT=Infinity\nT=\nT=on\n", [None, None, None, "", "on"]),
    ("number", _T, _NUMBER, b"T=nan\nT=0x10\nT=1_0\nT=\nT=1,5\nT=1e400\nT=7\nT= 8 \n",
     [None, None, None, None, None, None, 7, 8]),
    ("digits", _T, "", b"T=" + b"9" * 400 + b"\nT=" + b"9" * 400 + b".5\nT=9223372036854775807\n",
     [None, None, 9223372036854775807]),
    ("fifteen", _T, "", b"T=123456789.012345\nT=-0.1\n", [123456789.012345, -0.1]),
    ("group", "^T=(\\d+)?;$", "", b"T=;\nT=5;\n", [None, 5]),
    ("long", ".*T=(.*)$", "",
     b"T=" + b"1" * 1022 + b"\n" + b"x" * 1000 + b"\nT=" + b"2" * 1023 + b"\n"
     + b"y" * 100000 + b"\nT=3\n", None),
]  # fmt: skip


def test_what_devices_send(sensord):
    """Each line is a reading or is passed over; none is cut, joined or taken for another."""
    lines = {name: Line() for name, *_ in SENT}
    readings = sensord(
        "".join(
            port(
                name, lines[name], pattern, more and more % name,
                fields=("v", "w")[: pattern.count("(")],
            )
            for name, pattern, more, _, _ in SENT
        )
        + BOARD
    )  # fmt: skip
    opened(readings)
    for name, _, _, sent, _ in SENT:
        # The port was opened in the middle of this line.
        lines[name].send(b"T=99\r\n" + sent + b"T=")
    for name, _, _, _, expected in SENT:
        if expected is not None:
            found = wait_until(
                lambda: len(readings.of(name)) >= len(expected) and readings.of(name),  # noqa: B023
                10, name + readings.daemon.messages(),
            )  # fmt: skip
            assert [reading["v"] for reading in found] == expected, name
    # Lines of 1024 characters are taken, longer ones are not.
    wait_until(lambda: readings.of("long"), 10, "the line behind the long ones")
    wait_until(lambda: readings.of("long")[-1]["v"] == 3, 10, "the last line")
    assert len(readings.of("long")) == 2, readings.of("long")
    messages = readings.daemon.messages()
    assert "long: lines of more than 1024 bytes are passed over" in messages
    assert "mistake" not in messages and "Traceback" not in messages
    assert readings.of("half") and "number: v is null: the device sent 'nan'" in messages
    assert "words: v is null: the device sent 'nan'" in messages


def test_a_flood_leaves_the_others_their_turn(sensord):
    """A device that never pauses, whatever it sends."""
    flood, noise = Line(), Line()
    readings = sensord(
        port("flood", flood, "^T=([0-9]+)$") + port("noise", noise, "^T=([0-9]+)$") + BOARD
    )
    opened(readings)
    end = time.monotonic() + 3
    before = len(readings.of("board"))

    def send(line, text):
        os.set_blocking(line.master, False)
        while time.monotonic() < end:
            try:
                os.write(line.master, text)
            except BlockingIOError:
                time.sleep(0.001)

    threads = [
        threading.Thread(target=send, args=(flood, b"T=12345\r\n" * 100)),
        threading.Thread(target=send, args=(noise, bytes(range(14, 255)) * 4)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(readings.of("board")) - before >= 8, "of 15 in 3 s"
    assert {reading["v"] for reading in readings.of("flood")} <= {12345}
    # 1000 at once, and 100 in each of three seconds and what the threads take to start.
    assert 1000 <= len(readings.of("flood")) <= 1500
    readings.daemon.wait_for_message("flood: more than 100 readings a second: some are left out")
    assert readings.daemon.memory_kb()["Private"] < 2500


def test_noise_of_a_wrong_baud_rate_is_told(sensord):
    """Bytes without a line's end, lines that are too long, and lines that nothing matches."""
    lines = [Line() for _ in range(4)]
    names = ("endless", "long", "other", "within")
    readings = sensord(
        "".join(
            port(name, line, "^T=(.+)$", timeout="1 s")
            for name, line in zip(names, lines, strict=True)
        ).replace("^T=(.+)$", "T=(.+)$")
        + BOARD
    )
    opened(readings)
    for _ in range(8):
        lines[0].send(b"\xf8\x80\x78" * 20)
        lines[1].send(b"T=" + b"1" * 2000 + b"\n")
        lines[2].send(b"H=41\r\nH=\x0042\r\n")
        lines[3].send(b"x T=41\r\n")
        time.sleep(0.2)
    for text in (
        "and no whole line: is the baudrate right?",
        "and no whole line of at most 1024 bytes: is the baudrate right?",
        "none matches the pattern; the last: 'H=",
        "none matches the pattern from its start (.* passes over the beginning); the last: 'x T=",
    ):
        readings.daemon.wait_for_message(text)
    assert not any(readings.of(name) for name in names)


def test_a_line_that_is_joined_halfway_after_each_reconnect(sensord, tmp_path):
    """Unplugged, and back under the same name: nothing of a cut line is taken."""
    first = Line()
    link = tmp_path / "port"
    link.symlink_to(first.path)
    readings = sensord(port("meter", link, "^([0-9.]+)$") + BOARD)
    opened(readings)
    first.send(b"3.5\r\n1023.5\r\n10")
    readings.wait("meter", 1)
    first.unplug()
    readings.daemon.wait_for_message(f"meter: {link}")
    wait_until(lambda: readings.of("meter")[-1]["v"] is None, 5, "a null")
    second = Line()
    link.unlink()
    link.symlink_to(second.path)
    end = time.monotonic() + 10
    while len(readings.of("meter")) < 4 and time.monotonic() < end:
        # The daemon opens the port in the middle of a line.
        second.send(b"24.5\r\n10")
        time.sleep(0.2)
    found = [reading["v"] for reading in readings.of("meter")]
    assert found[:2] == [1023.5, None] and set(found[2:]) == {1024.5}
    assert len(readings.of("board")) > 5


EVIL = {
    "alternatives": "(a|a)*b(.*)$",
    "nested": "(a*)*b(.*)$",
    "overlap": "(a|aa)+b(.*)$",
    "row": "a*a*a*a*a*b(.*)$",
    "any": "(.*)(.*)(.*)(.*)b(.*)$",
    "digits": "([0-9a]+)*b(.*)$",
}


def test_patterns_that_take_for_ever_elsewhere(sensord):
    """Lines on which other matchers try every way, for years, take no time."""
    lines = {name: Line() for name in EVIL}
    readings = sensord(
        "".join(
            port(name, lines[name], pattern, fields=["f%d" % i for i in range(pattern.count("("))])
            for name, pattern in EVIL.items()
        )
        + BOARD
    )
    opened(readings)
    before = len(readings.of("board"))
    for line in lines.values():
        line.send(b"\n" + (b"a" * 1000 + b"\n") * 5 + b"aaaaab7\n")
    for name, pattern in EVIL.items():
        found = values(readings.wait(name, 1)[0])
        assert found["f%d" % (pattern.count("(") - 1)] == 7, (name, found)
    readings.wait("board", before + 5, timeout_s=4)
