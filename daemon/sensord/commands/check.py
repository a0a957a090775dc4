# SPDX-License-Identifier: MIT
"""`sensord check`: the errors of a configuration, and what may be a mistake in it. With --unit,
what the service must be allowed to use for it, as a drop-in for the unit."""

import sys

from .. import config, inputs
from ..config import rights
from ..errors import EX_OK, ConfigError
from ..rights import unit
from ..visible import visible


def _plural(things):
    return len(things), "s" * (len(things) != 1)


def check(path):
    """Checks the configuration at `path`, with warnings; returns the exit code. ConfigError."""
    warnings = []
    settings = config.load(path, warnings)
    for text in warnings:
        sys.stderr.write("warning: %s\n" % visible(text))
    for name in sorted(settings["sensor"]):
        for is_warning, text in inputs.estimates(settings["sensor"][name]):
            mark = "warning: " if is_warning else ""
            sys.stderr.write("%s[sensor.%s] %s\n" % (mark, name, visible(text)))
    counts = ["%d sensor%s" % _plural(settings["sensor"])]
    if settings["action"]:
        counts.append("%d action%s" % _plural(settings["action"]))
    sys.stderr.write("%s: ok, %s\n" % (visible(path), ", ".join(counts)))
    return EX_OK


def print_unit(path):
    """Prints the drop-in for a configuration, or one that allows everything before it raises
    ConfigError: the service may still run with an earlier one. Returns the exit code."""
    try:
        found = rights.needed(config.load(path))
    except ConfigError:
        sys.stdout.write(unit(rights.everything()))
        raise
    sys.stdout.write(unit(found + rights.claimed(path)))
    return EX_OK
