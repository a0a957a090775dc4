# SPDX-License-Identifier: MIT
"""Announces made-up sensors to Home Assistant, and reads lists of what was announced; see
fuzzing.py for its command line.

Each entity must have a topic and an identifier of its own and a message in JSON, whatever the
names are. A list may be damaged in any way.
"""

import random

import fuzzing
from fuzzing import Choices
from mutations import mutated

from sensord.files.strict_json import loads
from sensord.mqtt.topics import Topics
from sensord.output.fields import Fields
from sensord.output.home_assistant.announced import MOST, Announced
from sensord.output.home_assistant.entities import Entities

NAMES = (
    "a", "a_b", "a b", "a.b", "temperature_c", "energy_kwh_total", "status", "", "\xe9",
    "\U0001f600", "\ud800", '"', "\\", "{{ x }}", "\n", "\0", "overload", "a" * 300,
)  # fmt: skip
# Names of sensors and actions are letters, digits, "_" and "-"; those of fields come from outside.
PLAIN = ("a", "a_b", "a-b", "b", "status", "a_status", "temperature_c", "1wire")
VALUES = (1, 0.5, True, "text", None)
LIST = b"node sensord-1\na homeassistant/sensor/n/a/config\n- sensord/pi/status\n"
WORDS = (
    b"node ", b"\n", b" ", b"- ", b"homeassistant/", b"/config", b"\xff", b"\xed\xa0\x80", b"\0",
    b"\r", b"x" * 2000,
)  # fmt: skip
SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


def make():
    if random.getrandbits(2) == 0:
        return b"\1" + mutated(LIST, WORDS)
    return b"\0" + fuzzing.random_bytes(80)


def name(choices):
    if choices.below(4):
        return choices.of(NAMES)
    return "".join([chr(choices.below(512)) for _ in range(choices.below(6))])


def entities(choices):
    """Entities, and how many there are."""
    fields = Fields()
    host = name(choices) or "host"
    names_of = fields.names_of if choices.below(2) else None
    topics = Topics("s/{host}/{sensor}", host)
    made = Entities(topics, {"name": host, "mdl": name(choices)}, "node", fields, "ha", names_of)
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
    return made, count + len(sensors) + 2 * len(actions)


def check(data):
    if data[:1] == b"\1":
        return check_list(data[1:])
    made, count = entities(Choices(data[1:]))
    messages = list(made.messages())
    assert len(messages) == count, "%d messages of %d entities" % (len(messages), count)
    topics = [topic for _, topic, _ in messages]
    assert topics == [topic for _, topic in made.topics()], "topics() gives others"
    assert len(set(topics)) == count, "a topic is there twice"
    for topic in topics:
        levels = topic.split("/")
        assert len(levels) == 5 and levels[3] and not [c for c in levels[3] if c not in SAFE], (
            topic
        )
    uniques = [(topic.split("/")[1], loads(text)["uniq_id"]) for _, topic, text in messages]
    assert len(set(uniques)) == count, "an identifier is there twice"
    return 1 + count


def check_list(data):
    path = "/tmp/fuzz-discovery-%08x" % random.getrandbits(30)
    try:
        with open(path, "wb") as file:
            file.write(data)
        found = Announced(path)
        assert found.trouble is None and len(found.topics) <= 2 * MOST
        before = dict(found.topics)
        found.save("node")
        assert found.trouble is None
        again = Announced(path).topics
        assert again == before, "another list"
    finally:
        found.remove()
    return 1 + len(before)


fuzzing.main("discovery", make, check)
