# SPDX-License-Identifier: MIT
"""The sensor that a command line names."""

import sys

from .. import config
from ..schema.nearest import suggestion


def find(path, name):
    """The settings of the sensor `name` in a configuration, or None after a message about it.
    Raises ConfigError."""
    configured = config.load(path)["sensor"]
    if name in configured:
        return configured[name]
    sys.stderr.write(
        'sensord: %s has no sensor "%s"; %s\n' % (path, name, suggestion(name, configured))
    )
    return None
