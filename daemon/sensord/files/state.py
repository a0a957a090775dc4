# SPDX-License-Identifier: MIT
"""State that outlives a restart: one JSON file for each thing, replaced as a whole."""

import json
import os

from ..errors import EEXIST, ENOENT
from .strict_json import loads

_MAX_BYTES = 65536


def folder():
    """The service's state folder."""
    return os.getenv("STATE_DIRECTORY") or "/var/lib/sensord"


def path(kind, sensor):
    """The file of a sensor's state in a folder of the service's state folder."""
    return "%s/%s/%s.json" % (folder(), kind, sensor)


def load(file):
    """The value in a file, or None if there is none. Raises OSError, and ValueError for a file
    that is no JSON."""
    try:
        with open(file, "rb") as opened:
            return loads(opened.read(_MAX_BYTES))
    except OSError as error:
        if error.errno == ENOENT:
            return None
        raise


def save(file, value):
    """Replaces a file, and makes its folder if there is none. A loss of power leaves the old or
    the new one. Raises OSError."""
    replace(file, (json.dumps(value),))


def replace(file, parts):
    """Replaces a file by the texts that `parts` yields, as save() does. Raises OSError."""
    _make_folders(file)
    with open(file + ".new", "wb") as opened:
        for part in parts:
            opened.write(part.encode())
        opened.flush()  # fsync() here: the file is whole before it replaces the old one
    os.rename(file + ".new", file)


def _make_folders(file):
    for end in range(1, len(file)):
        if file[end] == "/":
            try:
                os.mkdir(file[:end])
            except OSError as error:
                # A read-only file system gives EROFS also for an existing folder.
                if error.errno != EEXIST and not exists(file[:end]):
                    raise


def exists(path):
    """Whether a file or folder is there."""
    try:
        os.stat(path)
        return True
    except OSError:
        return False
