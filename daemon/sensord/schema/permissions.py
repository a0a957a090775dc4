# SPDX-License-Identifier: MIT
"""Who may read a file with a secret in it."""

import os

_GROUP_MAY_READ, _OTHERS_MAY_READ = 0o040, 0o004
_SERVICE = "sensord"  # the service's user and group


def _group_name(number):
    """A group's name from group(5), or its number."""
    try:
        with open("/etc/group") as file:
            for line in file:
                fields = line.split(":")
                if fields[2:3] == [str(number)]:
                    return fields[0]
    except OSError:
        # Its number says as much as there is to know.
        pass
    return str(number)


def readers(path):
    """Who may read a file beside its owner, root and the service, in words; None for nobody."""
    status = os.stat(path)
    if status[0] & _OTHERS_MAY_READ:
        return "every user"
    if status[0] & _GROUP_MAY_READ and status[5] != 0:
        group = _group_name(status[5])
        if group != _SERVICE:
            return "the group %s" % group
    return None
