# SPDX-License-Identifier: MIT
"""The configuration: /etc/sensord.toml read, checked and with every default filled in."""

from ..errors import ENOENT, ConfigError
from . import toml
from .check import Checker

_MAX_BYTES = 64 * 1024  # more is no configuration, and would not fit into the heap
DEFAULT_PATH = "/etc/sensord.toml"


def load(path):
    """The configuration in a file, as Checker.document() returns it. Raises ConfigError."""
    return parse(path, read(path))


def read(path):
    """The text of a configuration, bytes. Raises ConfigError."""
    try:
        with open(path, "rb") as file:
            source = file.read(_MAX_BYTES + 1)
    except OSError as error:
        text = "there is no such file" if error.errno == ENOENT else "cannot be read: %s" % error
        raise ConfigError(["%s: %s" % (path, text)])
    if len(source) > _MAX_BYTES:
        raise ConfigError(["%s: is larger than %d KiB" % (path, _MAX_BYTES // 1024)])
    return source


def parse(path, source):
    """The configuration in a text (bytes), with `path` in its errors; see load()."""
    lines = {}
    try:
        document = toml.loads(source, lines)
    except toml.TOMLError as error:
        raise ConfigError(["%s:%d: %s" % (path, error.line, error.message)])
    checker = Checker(lines)
    config = checker.document(document)
    if checker.errors:
        checker.errors.sort()
        raise ConfigError(["%s:%d: %s" % (path, line, text) for line, text in checker.errors])
    return config
