# SPDX-License-Identifier: MIT
"""Files in /run that outlive the daemon, but not the next start of the board."""

import hashlib
import os

from ..errors import EACCES, EEXIST, ENOENT

_ST_UID = 4


def absolute(path):
    """The path from the root on."""
    if path.startswith("/"):
        return path
    while path.startswith("./"):
        path = path[2:]
    return os.getcwd().rstrip("/") + "/" + path


def file_name(name, configuration):
    """The name of a file for one configuration, without a folder: two daemons have two files."""
    digest = hashlib.sha256(absolute(configuration).encode()).digest()
    return "%s-%s" % (name, "".join(["%02x" % byte for byte in digest[:4]]))


def _folders():
    """The folders in question. /run/sensord is the service's, and what an administrator's
    `sensord safe` finds; one who may not write there has a folder of their own."""
    found = ["/run/sensord"]
    own = os.getenv("RUNTIME_DIRECTORY")
    if own:
        found.append(own.split(":")[0])
    user = os.getenv("XDG_RUNTIME_DIR")
    if user:
        found.append(user + "/sensord")
    return found


def files(name, configuration):
    """The files of this name for a configuration that there are."""
    found = []
    for folder in _folders():
        path = "%s/%s" % (folder, file_name(name, configuration))
        try:
            os.stat(path)
        except OSError:
            continue
        if path not in found:
            found.append(path)
    return found


def new_file(name, configuration):
    """The path for such a file, in the first folder that is this user's own; where there is none
    it is made. Raises OSError."""
    user = os.stat("/proc/self")[_ST_UID]
    failure = None
    for folder in _folders():
        try:
            make_folder(folder)
            # In another's folder a link could make root write anywhere.
            if os.stat(folder)[_ST_UID] == user:
                return "%s/%s" % (folder, file_name(name, configuration))
        except OSError as error:
            failure = failure or error
    raise failure or OSError(EACCES, "%s belongs to another user" % _folders()[0])


def remove(file):
    """Removes a file, if it is there. Raises OSError."""
    try:
        os.remove(file)
    except OSError as error:
        if error.errno != ENOENT:
            raise


def make_folder(folder):
    """Makes a folder, if it is missing. Raises OSError."""
    try:
        os.mkdir(folder)
    except OSError as error:
        if error.errno != EEXIST:
            raise
