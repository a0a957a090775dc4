# SPDX-License-Identifier: MIT
"""The command line as a table: what is parsed, what --help prints, and what packaging/man/ makes
the manual page and the completion of."""

_COLUMNS = 80
_INDENT = 15

# Name, operands, what it does.
COMMANDS = (
    ("run", "", "run the daemon (what the service does)"),
    ("check", "", "check the configuration; exit 0, or 78 with every error in it"),
    (
        "safe",
        "",
        "set the outputs of all actions to their safe value (what the service does when it has "
        "ended, however it ended)",
    ),
    (
        "clock",
        "",
        "wait until an NTP client has set the clock (what sensord-clock.service does, as the "
        "service itself may not ask)",
    ),
    ("read", "SENSOR", "print one reading of a sensor and exit"),
    (
        "record",
        "SENSOR -o FILE",
        "record what a sensor's hardware gives, as `replay` takes it: .wav, .npy, or a folder of "
        "pictures; Ctrl-C ends it",
    ),
    ("watch", "", "show the readings as they come"),
    (
        "features",
        "IN OUT.npy",
        "write the features of a recording of motion (.npy) or sound (.wav), as the device "
        "computes them",
    ),
    ("probe", "", "print what hardware is here, and what would make more of it appear"),
)
# Spellings, name of the value, name in the program, the one command it goes with, what it is.
OPTIONS = (
    (("--config",), "FILE", "config", None, "the configuration, /etc/sensord.toml if not given"),
    (
        ("-o", "--output"),
        "FILE",
        "output",
        "record",
        "the file; in a folder it gets the time as its name",
    ),
    (("--duration",), "DURATION", "duration", "record", 'how long, such as "10 s"'),
    (("--label",), "NAME", "label", "record", "added to the name in a folder, for training"),
    (("--json",), None, "json", "probe", "as one JSON object"),
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
    """An item and what it is, beside each other if they fit."""
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
    """What --help prints."""
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
        "\nSee sensord(1), sensord.toml(5). The readings: journalctl -u sensord, or the MQTT "
        "broker.\n"
    )
    return "".join(parts)
