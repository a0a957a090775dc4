# SPDX-License-Identifier: MIT
"""What the service must be allowed to use for a configuration."""

import os

from .. import inputs
from . import action_tables

_RUNTIME = "/run/sensord"  # RuntimeDirectory= of the unit


def needed(config):
    """The Rights for a checked configuration."""
    found = []
    for settings in config["sensor"].values():
        found += inputs.rights(settings)
    for settings in config["action"].values():
        found += action_tables.rights(settings)
    return found


def everything():
    """All Rights, for a configuration with errors: an earlier one may be in use."""
    return inputs.all_rights() + list(action_tables.RIGHTS)


def claimed():
    """The Rights for outputs that a running daemon has: `sensord safe` needs them even if the
    configuration names these outputs no more."""
    try:
        names = os.listdir(_RUNTIME)
    except OSError:
        # No daemon is running.
        return []
    has_outputs = any(name.startswith("outputs") for name in names)
    return list(action_tables.RIGHTS) if has_outputs else []
