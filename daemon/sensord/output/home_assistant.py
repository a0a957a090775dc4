# SPDX-License-Identifier: MIT
"""Announces this host to Home Assistant: one message of its MQTT discovery for all sensors.

Source: Home Assistant's documentation of MQTT discovery, "device discovery payload".
"""

import asyncio
import json
import random
import time

from .. import __version__

PREFIX = "homeassistant"
BIRTH_TOPIC = PREFIX + "/status"

_SETTLE_MS = 2000
# After Home Assistant starts, the hosts of a fleet answer at random times within this.
_BIRTH_DELAY_MS = 10000
# How long the broker may take to send the retained announcement again.
_REPEAT_MS = 1000

# By the end of a field's name, the longer ends first: unit and device class.
_UNITS = (
    ("_percent", "%", None),
    ("_mm_s", "mm/s", "speed"),
    ("_m_s2", "m/s²", None),
    ("_ppm", "ppm", None),
    ("_hpa", "hPa", "atmospheric_pressure"),
    ("_kwh", "kWh", None),
    ("_mib", "MiB", "data_size"),
    ("_db", "dB", "sound_pressure"),
    ("_lx", "lx", "illuminance"),
    ("_hz", "Hz", "frequency"),
    ("_wh", "Wh", None),
    ("_mm", "mm", None),
    ("_c", "°C", "temperature"),
    ("_v", "V", "voltage"),
    ("_a", "A", "current"),
    ("_w", "W", "power"),
    ("_s", "s", "duration"),
)
# Classes that do not follow from the unit. Home Assistant takes energy only as a total.
_CLASSES = {
    "humidity_percent": "humidity",
    "co2_ppm": "carbon_dioxide",
    "rain_mm": "precipitation",
    "rain_mm_total": "precipitation",
    "energy_wh_total": "energy",
    "energy_kwh_total": "energy",
}
_TOTAL = "_total"
# Fields about the measurement itself, not about the quantity.
_DIAGNOSTIC = ("overload", "overruns", "gaps", "time_synchronized")
_VALUE = "{{ value_json[%s] }}"
_BOOLEAN = "{{ value_json[%s] | iif('ON', 'OFF', 'None') }}"
_AVAILABLE = "{{ 'online' if value == 'ok' else 'offline' }}"
# A value is out of date after this many intervals and this many seconds.
_INTERVALS, _GRACE_S = 3, 30


def _without(end, text):
    return text[: -len(end)] if text.endswith(end) else text


def _unit(field):
    """(name without its unit, unit, device class, state class) of a number."""
    name = _without(_TOTAL, field)
    total = _TOTAL if name != field else ""
    for end, unit, device_class in _UNITS:
        if name.endswith(end):
            device_class = _CLASSES.get(field, device_class)
            state_class = "total_increasing" if total or unit == "s" else "measurement"
            return name[: -len(end)] + total, unit, device_class, state_class
    return field, None, None, "total_increasing" if total else "measurement"


def expiry_s(settings):
    """The seconds without a reading after which a sensor's values are out of date, or None."""
    if settings.get("replay"):
        return None
    interval_ms = settings.get("interval") or settings.get("hop")
    return _INTERVALS * interval_ms // 1000 + _GRACE_S if interval_ms else None


def _safe(text):
    """The text with "_" in place of characters that an object's name must not have."""
    return "".join([c if c.isalpha() or c.isdigit() or c in "_-" else "_" for c in text])


def _kind(value):
    return "b" if isinstance(value, bool) else "s" if isinstance(value, str) else "n"


class Announcement:
    """The message, which grows as the sensors show which fields they have.

    Attributes: topic, where it is published, retained; changed, whether it differs from the last
    message().
    """

    def __init__(self, topics, host, identifier, model=None):
        """`topics` are the MQTT topics; `identifier` is unique to this host."""
        safe = _safe(identifier)
        self.topic = "%s/device/%s/config" % (PREFIX, safe)
        self.changed = True
        self._topics = topics
        self._host = host
        self._identifier = safe
        self._model = model
        self._fields = {}  # by sensor: {name: kind}
        self._expiry_s = {}
        self._outputs = {}  # whether it is PWM, by name

    def configure(self, sensors, actions):
        """Sets the sensors and actions, {name: settings}; drops the fields of all others."""
        self._outputs = {
            name: settings["pwm"] is not None
            for name, settings in actions.items()
            if settings["publish"] is None
        }
        for name in list(self._fields):
            if name not in sensors:
                del self._fields[name]
        self._expiry_s = {name: expiry_s(settings) for name, settings in sensors.items()}
        self.changed = True

    def reading(self, sensor, fields):
        """Learns the fields of a reading, a sequence of (name, value)."""
        known = self._fields.get(sensor)
        if known is None:
            known = self._fields[sensor] = {}
        for name, value in fields:
            if name not in known and value is not None:
                known[name] = _kind(value)
                self.changed = True

    def _component(self, sensor, field, kind):
        base = self._topics.reading(sensor)
        component = {
            "p": "binary_sensor" if kind == "b" else "sensor",
            "name": "%s %s" % (sensor, field.replace("_", " ")),
            "uniq_id": "%s_%s_%s" % (self._identifier, sensor, field),
            "~": base,
            "stat_t": "~",
            "val_tpl": _VALUE % json.dumps(field),
            "avty_mode": "all",
            "avty": [
                {"t": self._topics.host_status()},
                {"t": "~/status", "val_tpl": _AVAILABLE},
            ],
        }
        if kind == "b":
            component["val_tpl"] = _BOOLEAN % json.dumps(field)
        elif kind == "n":
            name, unit, device_class, state_class = _unit(field)
            component["name"] = "%s %s" % (sensor, name.replace("_", " "))
            component["stat_cla"] = state_class
            if device_class is not None:
                component["dev_cla"] = device_class
            if unit is not None:
                component["unit_of_meas"] = unit
        if field in _DIAGNOSTIC:
            component["ent_cat"] = "diagnostic"
        if self._expiry_s.get(sensor):
            component["exp_aft"] = self._expiry_s[sensor]
        return component

    def _output(self, name, is_pwm):
        component = {
            "p": "number" if is_pwm else "switch",
            "name": name,
            "uniq_id": "%s_%s" % (self._identifier, name),
            "~": self._topics.reading(name),
            "stat_t": "~",
            "cmd_t": "~/set",
            "avty_mode": "all",
            "avty": [
                {"t": self._topics.host_status()},
                {"t": "~/status", "val_tpl": _AVAILABLE},
            ],
        }
        if is_pwm:
            component["unit_of_meas"] = "%"
        return component

    def _status(self, sensor):
        return {
            "p": "sensor",
            "name": sensor + " status",
            "uniq_id": "%s_%s_status" % (self._identifier, sensor),
            "stat_t": self._topics.sensor_status(sensor),
            "avty_t": self._topics.host_status(),
            "ent_cat": "diagnostic",
        }

    def _components(self):
        """Yields (key, component), in order, so that equal messages are equal to the byte."""
        for sensor in sorted(self._expiry_s):
            yield sensor + "_status", self._status(sensor)
            fields = self._fields.get(sensor, {})
            for field in sorted(fields):
                yield (
                    _safe("%s_%s" % (sensor, field)),
                    self._component(sensor, field, fields[field]),
                )
        for name in sorted(self._outputs):
            yield name, self._output(name, self._outputs[name])
            yield name + "_status", self._status(name)

    def message(self, withdrawn=()):
        """The message as JSON, bytes. `withdrawn` are the components, as (key, platform), that
        Home Assistant must remove."""
        device = {"ids": [self._identifier], "name": self._host, "sw": __version__}
        if self._model:
            device["mdl"] = self._model
        # In parts: one object for a large configuration takes several times the message's size.
        parts = [
            '{"dev": %s, "o": %s, "qos": 1, "cmps": {'
            % (json.dumps(device), json.dumps({"name": "sensord", "sw": __version__}))
        ]
        comma = ""
        for key, component in self._components():
            parts.append('%s"%s": %s' % (comma, key, json.dumps(component)))
            comma = ", "
        for key, platform in withdrawn:
            parts.append('%s%s: {"p": %s}' % (comma, json.dumps(key), json.dumps(platform)))
            comma = ", "
        parts.append("}}")
        self.changed = False
        return "".join(parts).encode()

    def withdrawn(self, retained):
        """The components of an earlier message (bytes) that no longer exist, as [(key, platform)];
        none if sensord did not write it. Components of a sensor stay until its first reading."""
        try:
            components = json.loads(retained)["cmps"].items()
            before = [
                (key, part["p"], part.get("~", part.get("stat_t"))) for key, part in components
            ]
        except (ValueError, KeyError, TypeError, AttributeError):
            return []
        now = {key for key, _ in self._components()}
        unread = {
            self._topics.reading(name) for name in self._expiry_s if name not in self._fields
        }
        return [
            (key, platform)
            for key, platform, topic in before
            if key not in now and topic not in unread and isinstance(platform, str)
        ]


class HomeAssistant:
    """Publishes the announcement: to each broker, after a change, and when Home Assistant starts.

    Attribute: subscriptions, {topic: function of a message}, for the publisher.
    """

    def __init__(self, announcement, get_publisher):
        """`get_publisher()` gives the Publisher, or None while there is none."""
        self._announcement = announcement
        self._get_publisher = get_publisher
        self._retained = None  # a list while the broker sends the retained announcement again
        self._due_ms = None
        self.subscriptions = {
            BIRTH_TOPIC: self._on_birth,
            announcement.topic: self._on_retained,
        }
        self._task = asyncio.create_task(self._run())

    def configure(self, sensors, actions):
        """As Announcement.configure()."""
        self._announcement.configure(sensors, actions)

    def reading(self, sensor, fields):
        """As Announcement.reading()."""
        self._announcement.reading(sensor, fields)

    def _on_birth(self, message):
        if message == b"online":
            delay_ms = random.getrandbits(16) * _BIRTH_DELAY_MS // 65536
            self._due_ms = time.ticks_add(time.ticks_ms(), delay_ms)

    def _on_retained(self, message):
        if self._retained is not None:
            self._retained.append(message)

    def _is_due(self):
        return self._due_ms is not None and time.ticks_diff(time.ticks_ms(), self._due_ms) >= 0

    async def _run(self):
        announced_to = None
        while True:
            # Most sensors have their first reading within this time: one message has them all.
            await asyncio.sleep_ms(_SETTLE_MS)
            publisher = self._get_publisher()
            if publisher is None or publisher.server is None:
                continue
            connection = (publisher, publisher.connects)
            if connection != announced_to or self._announcement.changed or self._is_due():
                announced_to = connection
                self._due_ms = None
                await self._announce(publisher)

    async def _announce(self, publisher):
        topic = self._announcement.topic
        # A broker sends retained messages again with each subscription. The last announcement
        # shows the components that no longer exist.
        self._retained = []
        publisher.listen(topic)
        await asyncio.sleep_ms(_REPEAT_MS)
        gone = self._announcement.withdrawn(self._retained[0]) if self._retained else ()
        self._retained = None
        if gone:
            publisher.post(topic, self._announcement.message(gone), True, 1)
        publisher.post(topic, self._announcement.message(), True, 1)

    def withdraw(self):
        """Ends it, and removes this host from Home Assistant."""
        self._task.cancel()
        publisher = self._get_publisher()
        if publisher is not None:
            publisher.post(self._announcement.topic, b"", True, 1)
