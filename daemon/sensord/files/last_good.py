# SPDX-License-Identifier: MIT
"""Keeps the last configuration without errors, for a daemon that starts while nobody is there.

Under systemd a crash, a kill or a power cut starts the daemon again, maybe with a file that was
edited meanwhile and has an error now. Such a start goes on with the copy. A person who stops and
starts the service is there to read the errors, and gets those instead: an orderly end leaves a
mark in the runtime folder, which is empty after a start of the board.
"""

import os

from linux import libc

from .. import log
from . import runtime

_MAX_BYTES = 1 << 16


def _path(variable, name, configuration):
    folder = os.getenv(variable)
    if not folder:
        return None
    return "%s/%s" % (folder.split(":")[0], runtime.file_name(name, configuration))


def _copy(path):
    """The path of the copy; None without systemd."""
    if not os.getenv("RUNTIME_DIRECTORY"):
        return None
    variable = "STATE_DIRECTORY" if os.getenv("STATE_DIRECTORY") else "RUNTIME_DIRECTORY"
    return _path(variable, "configuration", path)


def _read(file):
    try:
        with open(file, "rb") as opened:
            return opened.read(_MAX_BYTES)
    except OSError:
        return None


def keep(path, text):
    """Keeps the text (bytes) of the configuration at `path`."""
    copy = _copy(path)
    # A card wears out by writing, not by reading.
    if copy is None or _read(copy) == text:
        return
    before = libc.umask(0o077)  # it may hold a password
    try:
        runtime.make_folder(copy.rsplit("/", 1)[0])
        with open(copy + ".new", "wb") as file:
            file.write(text)
            if os.getenv("STATE_DIRECTORY"):
                file.flush()  # fsync() here: the file is whole before it replaces the old one
        os.rename(copy + ".new", copy)
    except OSError as error:
        log.warning("%s cannot be kept for a restart: %s" % (path, log.reason(error)))
    finally:
        libc.umask(before)


def recall(path):
    """The text that was kept, or None: also if the daemon had an orderly end."""
    copy = _copy(path)
    if copy is None or _read(_path("RUNTIME_DIRECTORY", "ended", path)) is not None:
        return None
    return _read(copy)


def mark_end(path, is_ended):
    """Notes whether the daemon has come to an orderly end, or runs."""
    mark = _path("RUNTIME_DIRECTORY", "ended", path)
    if mark is None:
        return
    try:
        if is_ended:
            runtime.make_folder(mark.rsplit("/", 1)[0])
            open(mark, "wb").close()
        else:
            runtime.remove(mark)
    except OSError as error:
        log.warning("%s: %s" % (mark, log.reason(error)))
