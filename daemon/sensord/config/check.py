# SPDX-License-Identifier: MIT
"""Checks a parsed configuration against the schema and reports all its errors at once."""

from ..actions.expression import Expression
from . import action_tables, schema, sensor_tables
from .contradictions import contradictions
from .values import REQUIRED, toml_type

_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


def distance(a, b):
    """How many letters must be added, dropped, changed or swapped to make `a` of `b`."""
    before, last = None, list(range(len(b) + 1))
    for i in range(len(a)):
        row = [i + 1]
        for j in range(len(b)):
            cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] != b[j]))
            if i and j and a[i] == b[j - 1] and a[i - 1] == b[j]:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def nearest(name, known):
    """The known name that `name` most likely was meant to be, or None."""
    best, best_distance = None, 1 + len(name) // 3
    for candidate in sorted(known):
        d = distance(name.lower(), candidate.lower())
        if d <= best_distance:
            best, best_distance = candidate, d - 1
    return best


def _suggestion(name, known):
    meant = nearest(name, known)
    if meant is not None:
        return 'did you mean "%s"?' % meant
    return "known: " + ", ".join(sorted(known))


class Checker:
    """Collects (line, message) of everything wrong with one configuration."""

    def __init__(self, lines):
        self._lines = lines
        self.errors = []

    def _error(self, path, message):
        # A key that is missing has the line of the table it is missing from.
        while path and path not in self._lines:
            path = path[:-1]
        self.errors.append((self._lines.get(path, 1), message))

    def table(self, path, table, keys):
        """The table with every value parsed and every default filled in."""
        name = ".".join(path)
        settings = {}
        for key in table:
            if key not in keys:
                self._error(
                    path + (key,),
                    'unknown key "%s" in [%s]; %s' % (key, name, _suggestion(key, keys)),
                )
        for key, kind in keys.items():
            if key in table:
                try:
                    settings[key] = kind.parse(table[key])
                except ValueError as error:
                    self._error(path + (key,), "[%s] %s %s" % (name, key, error))
            elif kind.default is REQUIRED:
                self._error(path, '[%s] needs the key "%s": %s' % (name, key, kind.form))
            else:
                settings[key] = kind.default
        return settings

    def mqtt(self, path, table):
        found = len(self.errors)
        settings = self.table(path, table, schema.MQTT)
        if len(self.errors) == found:
            for key, text in schema.contradictions(settings):
                self._error(path + (key,), "[mqtt] %s %s" % (key, text))
        return settings

    def sensor(self, name, table):
        path = ("sensor", name)
        if not isinstance(table, dict):
            self._error(path, "sensor must be written as a table: [sensor.NAME]")
            return None
        self._name(path, "a sensor")
        known = ", ".join(['"%s"' % t for t in sorted(sensor_tables.SENSORS)])
        kind = table.get("type")
        if kind is None:
            self._error(path, '[sensor.%s] needs the key "type": one of %s' % (name, known))
            return None
        if not isinstance(kind, str) or kind not in sensor_tables.SENSORS:
            shown = '"%s"' % kind if isinstance(kind, str) else toml_type(kind)
            hint = "known: " + known
            meant = nearest(kind, sensor_tables.SENSORS) if isinstance(kind, str) else None
            if meant is not None:
                hint = 'did you mean "%s"?' % meant
            self._error(path + ("type",), "[sensor.%s] unknown type %s; %s" % (name, shown, hint))
            return None
        found = len(self.errors)
        settings = self.table(path, table, sensor_tables.sensor_keys(table))
        settings["name"] = name
        if len(self.errors) == found:
            for key, text in contradictions(settings):
                self._error(path + (key,), "[sensor.%s] %s %s" % (name, key, text))
        return settings

    def _name(self, path, what):
        """Checks the name of a sensor or an action, which is a part of its topic."""
        name = path[-1]
        if not name or not all(c in _NAMES for c in name):
            self._error(
                path, '"%s" cannot be %s\'s name: use letters, digits, "-" and "_"' % (name, what)
            )
        if name in ("status", "metrics", "info", "history"):
            self._error(
                path, "%s cannot be called %s: that is the host's own topic" % (what, name)
            )

    def action(self, name, table, sensors, has_mqtt):
        path = ("action", name)
        if not isinstance(table, dict):
            self._error(path, "action must be written as a table: [action.NAME]")
            return None
        self._name(path, "an action")
        if name in sensors:
            self._error(path, 'there is a sensor called "%s" too: both have the same topic' % name)
        found = len(self.errors)
        settings = self.table(path, table, action_tables.ACTION)
        if len(self.errors) == found:
            for key, text in action_tables.contradictions(settings):
                self._error(path + (key,), "[action.%s] %s %s" % (name, key, text))
            if settings["publish"] is not None and not has_mqtt:
                self._error(
                    path + ("publish",), "[action.%s] publish needs an [mqtt] table" % name
                )
        return settings

    def _condition(self, name, settings, sensors):
        """Checks that what a condition names is there."""
        path = ("action", name, "when")
        for sensor, field in Expression(settings["when"]).names:
            if sensor not in sensors:
                self._error(
                    path,
                    '[action.%s] when: there is no sensor "%s"; %s'
                    % (name, sensor, _suggestion(sensor, sensors)),
                )
                continue
            fields = sensors[sensor] and action_tables.known_fields(sensors[sensor])
            if fields and field not in fields:
                self._error(
                    path,
                    '[action.%s] when: "%s" has no field "%s"; %s'
                    % (name, sensor, field, _suggestion(field, fields)),
                )

    def actions(self, tables, sensors, has_mqtt):
        actions, pins = {}, {}
        for name, table in tables.items():
            settings = actions[name] = self.action(name, table, sensors, has_mqtt)
            if settings is None:
                continue
            if settings.get("when") is not None:
                self._condition(name, settings, sensors)
            for key in ("pin", "pwm"):
                output = key, settings.get(key)
                if output[1] is not None and pins.setdefault(output, name) != name:
                    self._error(
                        ("action", name, key),
                        "[action.%s] %s is the %s of [action.%s] already"
                        % (name, output[1], key, pins[output]),
                    )
        return actions

    def document(self, document):
        """The configuration: {"host", "mqtt": … or None, "outbox", "metrics",
        "journal", "sensor": {name: …}, "action": {name: …}}."""
        known = list(schema.SECTIONS) + ["sensor", "action"]
        config = {"mqtt": None, "sensor": {}, "action": {}}
        for name, table in document.items():
            if name not in known:
                self._error((name,), 'unknown table "%s"; %s' % (name, _suggestion(name, known)))
            elif not isinstance(table, dict):
                self._error((name,), '"%s" must be a table: [%s]' % (name, name))
            elif name == "sensor":
                for sensor, settings in table.items():
                    config["sensor"][sensor] = self.sensor(sensor, settings)
            elif name == "mqtt":
                config["mqtt"] = self.mqtt((name,), table)
        for name in ("host", "outbox", "metrics", "journal"):
            table = document.get(name, {})
            config[name] = self.table(
                (name,), table if isinstance(table, dict) else {}, schema.SECTIONS[name]
            )
        actions = document.get("action")
        if isinstance(actions, dict):
            config["action"] = self.actions(actions, config["sensor"], "mqtt" in document)
        if not config["sensor"] and not config["action"]:
            self._error((), "there is no sensor: add a table such as [sensor.system]")
        return config
