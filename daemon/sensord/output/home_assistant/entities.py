# SPDX-License-Identifier: MIT
"""The entities of one host: a topic and a message for each, both retained.

A message has about 700 bytes, so that it passes brokers with a small limit, and one entity can
change or go without the others.

Source: Home Assistant's documentation of MQTT discovery, "single component discovery payload".
"""

import json

from ... import __version__
from ..fields import BOOLEAN, NUMBER, TEXT
from ..json_text import utf8
from .identity import digest, safe
from .templates import json_value, senml_value

# Fields about the measurement itself, not about the quantity.
_DIAGNOSTIC = ("overload", "overruns", "gaps", "time_synchronized")
# A sensor of which one field is null still gives the others.
_AVAILABLE = "{{ 'online' if value == 'ok' or ' is null: ' in value else 'offline' }}"
# The state of a sensor as one of three; the words are an attribute, since a state has at most 255
# characters.
_STATES = ("ok", "incomplete", "fault")
_STATE = (
    "{{ 'ok' if value == 'ok' else 'incomplete' if ' is null: ' in value else 'fault' if value "
    "else none }}"
)
_STATE_TEXT = "{{ {'text': value} | to_json }}"
_MOST_OPTIONS_BYTES = 300  # of all options of an entity: its message must stay small
# A value is out of date after this many intervals and this many seconds.
_INTERVALS, _GRACE_S = 3, 30
_LONGEST_PART = 80  # of a field's name in a topic
_LONGEST_NAME = 200
_SENML_MEMBERS = {NUMBER: "v", TEXT: "vs", BOOLEAN: "vb"}


def expiry_s(settings):
    """The seconds without a reading after which a sensor's values are out of date, or None."""
    if settings.get("replay"):
        return None
    if settings.get("publish") == "changes":
        interval_ms = settings["repeat"]
    else:
        interval_ms = settings.get("interval") or settings.get("hop")
    return _INTERVALS * interval_ms // 1000 + _GRACE_S if interval_ms else None


def _part(field):
    """A field's name as a part of a topic; no two fields have the same."""
    text = safe(field)
    if text == field and len(text) <= _LONGEST_PART:
        return text
    return "%s-%s" % (text[:_LONGEST_PART], digest(field))


def object_id(name, field=None):
    """The identifier of a sensor's field, or of the state of a sensor or an output itself.

    Each pair of names has one of its own: "-" in a sensor's name is doubled, and a single one is
    between it and the field.
    """
    sensor = name.replace("-", "--")
    return sensor if field is None else "%s-%s" % (sensor, _part(field))


class Entities:
    """The entities, which grow as the sensors show which fields they have.

    Attribute: version, that of the fields and settings; it rises with each change.
    """

    def __init__(self, topics, device, node, fields, prefix, names_of=None):
        """`topics` are those of this host; `device` describes it, as members of the device in a
        message; `node` is its identifier; `fields` is a Fields; `prefix` begins the topics of the
        announcements; `names_of(sensor)` gives its senml.Names where readings are SenML, or is
        None."""
        self._topics = topics
        self._node = node
        self._fields = fields
        self._prefix = prefix
        self._names_of = names_of
        whole = {"ids": [node], "sw": __version__}
        whole.update(device)
        # The end of each message.
        self._device = ', "dev": %s, "o": {"name": "sensord", "sw": "%s"}}' % (
            json.dumps(whole),
            __version__,
        )
        self._sensors = {}
        self._expiry_s = {}
        self._outputs = {}  # whether it is PWM, by name
        self._configured = 0

    @property
    def version(self):
        return self._fields.version, self._configured

    def configure(self, sensors, actions):
        """The sensors and actions there are, {name: settings}."""
        self._outputs = {
            name: settings["pwm"] is not None
            for name, settings in actions.items()
            if settings["publish"] is None
        }
        self._sensors = sensors
        self._expiry_s = {name: expiry_s(settings) for name, settings in sensors.items()}
        self._configured += 1

    def topics(self):
        """Yields (name of sensor or action, topic) of each entity."""
        for name in sorted(self._sensors):
            yield name, self._topic("sensor", object_id(name))
            kinds = self._fields.of(name)
            for field in sorted(kinds):
                yield name, self._topic(_platform(kinds[field]), object_id(name, field))
        for name, is_pwm in sorted(self._outputs.items()):
            yield name, self._topic(_output_platform(is_pwm), object_id(name))
            yield name, self._topic("sensor", object_id(name))

    def messages(self):
        """Yields (name, topic, message as JSON, bytes) of each entity, in the same order."""
        for name in sorted(self._sensors):
            yield self._message(name, "sensor", object_id(name), self._status(name))
            kinds = self._fields.of(name)
            # A list first: the fields may grow while the messages are sent.
            for field in sorted(kinds):
                kind = kinds[field]
                yield self._message(
                    name, _platform(kind), object_id(name, field), self._field(name, field, kind)
                )
        for name, is_pwm in sorted(self._outputs.items()):
            yield self._message(
                name, _output_platform(is_pwm), object_id(name), self._output(name, is_pwm)
            )
            yield self._message(name, "sensor", object_id(name), self._status(name))

    def may_return(self, name):
        """Whether fields of a sensor that it has not shown yet may come: it has had no reading, or
        its readings differ from each other."""
        if name not in self._sensors:
            return False
        is_known = self._expiry_s[name] or self._fields.are_declared(name)
        return not (is_known and self._fields.has_read(name))

    def is_own(self, topic):
        """Whether a topic is that of an entity of this device."""
        levels = topic[len(self._prefix) + 1 :].split("/")
        return topic.startswith(self._prefix + "/") and levels[1:2] == [self._node]

    def null_topics(self):
        """Yields the topics of fields that have had no value yet."""
        for name in self._sensors:
            for field in self._fields.nulls_of(name):
                for platform in ("sensor", "binary_sensor"):
                    yield self._topic(platform, object_id(name, field))

    def _topic(self, platform, identifier):
        return "%s/%s/%s/%s/config" % (self._prefix, platform, self._node, identifier)

    def _message(self, name, platform, identifier, component):
        component["uniq_id"] = "%s-%s" % (self._node, identifier)
        text = json.dumps(component)
        return (
            name,
            self._topic(platform, identifier),
            utf8(text[: text.rindex("}")] + self._device),
        )

    def _field(self, sensor, field, kind):
        component = {
            "name": "%s %s" % (sensor, field.replace("_", " ")[:_LONGEST_NAME]),
            "~": self._topics.reading(sensor),
            "stat_t": "~",
            "avty_mode": "all",
            "avty": self._availability(),
        }
        quantity = self._fields.quantity(sensor, field)
        if kind == NUMBER:
            _describe(component, sensor, quantity)
            digits = self._fields.digits(sensor, field)
            if digits is not None:
                component["sug_dsp_prc"] = digits
        elif quantity is not None and quantity.class_given and _fits(quantity, kind):
            component["dev_cla"] = quantity.device_class
        elif kind == TEXT:
            _enumerate(component, self._fields.options(sensor, field))
        component["val_tpl"] = self._template(sensor, field, kind)
        if field in _DIAGNOSTIC:
            component["ent_cat"] = "diagnostic"
        if self._expiry_s.get(sensor):
            component["exp_aft"] = self._expiry_s[sensor]
        return component

    def _template(self, sensor, field, kind):
        if self._names_of is None:
            return json_value(field, kind)
        name, quantity = self._names_of(sensor).of(field, kind == NUMBER)
        factor = quantity.factor if quantity is not None else 1
        return senml_value(name, _SENML_MEMBERS[kind], factor)

    def _availability(self):
        return [
            {"t": self._topics.host_status()},
            {"t": "~/status", "val_tpl": _AVAILABLE},
        ]

    def _output(self, name, is_pwm):
        component = {
            "name": name,
            "~": self._topics.reading(name),
            "stat_t": "~",
            "cmd_t": "~/set",
            "avty_mode": "all",
            "avty": self._availability(),
        }
        if is_pwm:
            component["unit_of_meas"] = "%"
        return component

    def _status(self, name):
        # Beside a field of that name it is told apart.
        form = "%s sensor status" if "status" in self._fields.of(name) else "%s status"
        return {
            "name": form % name,
            "~": self._topics.sensor_status(name),
            "stat_t": "~",
            "val_tpl": _STATE,
            "dev_cla": "enum",
            "ops": _STATES,
            "json_attr_t": "~",
            "json_attr_tpl": _STATE_TEXT,
            "avty_t": self._topics.host_status(),
            "ent_cat": "diagnostic",
        }


def _platform(kind):
    return "binary_sensor" if kind == BOOLEAN else "sensor"


def _output_platform(is_pwm):
    return "number" if is_pwm else "switch"


def _fits(quantity, kind):
    """Whether values of a kind can have the class that the configuration gives."""
    # Imported when needed: few configurations give one.
    from ...values import classes

    return classes.fits(quantity.device_class, kind)


def _enumerate(component, options):
    """Adds the texts that a field can be, for who chooses one of them in an automation."""
    if options and len(json.dumps(options)) <= _MOST_OPTIONS_BYTES:
        component["dev_cla"] = "enum"
        component["ops"] = options


def _describe(component, sensor, quantity):
    """Adds what the quantity of a number says."""
    if quantity is None:
        component["stat_cla"] = "measurement"
        return
    component["name"] = "%s %s" % (sensor, quantity.short_name.replace("_", " "))
    if quantity.state_class is not None:
        component["stat_cla"] = quantity.state_class
    if quantity.device_class is not None and (not quantity.class_given or _fits(quantity, NUMBER)):
        component["dev_cla"] = quantity.device_class
    if quantity.ha_unit is not None:
        component["unit_of_meas"] = quantity.ha_unit
