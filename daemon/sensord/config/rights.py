# SPDX-License-Identifier: MIT
"""What the service must be allowed to use for a configuration."""

import os

from .. import inputs
from ..rights import name
from . import action_tables

_RUNTIME = "/run/sensord"  # RuntimeDirectory= of the unit


def needed(config):
    """The rights for a checked configuration."""
    found = []
    for settings in config["sensor"].values():
        found += inputs.rights(settings)
    for settings in config["action"].values():
        found += action_tables.rights(settings)
    return found


def lacking(config, given):
    """The names of the rights that a checked configuration needs beside those `given`, sorted."""
    return sorted({name(right) for right in needed(config)} - set(given))


def everything():
    """All rights, for a configuration with errors: an earlier one may be in use."""
    return inputs.all_rights() + list(action_tables.RIGHTS)


def claimed():
    """The rights for outputs that a running daemon has: `sensord safe` needs them even if the
    configuration names these outputs no more."""
    try:
        names = os.listdir(_RUNTIME)
    except OSError:
        # No daemon is running.
        return []
    has_outputs = any(entry.startswith("outputs") for entry in names)
    return list(action_tables.RIGHTS) if has_outputs else []
