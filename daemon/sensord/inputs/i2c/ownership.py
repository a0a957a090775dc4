# SPDX-License-Identifier: MIT
"""Who may change the code of users' drivers: it runs as the daemon, so root alone, or the user
that runs it."""

import os

from linux.libc import readlink

from ...errors import ENOENT, Fault
from ...log import reason

_OTHERS_MAY_WRITE = 0o022  # group and others
_S_IFMT, _S_IFDIR = 0xF000, 0x4000  # <sys/stat.h>
_S_ISVTX = 0o1000  # in such a folder, as /tmp is one, nobody can replace another's file
_MOST_LINKS = 40  # as the kernel, see path_resolution(7)
_MOST_FOLDERS = 8  # within each other
_CODE = (".py", ".mpy")


def _require(path, what, is_above=False):
    """Returns whether `path` is a folder. Raises Fault if another user may change it, and OSError
    if it is not there."""
    status = os.stat(path)
    mode = status[0]
    may_write = mode & _OTHERS_MAY_WRITE and not (is_above and mode & _S_ISVTX)
    # The owner of /proc/self is the user that runs this.
    if may_write or status[4] not in (0, os.stat("/proc/self")[4]):
        raise Fault(
            "%s %s must belong to root and be writable by root alone: chown root %s; chmod go-w %s"
            % (what, path, path, path)
        )
    return mode & _S_IFMT == _S_IFDIR


def _trace(path):
    """Follows a path as the kernel does. Raises Fault if another user may change a folder or a
    symbolic link on it, and with it where the path leads."""
    if not path.startswith("/"):
        path = os.getcwd() + "/" + path
    rest, done, links = path.split("/"), "", 0
    while rest:
        part = rest.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            done = done.rpartition("/")[0]
            continue
        _require(done or "/", "the folder", True)
        target = readlink(done + "/" + part)
        if target is None:
            done += "/" + part
            continue
        links += 1
        if links > _MOST_LINKS:
            raise Fault("the link %s leads nowhere" % path)
        if target.startswith("/"):
            done = ""
        rest = target.split("/") + rest


def _walk(folder, depth):
    if depth > _MOST_FOLDERS:
        raise Fault("the folder %s lies in more than %d others" % (folder, _MOST_FOLDERS))
    for entry in os.ilistdir(folder):
        path = "%s/%s" % (folder, entry[0])
        is_code = path.endswith(_CODE)
        try:
            is_folder = os.stat(path)[0] & _S_IFMT == _S_IFDIR
        except OSError:
            # A link that leads nowhere: nothing is loaded from it.
            continue
        if not (is_folder or is_code):
            continue
        if readlink(path) is not None:
            _trace(path)
        if _require(path, "the folder" if is_folder else "the driver"):
            _walk(path, depth + 1)


def require_root(folder):
    """Raises Fault unless root, or the user that runs this, alone may change the modules in a
    folder of drivers: each file and folder in it, and each folder on the way to it. A module may
    import any of them."""
    try:
        _trace(folder)
        _require(folder, "the folder")
        _walk(folder, 1)
    except OSError as error:
        # Nothing is loaded from a folder that is not there.
        if error.errno != ENOENT:
            raise Fault("the folder %s cannot be read: %s" % (folder, reason(error)))
