# SPDX-License-Identifier: MIT
"""The command line as a table, for the parser, for --help, and for the manual page and the
completion that packaging/man/ makes."""

_COLUMNS = 80
_INDENT = 15

# Name, operands, description.
COMMANDS = (
    ("run", "", "run the daemon, as the service does"),
    (
        "check",
        "",
        "check the configuration; exit with 0 and warnings, or list its errors and exit with 78",
    ),
    (
        "safe",
        "",
        "set the outputs that an ended daemon had claimed to their safe values, as the service "
        "does after each end of the daemon; without any, those of the configuration",
    ),
    (
        "clock",
        "",
        "wait until an NTP client has set the clock, as sensord-clock.service does for the "
        "service",
    ),
    ("read", "SENSOR", "print one reading of a sensor and exit"),
    (
        "calibrate",
        "SENSOR FIELD TRUE...",
        "measure a field at one or more known values, and print the table that makes it true",
    ),
    (
        "record",
        "SENSOR -o FILE",
        "record a sensor's raw data for `replay`: .wav, .npy, or a folder of pictures; Ctrl-C "
        "ends the recording",
    ),
    ("watch", "", "show the readings as they come"),
    (
        "outbox",
        "[show N | send N | drop N]",
        "list the messages that the broker refused, show one, send it again, or drop it; `all` "
        "instead of the number: all of them",
    ),
    (
        "features",
        "IN OUT.npy",
        "write the features of a recording of motion (.npy) or sound (.wav), as the daemon "
        "computes them",
    ),
    ("probe", "", "list the hardware, and say how to get missing hardware to appear"),
)
# Spellings, name of the value, name in the program, the one command it goes with, description.
OPTIONS = (
    (("--config",), "FILE", "config", None, "the configuration (default /etc/sensord.toml)"),
    (
        ("-o", "--output"),
        "FILE",
        "output",
        "record",
        "the file; in a folder, a new file with the time as its name",
    ),
    (("--duration",), "DURATION", "duration", "record", 'how long to record, such as "10 s"'),
    (
        ("--label",),
        "NAME",
        "label",
        "record",
        "in a folder, the end of the file's name: the class for training",
    ),
    (
        ("--unit",),
        None,
        "unit",
        "check",
        "print a drop-in for sensord.service that allows what the configuration needs",
    ),
    (
        ("--raw",),
        None,
        "raw",
        "read",
        "print the values as the sensor gives them, beside those that are published",
    ),
    (("--json",), None, "json", "probe", "print one JSON object"),
    (("--rate",), "HZ", "rate", "features", "as in the sensor's table"),
    (("--window",), "DURATION", "window", "features", "as in the sensor's table"),
    (
        ("--hop",),
        "DURATION",
        "hop",
        "features",
        "as in the sensor's table; the interval of a sound sensor",
    ),
    (("--features",), "NAME", "features", "features", "as in the sensor's table"),
    (("--version",), None, "version", None, "print the version and exit"),
    (("--help", "-h"), None, "help", None, "print this help and exit"),
)


def _entry(head, text):
    """An item and its description, side by side if they fit."""
    lines = []
    line = "  " + head
    if len(line) >= _INDENT:
        lines.append(line)
        line = ""
    line += " " * (_INDENT - len(line))
    empty = line
    for word in text.split():
        if len(line) + len(word) > _COLUMNS and line != empty:
            lines.append(line.rstrip())
            line = " " * _INDENT
        line += word + " "
    lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def help_text():
    """The text of --help."""
    parts = [
        "usage: sensord [--config FILE] COMMAND\n\n"
        "Reads sensors, processes the data on the board and publishes the result.\n\n"
        "commands:\n"
    ]
    for name, operands, doc in COMMANDS:
        parts.append(_entry((name + " " + operands).rstrip(), doc))
    parts.append("\noptions:\n")
    for spellings, value, _, command, doc in OPTIONS:
        head = ", ".join(spellings) + (" " + value if value else "")
        parts.append(_entry(head, command + ": " + doc if command else doc))
    parts.append(
        "\nSee sensord(1) and sensord.toml(5). Readings go to the MQTT broker, or without\n"
        "one to the journal: journalctl -u sensord\n"
    )
    return "".join(parts)
