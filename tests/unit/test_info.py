# SPDX-License-Identifier: MIT
"""An overview of many boards knows from one message what each is and measures."""

import json

from sensord import __version__
from sensord.output.fields import Fields
from sensord.output.info import message
from sensord.values.field import Field

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
    info = json.loads(message(None, NOWHERE, SENSORS, _fields()))
    unknown = {"unit": None, "quantity": None}
    assert info["sensors"] == {
        "climate": {
            "type": "i2c",
            "interval_s": 60,
            "fields": {
                "temperature_c": {"unit": "°C", "quantity": "temperature"},
                "humidity_percent": {"unit": "%", "quantity": "humidity"},
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


def test_a_quantity_that_the_input_declares_counts_more_than_the_name():
    """A class may be called temperature_c, and its probability has no degrees."""
    fields = Fields()
    declared = [Field("temperature_c", quantity="probability")]
    fields.configure(SENSORS, {"activity": declared})
    fields.reading("activity", [("temperature_c", 0.5)])
    info = json.loads(message(None, NOWHERE, SENSORS, fields))
    shown = info["sensors"]["activity"]["fields"]["temperature_c"]
    assert shown == {"unit": None, "quantity": "probability"}


def test_the_host():
    host = {"organisation": 'The "Inn"', "location": "Straße 1", "room": None}
    info = json.loads(message("A board", host, {}, Fields()))
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
    assert json.loads(message(None, NOWHERE, {}, Fields(), at))["web"] == at


def test_equal_hosts_have_equal_messages():
    """Otherwise each start would look like a change."""
    assert message(None, NOWHERE, SENSORS, _fields()) == message(
        None, NOWHERE, dict(reversed(list(SENSORS.items()))), _fields()
    )
