# SPDX-License-Identifier: MIT
"""Turns what programs print and devices send into readings; see fuzzing.py for its command line.

Any exception but Fault is a failure, a reading that is no JSON or no SenML, and lines that depend
on how they came in pieces.
"""

import re

import fuzzing
from fuzzing import Choices
from mutations import mutated

from sensord.errors import Fault
from sensord.files.strict_json import loads
from sensord.inputs.command import sensor as command
from sensord.inputs.serial import sensor as serial
from sensord.output import reading, senml
from sensord.values.checked import CheckedValues

OUTPUTS = (
    b"21.5\n",
    b'{"temperature_c": 21.5, "id": "28-00", "deep": {"x": [1], "y": null, "power_kw": 1e308}}',
    b'{"time": 1, "a": true, "a_b": 1, "a": {"b": 2}, "\\ud800": "\\ud800", "": 1}\n',
)
STREAM = b"x\r\nT=21.5 H=48%\nT=-3 H=nan\r\n\0T=1e400 H=\xff\n" + b"y" * 1025 + b"\nT=1 H=2\n"
WORDS = (
    b"\n", b"\r", b"\0", b"nan", b"inf", b"-", b"1e999", b"9" * 70, b"{", b"}", b"[", b"]", b'"',
    b":",
    b",", b"\\ud800", b"\xff", b"\xc3\xa9", b"\x1b[2J", b" ", b"T=", b"H=", b"null", b"_",
    b"z" * 600,
)  # fmt: skip
PATTERN_TEXT = "T=([^ ]*) H=([^%]*)"
PATTERN = re.compile(PATTERN_TEXT)
NAMES = ("temperature_c", "humidity_percent")
LONGEST = 1024


class Output:
    """Takes the readings of a sensor, as the supervisor does."""

    def __init__(self):
        self.readings = []

    def reading(self, fields):
        self.readings.append(fields)

    def beat(self):
        pass


def make():
    kind = fuzzing.random.getrandbits(1)
    data = STREAM if kind else OUTPUTS[fuzzing.random.getrandbits(8) % len(OUTPUTS)]
    return bytes((kind, fuzzing.random.getrandbits(8))) + mutated(data, WORDS)


def check_reading(fields):
    """A reading is one JSON object without doubles, and the same values as SenML."""
    warnings = []
    checked = CheckedValues("x", warn=warnings.append).check(fields)
    text = reading.head("t", 0, "a", True) + reading.fields_text(checked)
    found = loads(text)
    assert len(found) == 2 + len(checked), "a name is missing"
    for name, value in checked:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            other = found[reading_name(name)]
            assert abs(other - value) <= 1e-14 * abs(value), "%r became %r" % (value, other)
    records = loads(senml.head("t", 0, "a", True) + senml.fields_text(checked))
    names = [record["n"] for record in records]
    assert len(set(names)) == len(names), "a name is there twice"
    for record in records:
        assert "bn" in record or sum([key in record for key in ("v", "vs", "vb")]) == 1, record
        assert record.get("v", 0) is not None, "a value that is none"
    assert all(len(warning) < 5000 for warning in warnings)
    return 1


def reading_name(name):
    """The name as it is on the wire: half of a surrogate pair is U+FFFD there."""
    return "".join(["\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in name])


def check_command(data, is_text):
    try:
        fields = command.parse(data, is_text)
    except Fault as fault:
        assert len(str(fault)) < 1000
        return 0
    return check_reading(fields)


def lines_of(stream):
    """The reference: whole lines, without the first and those that are too long."""
    lines = stream.replace(b"\r", b"\n").split(b"\n")[1:-1]
    return [line for line in lines if len(line) <= LONGEST]


def matches(line):
    try:
        return PATTERN.match(line)
    except RuntimeError:
        # The interpreter's matcher calls itself for each character: the daemon passes it over.
        return None


def check_serial(stream, size):
    settings = {
        "name": "x", "timeout": 60000, "pattern": PATTERN_TEXT, "fields": NAMES, "values": {},
    }  # fmt: skip
    sensor, output, lines = serial.Sensor(settings), Output(), serial.Lines()
    found = []
    for start in range(0, len(stream), size):
        found += lines.feed(stream[start : start + size])
    assert [bytes(line) for line in found] == lines_of(stream), "other lines"
    for line in found:
        sensor._take(line, output)
    for fields in output.readings:
        check_reading(fields)
    sensor._shown()
    least = sum([1 for line in found if min(line + b"z") >= 32 and matches(line)])
    assert len(output.readings) >= least, "a line that matches gave no reading"
    return len(output.readings)


def check(data):
    choices = Choices(data)
    kind, how = choices.byte(), choices.byte()
    if kind % 2:
        return check_serial(data[2:], how + 1)
    return check_command(data[2:], how % 4 == 0)


fuzzing.main("device_readings", make, check)
