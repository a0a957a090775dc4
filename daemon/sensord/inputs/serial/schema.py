# SPDX-License-Identifier: MIT
"""The configuration of type = "serial"."""

from ...rights import PORTS, ports
from ...schema.compound import FieldName, Several
from ...schema.devices import device_path
from ...schema.pattern import Pattern, groups
from ...schema.values import Choice, Duration, Integer, Text
from ...values.field import NUMBER, TEXT, Field

DOC = (
    "A line protocol on a serial port: each line that matches is a reading; other lines are "
    "passed over. The first line after the port was opened is left out, as it may have begun "
    "before. A group that is written as a number is one, unless its field's kind is text. A port "
    "gives at most 100 readings a second, after 1000 at once."
)

KEYS = {
    "device": Text("The port, such as /dev/ttyUSB0 or /dev/serial0."),
    "baudrate": Integer("Bits a second.", 50, 4000000, 9600),
    "bits": Integer("Bits a character.", 5, 8, 8),
    "parity": Choice("The parity bit.", ("none", "even", "odd"), "none"),
    "stop": Integer("Stop bits.", 1, 2, 1),
    "pattern": Pattern(
        "A regular expression from the line's start, with a group (…) for each field."
    ),
    "fields": Several("The names of the groups.", FieldName("")),
    "timeout": Duration("How long there may be no line that matches.", 1000, 86400000, 60000),
}

RIGHTS = PORTS


def rights(settings):
    return ports(settings["device"])


def fields(settings):
    tables = settings["values"]
    declared = []
    for name in settings["fields"]:
        kind = tables[name]["kind"] if name in tables else None
        # Without a kind a group may be either.
        declared.append(Field(name, kind=TEXT if kind == TEXT else NUMBER if kind else None))
    return declared


def contradictions(settings):
    n = groups(settings["pattern"])
    if n < len(settings["fields"]):
        yield (
            "pattern",
            "has %d groups (…), and there are %d fields" % (n, len(settings["fields"])),
        )


def claims(settings):
    yield "device", "serial port %s" % device_path(settings["device"])
