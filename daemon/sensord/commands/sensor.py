# SPDX-License-Identifier: MIT
"""The sensor that a command line names."""

from .. import config
from ..schema.nearest import suggestion
from .terminal import tell


def find(path, name):
    """(settings, declared Fields) of the sensor `name` in a configuration, or None after a message
    about it. Raises ConfigError."""
    loaded = config.load(path)
    configured = loaded["sensor"]
    if name in configured:
        return configured[name], loaded["declared"].get(name, ())
    tell('%s has no sensor "%s"; %s' % (path, name, suggestion(name, configured)))
    return None
