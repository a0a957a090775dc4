# SPDX-License-Identifier: MIT
"""Announces made-up sensors to Home Assistant, and reads back what a broker retained; see
fuzzing.py for its command line.

The announcement must be JSON with one component for each field, whatever the names are, and any
message that comes back must neither raise an exception nor get into the next announcement as
anything but the withdrawal of a component.
"""

import random

import fuzzing
from fuzzing import Choices
from mutations import mutated

from sensord.files.strict_json import loads
from sensord.mqtt.topics import Topics
from sensord.output.fields import Fields
from sensord.output.home_assistant import Announcement

NAMES = (
    "a", "a_b", "a b", "a.b", "temperature_c", "energy_kwh_total", "status", "", "\xe9",
    "\U0001f600", "\ud800", '"', "\\", "{{ x }}", "\n", "\0", "overload", "a" * 300,
)  # fmt: skip
# Names of sensors and actions are letters, digits, "_" and "-"; those of fields come from outside.
PLAIN = ("a", "a_b", "a-b", "b", "status", "a_status", "temperature_c", "1wire")
VALUES = (1, 0.5, True, "text", None)
RETAINED = (
    b'{"dev": {}, "cmps": {"a_temperature_c": {"p": "sensor", "~": "s/h/a"}, '
    b'"gone": {"p": "switch"}}}'
)
WORDS = (
    b"{", b"}", b"[", b"]", b'"', b":", b",", b"null", b"1", b'"p"', b'"~"', b"[]", b"{}",
    b'"cmps"',
    b'"stat_t"', b"\\ud800", b"\xff", b"\0", b"true", b'"a\\"b": {"p": "x"}',
)  # fmt: skip


def make():
    if random.getrandbits(2) == 0:
        return b"\1" + mutated(RETAINED, WORDS)
    return b"\0" + fuzzing.random_bytes(80)


def name(choices):
    if choices.below(4):
        return choices.of(NAMES)
    return "".join([chr(choices.below(512)) for _ in range(choices.below(6))])


def announcement(choices):
    """An Announcement, and how many fields were shown."""
    fields = Fields()
    host = name(choices) or "host"
    made = Announcement(Topics("s/{host}/{sensor}", host), host, host, fields, name(choices))
    sensors, actions = {}, {}
    for _ in range(choices.below(4)):
        sensors[choices.of(PLAIN)] = {"interval": choices.below(3) * 500}
    for _ in range(choices.below(3)):
        action = choices.of(PLAIN)
        # A sensor and an action never have one name: they share the topic.
        if action not in sensors:
            actions[action] = {"pwm": choices.of((None, 0)), "publish": None}
    fields.configure(sensors)
    made.configure(sensors, actions)
    for sensor in sensors:
        shown = [(name(choices), choices.of(VALUES)) for _ in range(choices.below(6))]
        fields.reading(sensor, shown)
    count = sum([len(fields.of(sensor)) for sensor in sensors])
    return made, count, len(sensors) + 2 * len(actions)


def check(data):
    if data[:1] == b"\1":
        retained, choices = data[1:], Choices(data[-40:])
    else:
        choices = Choices(data[1:])
        retained = None
    made, count, others = announcement(choices)
    message = loads(made.message())
    found = len(message["cmps"])
    assert found == count + others, "%d components of %d" % (found, count + others)
    uniques = [part["uniq_id"] for part in message["cmps"].values()]
    assert len(set(uniques)) == len(uniques), "an identifier is there twice"
    gone = made.withdrawn(made.message() if retained is None else retained)
    assert retained is not None or not gone, "withdrawn, although it is there"
    later = loads(made.message(gone))["cmps"]
    assert len(later) == found + len(gone), "%d components of %d" % (len(later), found + len(gone))
    for key, platform in gone:
        assert later[key] == {"p": platform}
    return 1 + len(gone)


fuzzing.main("discovery", make, check)
