# SPDX-License-Identifier: MIT
"""The manual page sensord.toml(5), made from the configuration's schema."""

from roff import escape

from sensord import inputs
from sensord.config import action_tables, sections
from sensord.config.check import TYPE
from sensord.schema.values import (
    REQUIRED,
    Choice,
    Duration,
    Size,
    format_duration,
    format_size,
)
from sensord.values import schema as values_schema

HEAD = r""".\" SPDX-License-Identifier: MIT
.TH SENSORD.TOML 5 "{date}" "sensord {version}" "File Formats"
.SH NAME
sensord.toml \- the configuration of sensord
.SH DESCRIPTION
.I /etc/sensord.toml
says which sensors
.BR sensord (1)
reads and where it publishes them. It is a TOML 1.0 document. Durations and sizes are strings with
a unit: ms, s, min, h, d; B, KiB, MiB, GiB.
.PP
An unknown key, a wrong type, a missing file or a bad unit is an error; all of them are reported at
once by
.BR "sensord check" .
"""

SECTION_DOC = {
    "host": "What an overview of many boards shows of this one. It is published at "
    "sensord/HOST/info; see sensord(8).",
    "mqtt": "The broker. Without this table the readings go to the standard output, that is, "
    "under systemd, to the journal.",
    "http": "A server that gets the readings as HTTP POST requests, instead of a broker or beside "
    "one: InfluxDB, VictoriaMetrics, QuestDB, Telegraf, or a program of your own. Each reading is "
    "kept until the server has taken it. It gets what waited for it in order, and a reading twice "
    "rather than never; see docs/http.md.",
    "outbox": "Readings wait here until the broker has acknowledged them. While it answers, they "
    "wait in memory, in the folder /run/sensord, which remains if the daemon is killed. When a "
    "reading has waited for 3 s, it moves to the disk with all later ones; when the daemon ends, "
    "all move. A loss of power destroys the readings in memory, which are those of the last 3 s, "
    "and the readings on disk since the last sync. If the disk is full or cannot be written, "
    "readings wait in memory and the daemon tries the disk again. A daemon that systemd did not "
    "start has no /run/sensord; its readings wait on disk from the start.",
    "metrics": "The daemon's memory, processor time and delivery, published as a reading; see "
    "sensord(8).",
    "journal": "The messages in the journal.",
}
ACTION_DOC = r"""One table for each output. NAME is part of its topic: its
state is kept at
.IR sensord/HOST/NAME ,
and it can be set with a message to
.IR sensord/HOST/NAME/set :
ON, OFF, for PWM a duty from 0 to 100, or AUTO. Such a command holds until the condition next
begins, ends or becomes unknown. Send commands without retain: retained ones are ignored, as a
broker sends them again with each connection. Other messages are refused and counted; at most 20
commands a second switch an output.
.PP
A condition compares fields of the latest readings, written SENSOR.FIELD (or SENSOR.\(dqa field\(dq
if the name is no plain word), with numbers, texts in quotes, true and false, by
.BR == ", " != ", " < ", " <= ", " > " and " >= ,
joined by
.BR and ", " or " and " not ,
with parentheses. A field is unknown before its sensor's first reading and while it is null. A
condition that depends on it is then unknown too, and the output has its safe value.
.PP
Outputs have their safe value at exit as well. When the daemon is killed, the service runs
.BR "sensord safe" ,
which sets it for all outputs that were in use, whatever the configuration says by then. The driver
decides the state of a pin that no program holds: some drivers make it an input again.
An output that must never change by itself needs a resistor.
"""

EXAMPLE = r""".SH EXAMPLE
.nf
[mqtt]
server = "mqtts://broker.example:8883"
username = "pi"
password_credential = "mqtt\-password"

[sensor.noise]
type = "sound"
device = "plughw:1"
sensitivity = \-26.0

[sensor.board]
type = "system"
interval = "5 min"

[action.fan]
when = "board.cpu_temperature_c > 70"
hold = "1 min"
pin = "GPIO18"
.fi
.SH SEE ALSO
.BR sensord (1),
.BR sensord (8)
"""


# The keys that each type has, but for those that it has itself.
COMMON_DOC = """\
Every type has these keys, beside its own below. A type with an interval of its own measures at \
it, and has sample; one whose values come by themselves has interval as it stands here."""


def default_text(kind):
    value = kind.default
    if value is REQUIRED:
        return "required"
    if value is None:
        return "optional"
    if isinstance(kind, Duration):
        return f'default "{format_duration(value)}"'
    if isinstance(kind, Size):
        return f'default "{format_size(value)}"'
    if isinstance(value, bool):
        return f"default {str(value).lower()}"
    if isinstance(value, list):
        return f"default [{', '.join(map(str, value))}]"
    return f'default "{value}"' if isinstance(value, str) else f"default {value}"


def keys(table):
    """The entries of a table's keys."""
    for name, kind in table.items():
        yield f".TP\n.B {escape(name)}"
        yield escape(f"{kind.doc} {kind.form[0].upper()}{kind.form[1:]}; {default_text(kind)}.")


def names(fields):
    """The fields of a chip, with their ranges."""
    shown = []
    for field in fields:
        text = field.name
        if field.valid is not None:
            text += " (%g to %g)" % field.valid
        shown.append(text)
    return ", ".join(shown)


def sensor(kind):
    """The part about one type of sensor, from the schema in the type's folder."""
    schema = inputs.schema(kind)
    yield f'.SS type = "{kind}"\n{escape(schema.DOC)}'
    yield from keys({"type": Choice(TYPE, (kind,)), **schema.KEYS})
    for driver, doc, more, fields in schema.variants() if hasattr(schema, "variants") else ():
        yield f'.PP\nWith driver = "{escape(driver)}": {escape(doc)}'.rstrip(" ")
        if fields:
            yield f"Fields: {escape(names(fields))}."
        yield from keys(more)


def lines(version, date):
    """The page, part by part. Raises KeyError for a table without a description."""
    yield HEAD.format(version=version, date=date).rstrip()
    for name, table in sections.SECTIONS.items():
        yield f".SH [{name}]\n{escape(SECTION_DOC[name])}"
        yield from keys(table)
    yield ".SH [sensor.NAME]\nOne table for each sensor. NAME is part of its topic."
    yield escape(COMMON_DOC)
    yield from keys(values_schema.SENSOR)
    for kind in inputs.types():
        yield from sensor(kind)
    yield f".SH [sensor.NAME.values.FIELD]\n{escape(values_schema.DOC)}"
    yield from keys(values_schema.KEYS)
    yield f".SH [action.NAME]\n{ACTION_DOC.rstrip()}"
    yield from keys(action_tables.ACTION)
    yield EXAMPLE.rstrip()
