# SPDX-License-Identifier: MIT
"""Lists the modules in the package's folders, also when it is frozen into the interpreter.

The daemon finds kinds of input and chips by their files: a new one needs a file and no entry in a
list. Frozen code has no folders to list, so daemon/manifest.py freezes a list of them.
"""

import os

from .errors import ENOENT

_HERE = __file__.rsplit("/", 1)[0]


def _listed(folder):
    # Imported here: it exists only in frozen code.
    from .frozen_contents import FOLDERS

    # A line for each folder, and one before them: "\ninputs: __init__.py i2c …\n"
    start = FOLDERS.find("\n%s: " % folder)
    if start < 0:
        raise OSError(ENOENT, folder)
    start += len(folder) + 3
    return FOLDERS[start : FOLDERS.find("\n", start)].split()


def _entries(folder):
    try:
        return _listed(folder)
    except ImportError:
        return os.listdir("%s/%s" % (_HERE, folder))


def has(folder, module):
    """Whether a folder has a module of that name; also where there is no such folder."""
    try:
        return module + ".py" in _entries(folder)
    except OSError:
        return False


def modules(folder):
    """The names of the modules in a folder such as "inputs/i2c/chips", sorted."""
    names = [entry[:-3] for entry in _entries(folder) if entry.endswith(".py")]
    return sorted([name for name in names if name != "__init__"])


def packages_with(folder, module):
    """The names of the packages in a folder that have a module of that name, sorted."""
    found = []
    for entry in _entries(folder):
        if "." not in entry and has("%s/%s" % (folder, entry), module):
            found.append(entry)
    return sorted(found)


def load(name):
    """The module of a dotted name within the package, such as "inputs.i2c.schema"."""
    # With a name to import from it, __import__() returns the module itself and not the package.
    return __import__("sensord." + name, None, None, ("__name__",))
