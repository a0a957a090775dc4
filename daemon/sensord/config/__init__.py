# SPDX-License-Identifier: MIT
"""The configuration: /etc/sensord.toml read, checked and with every default filled in."""

import os

from ..errors import EACCES, ENOENT, ConfigError
from . import toml
from .check import Checker

_MAX_BYTES = 64 * 1024  # more is no configuration, and would not fit into the heap
DEFAULT_PATH = "/etc/sensord.toml"


def _readable_secrets(path, secrets):
    """(line, warning) of each secret if other users may read the file."""
    if not secrets:
        return []
    # Imported when needed: only `sensord check` warns.
    from ..schema.permissions import readers

    who = readers(path)
    if who is None:
        return []
    text = "%s can be read by %s: chmod 640 %s; chgrp sensord %s"
    return [(line, text % (words, who, path, path)) for line, words in secrets]


def load(path, warnings=None):
    """The configuration in a file, as Checker.document() returns it. Adds to the list `warnings`,
    if there is one, "FILE:LINE: MESSAGE" of what is right and may be a mistake. Raises
    ConfigError."""
    return parse(path, read(path), warnings)


def read(path):
    """The text of a configuration, bytes. Raises ConfigError."""
    try:
        with open(path, "rb") as file:
            source = file.read(_MAX_BYTES + 1)
    except OSError as error:
        text = "cannot be read: %s" % error
        if error.errno == ENOENT:
            text = "there is no such file"
        elif error.errno == EACCES:
            text = "this user may not read it, as there may be passwords in it: use sudo"
        raise ConfigError(["%s: %s" % (path, text)])
    if len(source) > _MAX_BYTES:
        raise ConfigError(["%s: is larger than %d KiB" % (path, _MAX_BYTES // 1024)])
    return source


def parse(path, source, warnings=None):
    """The configuration in a text (bytes), with `path` in its errors; see load()."""
    lines = {}
    try:
        document = toml.loads(source, lines)
    except toml.TOMLError as error:
        raise ConfigError(["%s:%d: %s" % (path, error.line, error.message)])
    checker = Checker(lines)
    if warnings is not None:
        checker.warnings = []
    config = checker.document(document)
    if checker.errors:
        checker.errors.sort()
        raise ConfigError(["%s:%d: %s" % (path, line, text) for line, text in checker.errors])
    # The unit sets it; without it this is not the service.
    given = os.getenv("SENSORD_RIGHTS")
    if given is not None:
        from .rights import lacking

        config["lacking"] = lacking(config, given.split())
    if warnings is not None:
        found = checker.warnings + _readable_secrets(path, checker.secrets)
        warnings += ["%s:%d: %s" % (path, line, text) for line, text in sorted(found)]
    return config
