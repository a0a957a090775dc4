# SPDX-License-Identifier: MIT
"""Announces this host to Home Assistant: one message of its MQTT discovery for all sensors.

Source: Home Assistant's documentation of MQTT discovery, "device discovery payload".
"""

import asyncio
import json
import random
import time

from .. import __version__
from .fields import BOOLEAN, NUMBER, SETTLE_MS
from .json_text import utf8

PREFIX = "homeassistant"
BIRTH_TOPIC = PREFIX + "/status"

# After Home Assistant starts, the hosts of a fleet answer at random times within this.
_BIRTH_DELAY_MS = 10000
# How long the broker may take to send the retained announcement again.
_REPEAT_MS = 1000

# Fields about the measurement itself, not about the quantity.
_DIAGNOSTIC = ("overload", "overruns", "gaps", "time_synchronized")
# Those of the components.
_PLATFORMS = ("sensor", "binary_sensor", "switch", "number")
_VALUE = "{{ value_json[%s] }}"
_BOOLEAN = "{{ value_json[%s] | iif('ON', 'OFF', 'None') }}"
# A sensor of which one field is null still gives the others.
_AVAILABLE = "{{ 'online' if value == 'ok' or ' is null: ' in value else 'offline' }}"
# A value is out of date after this many intervals and this many seconds.
_INTERVALS, _GRACE_S = 3, 30


def expiry_s(settings):
    """The seconds without a reading after which a sensor's values are out of date, or None."""
    if settings.get("replay"):
        return None
    interval_ms = settings.get("interval") or settings.get("hop")
    return _INTERVALS * interval_ms // 1000 + _GRACE_S if interval_ms else None


def _safe(text):
    """The text with "_" in place of characters that an object's name must not have."""
    return "".join([c if c.isalpha() or c.isdigit() or c in "_-" else "_" for c in text])


class Announcement:
    """The message, which grows as the sensors show which fields they have.

    Attribute: topic, where it goes, retained.
    """

    def __init__(self, topics, host, identifier, fields, model=None):
        """`topics` are those of this host; `identifier` is unique to it; `fields` is a Fields."""
        safe = _safe(identifier)
        self.topic = "%s/device/%s/config" % (PREFIX, safe)
        self._topics = topics
        self._host = host
        self._identifier = safe
        self._model = model
        self._fields = fields
        self._version = None  # that of the fields in what message() last gave
        self._expiry_s = {}
        self._outputs = {}  # whether it is PWM, by name

    def configure(self, sensors, actions):
        """The sensors and actions there are, {name: settings}."""
        self._outputs = {
            name: settings["pwm"] is not None
            for name, settings in actions.items()
            if settings["publish"] is None
        }
        self._expiry_s = {name: expiry_s(settings) for name, settings in sensors.items()}
        self._version = None

    @property
    def changed(self):
        """Whether the message differs from what message() last gave."""
        return self._version != self._fields.version

    def _component(self, sensor, field, kind):
        base = self._topics.reading(sensor)
        component = {
            "p": "binary_sensor" if kind == BOOLEAN else "sensor",
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
        if kind == BOOLEAN:
            component["val_tpl"] = _BOOLEAN % json.dumps(field)
        elif kind == NUMBER:
            self._describe(component, sensor, field)
        if field in _DIAGNOSTIC:
            component["ent_cat"] = "diagnostic"
        if self._expiry_s.get(sensor):
            component["exp_aft"] = self._expiry_s[sensor]
        return component

    def _describe(self, component, sensor, field):
        """Adds what the quantity of a number says."""
        quantity = self._fields.quantity(sensor, field)
        if quantity is None:
            component["stat_cla"] = "measurement"
            return
        component["name"] = "%s %s" % (sensor, quantity.short_name.replace("_", " "))
        component["stat_cla"] = quantity.state_class
        if quantity.device_class is not None:
            component["dev_cla"] = quantity.device_class
        if quantity.ha_unit is not None:
            component["unit_of_meas"] = quantity.ha_unit

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
        seen = set()
        for key, component in self._all():
            # Sensor "a" with a field "b_c", and "a_b" with "c"; a field "status".
            unique, n = key, 1
            while unique in seen:
                n += 1
                unique = "%s_%d" % (key, n)
            seen.add(unique)
            if n > 1:
                component["uniq_id"] += "_%d" % n
            yield unique, component

    def _all(self):
        for sensor in sorted(self._expiry_s):
            yield sensor + "_status", self._status(sensor)
            fields = self._fields.of(sensor)
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
        self._version = self._fields.version
        return utf8("".join(parts))

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
            self._topics.reading(name) for name in self._expiry_s if not self._fields.of(name)
        }
        return [
            (key, platform)
            for key, platform, topic in before
            if key not in now
            # Names and topics of another program may be of any kind.
            and isinstance(key, str)
            and _safe(key) == key
            and platform in _PLATFORMS
            and not (isinstance(topic, str) and topic in unread)
        ]


class HomeAssistant:
    """Publishes the announcement: to each broker, after a change, and when Home Assistant starts.

    Attribute: subscriptions, {topic: function of (message, retained)} for Link.subscribe().
    """

    def __init__(self, announcement, link):
        self._announcement = announcement
        self._link = link
        self._retained = None  # a list while the broker sends the retained announcement again
        self._due_ms = None
        self._must = False  # whether the message is due although it has not changed
        self._wake = asyncio.Event()
        self.subscriptions = {
            BIRTH_TOPIC: self._on_birth,
            announcement.topic: self._on_retained,
        }
        self._task = asyncio.create_task(self._run())

    def configure(self, sensors, actions):
        """As Announcement.configure()."""
        self._announcement.configure(sensors, actions)
        self._announce_in(SETTLE_MS)

    def changed(self):
        """The fields have changed."""
        self._announce_in(0)

    def connected(self):
        """There is a new connection to a broker."""
        self._must = True
        self._announce_in(SETTLE_MS)

    def _on_birth(self, message, retained):
        if message == b"online":
            self._must = True
            self._announce_in(random.getrandbits(16) * _BIRTH_DELAY_MS // 65536)

    def _on_retained(self, message, retained):
        if self._retained is not None:
            self._retained.append(message)

    def _announce_in(self, delay_ms):
        due_ms = time.ticks_add(time.ticks_ms(), delay_ms)
        if self._due_ms is None or time.ticks_diff(due_ms, self._due_ms) < 0:
            self._due_ms = due_ms
            self._wake.set()

    async def _run(self):
        while True:
            await self._wait_until_due()
            self._due_ms = None
            must, self._must = self._must, False
            # Without a connection the next one makes it due again.
            if self._link.server is not None and (must or self._announcement.changed):
                await self._announce()

    async def _wait_until_due(self):
        while True:
            self._wake.clear()
            if self._due_ms is None:
                await self._wake.wait()
                continue
            left_ms = time.ticks_diff(self._due_ms, time.ticks_ms())
            if left_ms <= 0:
                return
            # It may become due sooner in the meantime.
            await asyncio.sleep_ms(min(left_ms, SETTLE_MS))

    async def _announce(self):
        topic = self._announcement.topic
        # A broker sends retained messages again with each subscription. The last announcement
        # shows the components that no longer exist.
        self._retained = []
        self._link.resubscribe(topic)
        await asyncio.sleep_ms(_REPEAT_MS)
        gone = self._announcement.withdrawn(self._retained[0]) if self._retained else ()
        self._retained = None
        if gone:
            self._link.post(topic, self._announcement.message(gone), True, 1)
        self._link.post(topic, self._announcement.message(), True, 1)

    def withdraw(self):
        """Ends it, and removes this host from Home Assistant."""
        self._task.cancel()
        self._link.post(self._announcement.topic, b"", True, 1)
