# SPDX-License-Identifier: MIT
"""Checks a parsed configuration against the schema and reports all its errors at once."""

from .. import inputs
from ..schema import sensor_hints
from ..schema.compound import RESERVED
from ..schema.devices import ANY
from ..schema.nearest import suggestion
from ..schema.values import REQUIRED, Choice, toml_type
from ..values import schema as values_schema
from ..values.field import BOOLEAN, NUMBER, TEXT, has_new_names
from . import action_tables, http_table, sections
from .conditions import problems

_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
TYPE = "The type of the sensor; the other keys depend on it."
# Topics of the host itself, beside those of its sensors.
_HOST_TOPICS = ("status", "metrics", "info", "history")


class _ValuesTables:
    """The key `values` of a sensor: its tables are checked one by one."""

    default = None
    form = "tables [sensor.NAME.values.FIELD]"

    def parse(self, value):
        if not isinstance(value, dict):
            raise ValueError("must be written as tables: [sensor.NAME.values.FIELD]")
        return value


def common_keys(own):
    """{key: kind of value} that a type has beside its `own` keys."""
    keys = {key: kind for key, kind in values_schema.SENSOR.items() if key not in own}
    if values_schema.INTERVAL not in own:
        # Its values come by themselves.
        del keys[values_schema.SAMPLE]
    return keys


def sensor_keys(kind, table):
    """{key: kind of value} of a [sensor.NAME] table of a type."""
    found = inputs.schema(kind)
    keys = {"type": Choice(TYPE, (kind,)), "values": _ValuesTables()}
    keys.update(common_keys(found.KEYS))
    keys.update(found.KEYS)
    if hasattr(found, "keys"):
        keys.update(found.keys(table))
    return keys


def _unwrapped(table, path):
    """Words about a table that was written with the wrong brackets, or as something else."""
    name = ".".join(path)
    if isinstance(table, list):
        return "write [%s] with single brackets: double ones make a list of tables" % name
    written = [part for part in path if part.islower()][-1]
    return "%s must be written as a table: [%s]" % (written, name)


def _class_without_unit(field, settings):
    """Yields (key, text) for a device class that needs another unit than the field's name has."""
    from ..output import quantities
    from ..values import classes

    allowed = classes.units(settings["class"])
    found = quantities.find(field)
    unit = found.ha_unit if found is not None else None
    if settings["unit"] is not None or classes.is_binary(settings["class"]) or allowed is None:
        return
    if (unit or "") not in allowed:
        named = ", ".join([unit for unit in allowed if unit])
        yield (
            "class",
            "needs a unit: one of %s" % named if named else "is for values without a unit",
        )


def _may_be_one(a, b):
    """Whether one of two claims is on whichever device there is, of the other's kind."""
    for one, other in ((a, b), (b, a)):
        if one.endswith(ANY) and other.startswith(one[: -len(ANY)]):
            return True
    return False


def _hint_for_type(name, types):
    """How a sensor of this name is configured, if it is a chip's or has another type."""
    for kind in types:
        driver = inputs.schema(kind).KEYS.get("driver")
        if name.lower() in getattr(driver, "choices", ()):
            return 'it is a chip: type = "%s" with driver = "%s"' % (kind, name.lower())
    return sensor_hints.other_type(name)


class Checker:
    """Collects (line, message) of everything wrong with one configuration."""

    def __init__(self, lines):
        self._lines = lines
        self.errors = []
        self.warnings = None  # (line, message) of what is right, and may be a mistake; if wanted
        self.secrets = []  # (line, words) of what other users must not read in the file
        self._declared = {}  # the Fields of each sensor's input that are known
        self._fields = {}  # the same as they are told
        self._claims = {}  # what a table has for itself, and the table's name

    def _line(self, path):
        # A key that is missing has the line of the table it is missing from.
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _error(self, path, message):
        self.errors.append((self._line(path), message))

    def _warn(self, path, words, kind, value):
        if self.warnings is None:
            return
        if getattr(kind, "is_secret", False):
            self.secrets.append((self._line(path), words))
        if hasattr(kind, "warn"):
            for text in kind.warn(value):
                self.warnings.append((self._line(path), "%s %s" % (words, text)))

    def table(self, path, table, keys):
        """The table with every value parsed and every default filled in."""
        name = ".".join(path)
        settings = {}
        for key in table:
            if key not in keys:
                self._error(
                    path + (key,),
                    'unknown key "%s" in [%s]; %s' % (key, name, suggestion(key, keys)),
                )
        for key, kind in keys.items():
            if key in table:
                try:
                    settings[key] = kind.parse(table[key])
                    self._warn(path + (key,), "[%s] %s" % (name, key), kind, settings[key])
                except ValueError as error:
                    self._error(path + (key,), "[%s] %s %s" % (name, key, error))
            elif kind.default is REQUIRED:
                self._error(path, '[%s] needs the key "%s": %s' % (name, key, kind.form))
            else:
                settings[key] = kind.default
        return settings

    def _contradictions(self, path, found):
        for key, text in found:
            self._error(path + (key,), "[%s] %s %s" % (".".join(path), key, text))

    def mqtt(self, path, table):
        found = len(self.errors)
        settings = self.table(path, table, sections.MQTT)
        if len(self.errors) == found:
            self._contradictions(path, sections.contradictions(settings))
        return settings

    def http(self, path, table):
        found = len(self.errors)
        settings = self.table(path, table, sections.HTTP)
        if len(self.errors) == found:
            self._contradictions(path, http_table.contradictions(settings))
        return settings

    def sensor(self, name, table):
        path = ("sensor", name)
        if not isinstance(table, dict):
            self._error(path, _unwrapped(table, ("sensor", "NAME")))
            return None
        self._name(path, "a sensor")
        kind = table.get("type")
        if not isinstance(kind, str) or not inputs.is_type(kind):
            self._wrong_type(path, kind, inputs.types(), table)
            return None
        found = len(self.errors)
        settings = self.table(path, table, sensor_keys(kind, table))
        settings["name"] = name
        own = inputs.schema(kind).KEYS
        settings["own_keys"] = tuple([key for key in values_schema.SENSOR if key in own])
        settings["values"] = self._values(path, settings.get("values") or {})
        if len(self.errors) == found:
            self._whole_sensor(path, table, settings)
        return settings

    def _wrong_type(self, path, kind, types, table):
        known = ", ".join(['"%s"' % t for t in types])
        if kind is None:
            self._error(path, '[%s] needs the key "type": one of %s' % (".".join(path), known))
            for key in table:
                if key.lower() == "type":
                    text = 'unknown key "%s" in [%s]; did you mean "type"?'
                    self._error(path + (key,), text % (key, ".".join(path)))
            return
        shown = '"%s"' % kind if isinstance(kind, str) else toml_type(kind)
        hint = suggestion(kind, types) if isinstance(kind, str) else "known: " + known
        if hint.startswith("known"):
            hint = isinstance(kind, str) and _hint_for_type(kind, types) or "known: " + known
        self._error(path + ("type",), "[%s] unknown type %s; %s" % (".".join(path), shown, hint))

    def _whole_sensor(self, path, table, settings):
        """Checks what needs every value of a sensor's table to be right."""
        found = len(self.errors)
        kind = inputs.schema(settings["type"])
        if hasattr(kind, "contradictions"):
            self._contradictions(path, kind.contradictions(settings))
        if len(self.errors) > found:
            # The fields cannot be made of such values; the names in them can be wrong all the
            # same.
            self._unique(path, table, settings.get("labels") or ())
            return
        self._contradictions(path, values_schema.sensor_contradictions(settings))
        declared = self._declared[path[-1]] = inputs.fields(settings)
        names = [field.name for field in declared]
        self._unique(path, table, names)
        for field in settings["values"]:
            if names and field not in names:
                self._error(
                    path + ("values", field),
                    '[%s] has no field "%s"; %s'
                    % (".".join(path), field, suggestion(field, names)),
                )
        self._published(path, settings, declared)
        if hasattr(kind, "claims"):
            self._claim(path, kind.claims(settings))

    def _published(self, path, settings, declared):
        """Checks the fields as they are told, and keeps them."""
        self._fields[path[-1]] = declared
        kinds = {field.name: field.kind for field in declared}
        for field, table in settings["values"].items():
            for key in values_schema.OF_NUMBERS:
                if table[key] is not None and kinds.get(field, NUMBER) in (TEXT, BOOLEAN):
                    text = "is for numbers, and %s is %s"
                    is_text = kinds[field] == TEXT
                    what = "a text" if is_text else "true or false"
                    self._contradictions(path + ("values", field), ((key, text % (field, what)),))
            if table["change"] is not None and settings["publish"] != "changes":
                self._doubt(
                    path + ("values", field, "change"),
                    'change is without effect: [%s] has no publish = "changes"' % ".".join(path),
                )
        if settings["repeat"] is not None and settings["publish"] != "changes":
            text = '[%s] repeat is without effect without publish = "changes"' % ".".join(path)
            if "repeat" not in inputs.schema(settings["type"]).KEYS:
                self._doubt(path + ("repeat",), text)
        if not has_new_names(settings):
            return
        # Imported when needed: most configurations rename nothing.
        from ..values.steps.names import published

        found = self._fields[path[-1]] = published(settings, declared)
        names = [field.name for field in found]
        for i, name in enumerate(names):
            if name in names[:i]:
                self._error(path, '[%s] has two fields called "%s"' % (".".join(path), name))

    def _doubt(self, path, text):
        if self.warnings is not None:
            self.warnings.append((self._line(path), text))

    def _unique(self, path, table, names):
        """Checks that the names which a user gave to fields collide with none."""
        key = [k for k in ("labels", "fields", "field") if k in table]
        for i, name in enumerate(names):
            if name in names[:i] or name in RESERVED:
                self._error(
                    path + tuple(key[:1]),
                    '[%s] %s cannot have "%s": the reading has a field of that name'
                    % (".".join(path), key[0] if key else "it", name),
                )

    def _claim(self, path, claims):
        """Checks that no other table has what this one needs for itself."""
        table = "[%s]" % ".".join(path)
        for key, thing in claims:
            for other, owner in self._claims.items():
                if other == thing:
                    text = "the %s is used by %s already, and only one table can have it"
                elif _may_be_one(other, thing):
                    text = "the %s may be that of %s: give the device of each"
                else:
                    continue
                self._error(path + (key,), "%s %s: %s" % (table, key, text % (thing, owner)))
                break
            self._claims.setdefault(thing, table)

    def _values(self, path, tables):
        checked = {}
        for field, table in tables.items():
            here = path + ("values", field)
            if not isinstance(table, dict):
                self._error(here, _unwrapped(table, ("sensor", "NAME", "values", "FIELD")))
                continue
            found = len(self.errors)
            checked[field] = self.table(here, table, values_schema.KEYS)
            if len(self.errors) == found:
                self._contradictions(here, values_schema.contradictions(checked[field]))
                if len(self.errors) == found and checked[field]["class"] is not None:
                    self._contradictions(here, _class_without_unit(field, checked[field]))
        return checked

    def _name(self, path, what):
        """Checks the name of a sensor or an action, which is a part of its topic."""
        name = path[-1]
        if not name or not all(c in _NAMES for c in name):
            self._error(
                path, '"%s" cannot be %s\'s name: use letters, digits, "-" and "_"' % (name, what)
            )
        if name in _HOST_TOPICS:
            self._error(
                path, "%s cannot be called %s: that is the host's own topic" % (what, name)
            )

    def action(self, name, table, sensors, has_mqtt):
        path = ("action", name)
        if not isinstance(table, dict):
            self._error(path, _unwrapped(table, ("action", "NAME")))
            return None
        self._name(path, "an action")
        if name in sensors:
            self._error(path, 'there is a sensor called "%s" too: both have the same topic' % name)
        found = len(self.errors)
        settings = self.table(path, table, action_tables.ACTION)
        if len(self.errors) == found:
            self._contradictions(path, action_tables.contradictions(settings))
            if settings["publish"] is not None and not has_mqtt:
                self._error(
                    path + ("publish",), "[action.%s] publish needs an [mqtt] table" % name
                )
            for key in ("lost_after", "command_timeout"):
                if settings[key] and not has_mqtt:
                    self._error(
                        path + (key,), "[action.%s] %s needs an [mqtt] table" % (name, key)
                    )
        if len(self.errors) == found:
            self._claim(path, action_tables.claims(settings))
        if settings.get("when") is not None:
            for problem in problems(settings["when"], sensors, self._fields_of):
                self._error(path + ("when",), "[action.%s] when: %s" % (name, problem))
        return settings

    def _fields_of(self, sensor):
        return self._fields.get(sensor, ())

    def document(self, document):
        """The configuration: {"host", "mqtt" and "http": … or None, "outbox", "metrics",
        "journal", "sensor": {name: …}, "declared": {name: the Fields of its input},
        "fields": {name: the same as they are told}, "action": {name: …}}."""
        known = list(sections.SECTIONS) + ["sensor", "action"]
        config = {"mqtt": None, "http": None, "sensor": {}, "action": {}}
        config["declared"], config["fields"] = self._declared, self._fields
        for name, table in document.items():
            if name not in known:
                self._error((name,), 'unknown table "%s"; %s' % (name, suggestion(name, known)))
            elif not isinstance(table, dict):
                parts = (name, "NAME") if name in ("sensor", "action") else (name,)
                self._error((name,), _unwrapped(table, parts))
            elif name == "sensor":
                for sensor, settings in table.items():
                    config["sensor"][sensor] = self.sensor(sensor, settings)
            elif name == "mqtt":
                config["mqtt"] = self.mqtt((name,), table)
            elif name == "http":
                config["http"] = self.http((name,), table)
        for name in sections.SECTIONS:
            if name not in sections.OPTIONAL:
                table = document.get(name, {})
                config[name] = self.table(
                    (name,), table if isinstance(table, dict) else {}, sections.SECTIONS[name]
                )
        actions = document.get("action")
        if isinstance(actions, dict):
            for name, table in actions.items():
                config["action"][name] = self.action(
                    name, table, config["sensor"], "mqtt" in document
                )
        if not config["sensor"] and not config["action"] and not self.errors:
            self._error((), "there is no sensor: add a table such as [sensor.system]")
        return config
