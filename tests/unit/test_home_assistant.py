# SPDX-License-Identifier: MIT
"""Home Assistant shows each value with its unit, under an identifier that no other has."""

import json

from sensord.output.fields import Fields
from sensord.output.home_assistant.entities import Entities, expiry_s, object_id
from sensord.values.field import classifier

INTERPRETERS = ("cpython", "sensord")
NODE = "sensord-1"
DEVICE = {"name": "pi", "mdl": "A board"}
PLAIN = {"kind": None, "valid": None, "unit": None, "class": None, "digits": None}


class _Topics:
    def reading(self, sensor):
        return "sensord/pi/" + sensor

    def sensor_status(self, sensor):
        return "sensord/pi/" + sensor + "/status"

    def host_status(self):
        return "sensord/pi/status"


def _entities(readings, sensors=None, actions=None, senml=False, declared=None):
    known = Fields()
    names_of = known.names_of if senml else None
    entities = Entities(_Topics(), DEVICE, NODE, known, "homeassistant", names_of)
    sensors = sensors or {name: {"interval": 1000} for name, _ in readings}
    known.configure(sensors, declared)
    entities.configure(sensors, actions or {})
    for name, fields in readings:
        known.reading(name, fields)
    return entities


def _found(entities):
    """{"platform/object": message}"""
    found = {}
    for _, topic, message in entities.messages():
        prefix, platform, node, identifier, config = topic.split("/")
        assert (prefix, node, config) == ("homeassistant", NODE, "config")
        assert topic not in found
        found[platform + "/" + identifier] = json.loads(message)
    assert sorted(topic for _, topic in entities.topics()) == sorted(
        topic for _, topic, _ in entities.messages()
    )
    return found


def test_a_temperature_has_unit_and_class():
    found = _found(_entities([("climate", [("temperature_c", 21.5)])]))
    temperature = found["sensor/climate-temperature_c"]
    assert temperature["name"] == "climate temperature"
    assert temperature["unit_of_meas"] == "°C"
    assert temperature["dev_cla"] == "temperature"
    assert temperature["stat_cla"] == "measurement"
    assert temperature["val_tpl"] == "{{ value_json[\"temperature_c\"] | default('') }}"
    assert temperature["exp_aft"] == 33
    assert temperature["dev"]["ids"] == [NODE] and temperature["dev"]["name"] == "pi"
    assert temperature["o"]["name"] == "sensord"
    assert found["sensor/climate"]["~"] == "sensord/pi/climate/status"


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
        component = _found(_entities([("x", [(field, 1)])]))["sensor/x-" + field]
        assert component["name"] == "x " + name
        assert component.get("unit_of_meas") == unit, field
        assert component.get("dev_cla") == device_class, field
        assert component["stat_cla"] == state_class, field


def test_unit_and_class_of_the_configuration():
    for unit, device_class, expected in (
        ("°F", "temperature", ("°F", "temperature", "measurement")),
        ("°C", None, ("°C", "temperature", "measurement")),
        ("kWh", "energy", ("kWh", "energy", "total_increasing")),
        ("%", "battery", ("%", "battery", "measurement")),
        ("pH", None, ("pH", None, "measurement")),
        ("\u03bcg/m³", "pm25", ("\u00b5g/m³", "pm25", "measurement")),
        ("s", None, ("s", "duration", "measurement")),
        (None, "aqi", (None, "aqi", "measurement")),
        # Not for a number.
        (None, "door", (None, None, None)),
    ):
        table = dict(PLAIN, unit=unit)
        table["class"] = device_class
        sensors = {"x": {"interval": 1000, "values": {"value": table}}}
        component = _found(_entities([("x", [("value", 1)])], sensors))["sensor/x-value"]
        shown = tuple(component.get(key) for key in ("unit_of_meas", "dev_cla", "stat_cla"))
        assert shown == expected, (unit, device_class, shown)
    table = dict(PLAIN)
    table["class"] = "door"
    sensors = {"x": {"interval": 1000, "values": {"open": table}}}
    found = _found(_entities([("x", [("open", True)])], sensors))
    assert found["binary_sensor/x-open"]["dev_cla"] == "door"


def test_text_and_truth():
    found = _found(_entities([("door", [("label", "cat"), ("overload", False), ("gaps", 0)])]))
    assert "stat_cla" not in found["sensor/door-label"]
    assert found["binary_sensor/door-overload"]["ent_cat"] == "diagnostic"
    assert found["sensor/door-gaps"]["ent_cat"] == "diagnostic"


def test_a_label_has_its_options():
    """An automation offers them; more than a small message holds are left out."""
    labels = ["cat", 'dog "Rex"', "1"]
    entities = _entities([("x", [("label", "cat")])], declared={"x": classifier(labels)})
    found = _found(entities)["sensor/x-label"]
    assert found["dev_cla"] == "enum" and found["ops"] == labels and "stat_cla" not in found
    many = ["label %d" % i for i in range(100)]
    found = _found(_entities([("x", [("label", "x")])], declared={"x": classifier(many)}))
    assert "ops" not in found["sensor/x-label"] and "dev_cla" not in found["sensor/x-label"]
    # A program's label may be any text.
    found = _found(_entities([("x", [("label", "cat")])]))
    assert "ops" not in found["sensor/x-label"]


def test_the_state_of_a_sensor_is_one_of_three_and_its_words_an_attribute():
    """A state has at most 255 characters, and a reason may have more."""
    status = _found(_entities([("x", [("a", 1)])]))["sensor/x"]
    assert status["dev_cla"] == "enum" and status["ops"] == ["ok", "incomplete", "fault"]
    assert status["json_attr_t"] == status["stat_t"] == "~"


def test_a_field_is_announced_once_it_has_a_value():
    known = Fields()
    entities = Entities(_Topics(), DEVICE, NODE, known, "homeassistant")
    for part in (known.configure, lambda sensors: entities.configure(sensors, {})):
        part({"x": {"interval": 1000}})
    known.reading("x", [("temperature_c", None)])
    assert list(_found(entities)) == ["sensor/x"]
    # It stays if an earlier run announced it.
    assert "homeassistant/sensor/%s/x-temperature_c/config" % NODE in entities.null_topics()
    version = entities.version
    known.reading("x", [("temperature_c", 20.0)])
    assert entities.version != version
    assert "sensor/x-temperature_c" in _found(entities)
    version = entities.version
    known.reading("x", [("temperature_c", 21.0)])
    assert entities.version == version


def test_names_that_are_alike_have_entities_of_their_own():
    """A field called status beside the sensor's own, and names that are equal but for characters
    that a topic does not take."""
    long = "x" * 300
    readings = [
        ("a", [("b_c", 1), ("status", "green"), ("x y", 1), ("x_y", 2), ("x-y", 3), ("x/y", 4)]),
        ("a_b", [("c", 1), (long + "1", 1), (long + "2", 1)]),
        ("a-b", [("c", 1), ("1", 1)]),
        ("a-", [("b", 1)]),
        ("a", [("ä", 1), ("ö", 1), ("b", 1), ("-b", 1), ("X_Y", 1)]),
    ]
    found = _found(_entities(readings))
    assert len(found) == 4 + sum(len(fields) for _, fields in readings)
    assert len({c["uniq_id"] for c in found.values()}) == len(found)
    assert all(len(name) < 200 for name in found)
    own, field = found["sensor/a"], found["sensor/a-status"]
    assert own["~"] == "sensord/pi/a/status" and own["name"] == "a sensor status"
    assert field["val_tpl"] == '{{ value_json["status"] | default(none) }}'


def test_an_object_has_only_characters_that_home_assistant_takes():
    for name in (object_id("28-0316", "temperature_c"), object_id("a", 'ä"{{ b }}\0/+#')):
        assert all(c.isalpha() and ord(c) < 128 or c.isdigit() or c in "_-" for c in name), name


def test_a_label_may_be_any_text():
    entities = _entities([("x", [('a "b" c', 0.5)])])
    (component,) = [c for key, c in _found(entities).items() if key != "sensor/x"]
    assert component["val_tpl"].startswith('{{ value_json["a \\"b\\" c"] |')


def test_a_message_passes_a_broker_that_takes_1500_bytes():
    host = "a-host-with-rather-a-long-name-0123456789"
    known = Fields()
    topics = _Topics()
    topics.reading = lambda name: "building/a/floor/2/" + host + "/" + name
    node = "sensord-0123456789abcdef"
    model = "Raspberry Pi Compute Module 4 Rev 1.1"
    device = {"name": host, "mdl": model, "sn": "10000000a1b2c3d4", "sa": "A room of that house"}
    entities = Entities(topics, device, node, known, "homeassistant", known.names_of)
    sensors = {"a_sensor_with_a_long_name": {"interval": 1000}}
    labels = ["a label of 25 characters %d" % i for i in range(10, 20)]
    known.configure(sensors, {"a_sensor_with_a_long_name": classifier(labels)})
    entities.configure(sensors, {})
    known.reading("a_sensor_with_a_long_name", [("f" * 80 + "_hpa", 1)])
    assert max(len(topic) + len(message) for _, topic, message in entities.messages()) < 1400


def test_outputs_are_switches_and_numbers():
    actions = {
        "fan": {"pwm": 0, "publish": None},
        "valve": {"pwm": None, "publish": None},
        "alarm": {"pwm": None, "publish": "x/y"},
    }
    found = _found(_entities([], {}, actions))
    assert found["switch/valve"]["cmd_t"] == "~/set"
    assert found["number/fan"]["unit_of_meas"] == "%"
    assert found["sensor/fan"]["~"] == "sensord/pi/fan/status"
    assert not [key for key in found if "alarm" in key]


def test_a_sensor_keeps_what_it_may_still_show():
    entities = _entities([("a", [("x", 1)])], {"a": {"interval": 1000}, "b": {"interval": 1000},
                                               "events": {"timeout": 1000}})  # fmt: skip
    assert not entities.may_return("a") and not entities.may_return("gone")
    assert entities.may_return("b") and entities.may_return("events")
    assert entities.is_own("homeassistant/sensor/%s/a/config" % NODE)
    assert not entities.is_own("homeassistant/sensor/other/a/config")
    assert not entities.is_own("sensord/pi/status")


def test_senml():
    fields = [("temperature_c", 21.5), ("pressure_hpa", 1013.25), ("open", True), ("label", "a")]
    found = _found(_entities([("x", fields)], senml=True))
    template = found["sensor/x-temperature_c"]["val_tpl"]
    assert "'eq', \"temperature\"" in template and "attribute='v'" in template
    assert "/ 100)" in found["sensor/x-pressure_hpa"]["val_tpl"]
    assert found["sensor/x-pressure_hpa"]["unit_of_meas"] == "hPa"
    assert "attribute='vb'" in found["binary_sensor/x-open"]["val_tpl"]
    assert "attribute='vs'" in found["sensor/x-label"]["val_tpl"]


def test_a_value_expires_after_a_few_intervals_unless_it_comes_from_a_recording():
    assert expiry_s({"interval": 60000}) == 210
    assert expiry_s({"hop": 1000}) == 33
    assert expiry_s({"interval": 1000, "replay": "x.wav"}) is None
    assert expiry_s({"timeout": 1000}) is None
