# SPDX-License-Identifier: MIT
"""Home Assistant shows each value with its unit, and removes values that have no source."""

import json

from sensord.output.fields import Fields
from sensord.output.home_assistant import Announcement, expiry_s

INTERPRETERS = ("cpython", "sensord")


class _Topics:
    def reading(self, sensor):
        return "sensord/pi/" + sensor

    def sensor_status(self, sensor):
        return "sensord/pi/" + sensor + "/status"

    def host_status(self):
        return "sensord/pi/status"


def _announced(readings, sensors=None, actions=None):
    known = Fields()
    announcement = Announcement(_Topics(), "pi", "sensord-pi 1", known)
    sensors = sensors or {name: {"interval": 1000} for name, _ in readings}
    known.configure(sensors)
    announcement.configure(sensors, actions or {})
    for name, fields in readings:
        known.reading(name, fields)
    return announcement


def _components(announcement):
    return json.loads(announcement.message())["cmps"]


def test_a_temperature_has_unit_and_class():
    components = _components(_announced([("climate", [("temperature_c", 21.5)])]))
    temperature = components["climate_temperature_c"]
    assert temperature["name"] == "climate temperature"
    assert temperature["unit_of_meas"] == "°C"
    assert temperature["dev_cla"] == "temperature"
    assert temperature["stat_cla"] == "measurement"
    assert temperature["val_tpl"] == '{{ value_json["temperature_c"] }}'
    assert temperature["exp_aft"] == 33
    assert components["climate_status"]["stat_t"] == "sensord/pi/climate/status"


def test_units_by_the_end_of_the_name():
    for field, name, unit, device_class, state_class in (
        ("humidity_percent", "humidity", "%", "humidity", "measurement"),
        ("disk_used_percent", "disk used", "%", None, "measurement"),
        ("velocity_rms_mm_s", "velocity rms", "mm/s", "speed", "measurement"),
        ("rain_mm_total", "rain total", "mm", "precipitation", "total_increasing"),
        ("uptime_s", "uptime", "s", "duration", "total_increasing"),
        ("count_total", "count total", None, None, "total_increasing"),
        ("laeq_db", "laeq", "dB", "sound_pressure", "measurement"),
        ("load_1min", "load 1min", None, None, "measurement"),
    ):
        components = _components(_announced([("x", [(field, 1)])]))
        component = components["x_" + field]
        assert component["name"] == "x " + name
        assert component.get("unit_of_meas") == unit, field
        assert component.get("dev_cla") == device_class, field
        assert component["stat_cla"] == state_class, field


def test_text_and_truth():
    components = _components(
        _announced([("door", [("label", "cat"), ("overload", False), ("gaps", 0)])])
    )
    assert "stat_cla" not in components["door_label"]
    assert components["door_overload"]["p"] == "binary_sensor"
    assert components["door_overload"]["ent_cat"] == "diagnostic"
    assert components["door_gaps"]["ent_cat"] == "diagnostic"


def test_a_field_is_announced_once_it_has_a_value():
    known = Fields()
    announcement = Announcement(_Topics(), "pi", "sensord-pi 1", known)
    for part in (known.configure, lambda sensors: announcement.configure(sensors, {})):
        part({"x": {"interval": 1000}})
    known.reading("x", [("temperature_c", None)])
    assert list(_components(announcement)) == ["x_status"]
    assert not announcement.changed
    known.reading("x", [("temperature_c", 20.0)])
    assert announcement.changed
    assert "x_temperature_c" in _components(announcement)
    known.reading("x", [("temperature_c", 21.0)])
    assert not announcement.changed


def test_a_label_may_be_any_text():
    components = _components(_announced([("x", [('a "b" c', 0.5)])]))
    assert components["x_a__b__c"]["val_tpl"] == '{{ value_json["a \\"b\\" c"] }}'


def test_outputs_are_switches_and_numbers():
    actions = {
        "fan": {"pwm": 0, "publish": None},
        "valve": {"pwm": None, "publish": None},
        "alarm": {"pwm": None, "publish": "x/y"},
    }
    components = _components(_announced([], {}, actions))
    assert components["valve"]["p"] == "switch" and components["valve"]["cmd_t"] == "~/set"
    assert components["fan"]["p"] == "number" and components["fan"]["unit_of_meas"] == "%"
    assert components["fan_status"]["stat_t"] == "sensord/pi/fan/status"
    assert "alarm" not in components


def test_values_no_longer_measured_are_removed():
    before = _announced([("a", [("x_c", 1)]), ("b", [("flag", True)])]).message()
    now = _announced([("a", [("x_c", 1)])])
    gone = now.withdrawn(before)
    assert sorted(gone) == [("b_flag", "binary_sensor"), ("b_status", "sensor")]
    components = json.loads(now.message(gone))["cmps"]
    assert components["b_flag"] == {"p": "binary_sensor"}
    assert components["a_x_c"]["p"] == "sensor"
    assert now.withdrawn(now.message()) == []


def test_a_message_from_another_source_removes_nothing():
    now = _announced([("a", [("x_c", 1)])])
    for foreign in (b"", b"{", b"[]", b"null", b'{"cmps": 1}', b'{"cmps": {"a": 1}}', b"\xff"):
        assert now.withdrawn(foreign) == [], foreign


def test_a_value_expires_after_a_few_intervals_unless_it_comes_from_a_recording():
    assert expiry_s({"interval": 60000}) == 210
    assert expiry_s({"hop": 1000}) == 33
    assert expiry_s({"interval": 1000, "replay": "x.wav"}) is None
    assert expiry_s({"timeout": 1000}) is None
