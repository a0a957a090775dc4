# SPDX-License-Identifier: MIT
"""State that outlives a restart: one JSON file for each thing, replaced as a whole."""

import json
import os

from ..errors import EEXIST, ENOENT
from .strict_json import loads

_MAX_BYTES = 65536


def path(folder, sensor):
    """The file of a sensor's state in a folder of the service's state folder."""
    return "%s/%s/%s.json" % (os.getenv("STATE_DIRECTORY") or "/var/lib/sensord", folder, sensor)


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
    try:
        os.mkdir(file.rsplit("/", 1)[0])
    except OSError as error:
        if error.errno != EEXIST:
            raise
    with open(file + ".new", "wb") as opened:
        opened.write(json.dumps(value).encode())
        opened.flush()  # fsync() here: the file is whole before it replaces the old one
    os.rename(file + ".new", file)
