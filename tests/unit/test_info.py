# SPDX-License-Identifier: MIT
"""An overview of many boards knows from one message what each is and measures."""

import json

from sensord import __version__
from sensord.output.fields import Fields
from sensord.output.info import describe, message

INTERPRETERS = ("cpython", "sensord")

NOWHERE = {"organisation": None, "location": None, "room": None}
SENSORS = {
    "climate": {"type": "i2c", "interval": 60000},
    "activity": {"type": "motion", "window": 2000, "hop": 500},
    "line": {"type": "serial"},
}


def _fields():
    fields = Fields()
    fields.configure(SENSORS)
    fields.reading("climate", [("temperature_c", 21.5), ("humidity_percent", 40), ("x", 1)])
    fields.reading("activity", [("label", "squat"), ("class_a", True)])
    return fields


def test_sensors_with_their_fields():
    asked = []

    def describe(sensor, field):
        asked.append((sensor, field))
        return ("temperature", "°C") if field == "temperature_c" else (None, None)

    info = json.loads(message(None, NOWHERE, SENSORS, _fields(), describe))
    unknown = {"unit": None, "quantity": None}
    assert info["sensors"] == {
        "climate": {
            "type": "i2c",
            "interval_s": 60,
            "fields": {
                "temperature_c": {"unit": "°C", "quantity": "temperature"},
                "humidity_percent": unknown,
                "x": unknown,
            },
        },
        "activity": {
            "type": "motion",
            "interval_s": 0.5,
            "fields": {"label": unknown, "class_a": unknown},
        },
        "line": {"type": "serial", "interval_s": None, "fields": {}},
    }
    # Texts and truths have no unit, whatever they are called.
    assert [sensor for sensor, _ in asked] == ["climate"] * 3


def test_the_host():
    host = {"organisation": 'The "Inn"', "location": "Straße 1", "room": None}
    info = json.loads(message("A board", host, {}, Fields(), describe))
    assert info == {
        "version": __version__,
        "board": "A board",
        "organisation": 'The "Inn"',
        "location": "Straße 1",
        "room": None,
        "web": None,
        "sensors": {},
    }
    at = "http://192.0.2.1:8080/"
    assert json.loads(message(None, NOWHERE, {}, Fields(), describe, at))["web"] == at


def test_equal_hosts_have_equal_messages():
    """Or each start would be news to whoever compares."""
    assert message(None, NOWHERE, SENSORS, _fields(), describe) == message(
        None, NOWHERE, dict(reversed(list(SENSORS.items()))), _fields(), describe
    )


def test_a_unit_is_that_of_the_value_as_it_is_published():
    assert describe("x", "temperature_c") == ("temperature", "Cel")
    # SenML has metres a second, the reading millimetres.
    assert describe("x", "velocity_rms_mm_s") == (None, None)
    assert describe("x", "count") == (None, None)
