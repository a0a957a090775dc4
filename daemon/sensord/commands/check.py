# SPDX-License-Identifier: MIT
"""`sensord check`: the errors of a configuration, and what may be a mistake in it."""

import sys

from .. import config
from ..errors import EX_OK
from ..visible import visible


def _plural(things):
    return len(things), "s" * (len(things) != 1)


def check(path):
    """Checks the configuration at `path`, with warnings; returns the exit code. ConfigError."""
    warnings = []
    settings = config.load(path, warnings)
    for text in warnings:
        sys.stderr.write("warning: %s\n" % visible(text))
    counts = ["%d sensor%s" % _plural(settings["sensor"])]
    if settings["action"]:
        counts.append("%d action%s" % _plural(settings["action"]))
    sys.stderr.write("%s: ok, %s\n" % (visible(path), ", ".join(counts)))
    return EX_OK
