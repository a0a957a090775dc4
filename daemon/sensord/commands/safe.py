# SPDX-License-Identifier: MIT
"""`sensord safe`: sets the outputs of a daemon that has ended to their safe values."""

import os

from .. import config, log
from ..actions import claims
from ..actions.manager import make_safe
from ..config import action_tables
from ..errors import EX_OK, EX_UNAVAILABLE, ConfigError
from ..files import runtime


def safe(path):
    """Sets the outputs that a daemon with the configuration at `path` has left claimed, as they
    were when it claimed them; without any, those of the configuration. Returns the exit code.

    Raises ConfigError if there is neither a note of what was claimed nor a usable configuration.
    """
    released = release_leftovers(path)
    if released is None:
        try:
            released = make_safe(config.load(path)["action"])
        except ConfigError:
            # After its orderly end the daemon has no output, and has told of the errors itself.
            if os.getenv("SERVICE_RESULT") != "success":
                raise
    return EX_UNAVAILABLE if released is False else EX_OK


def release_leftovers(path):
    """Makes the outputs safe that an earlier daemon left claimed, as it was killed. Returns
    whether that was possible for all, or None if there are none."""
    released = None
    for file in runtime.files("outputs", path):
        noted = claims.load(file)
        if noted:
            released = _release(file, noted) and released is not False
    return released


def _release(file, noted):
    """Whether all outputs in a file of claims could be made safe; if not, the file stays."""
    outputs = {}
    failed = 0
    for name, entry in noted.items():
        try:
            outputs[name] = _checked(entry)
        except ValueError as error:
            log.error("%s: %s %s" % (file, name, error))
            failed += 1
    if not make_safe(outputs) or failed:
        return False
    try:
        runtime.remove(file)
    except OSError as error:
        log.warning("%s: %s" % (file, log.reason(error)))
    return True


def _checked(entry):
    """An entry of the file, checked as the configuration was. Raises ValueError."""
    settings = {}
    for key in claims.KEYS:
        value = entry[key]
        try:
            settings[key] = value if value is None else action_tables.ACTION[key].parse(value)
        except ValueError as error:
            raise ValueError("%s %s" % (key, error))
    return settings
