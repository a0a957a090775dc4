# SPDX-License-Identifier: MIT
"""The rights that the service needs for a configuration."""

from .. import inputs
from ..files import runtime
from ..rights import name
from . import action_tables


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


def claimed(path):
    """The rights for outputs that a daemon with the configuration at `path` has: `sensord safe`
    needs them even if the configuration names these outputs no more."""
    return list(action_tables.RIGHTS) if runtime.files("outputs", path) else []
