# SPDX-License-Identifier: MIT
"""Lists the modules in the package's folders, also where they are part of the interpreter.

The daemon finds kinds of input and chips by their files: a new one needs a file and no entry in a
list. packaging/interpreter/generate.py puts these folders into a file system that can be listed.
"""

import os


def _entries(folder):
    """The names in a folder; compiled modules end in ".py" too."""
    package, _, rest = folder.partition("/")
    path = load(package).__path__
    if not isinstance(path, str):
        (path,) = path  # CPython has a list of paths
    names = os.listdir("%s/%s" % (path, rest) if rest else path)
    return [name[:-4] + ".py" if name.endswith(".mpy") else name for name in names]


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
