# SPDX-License-Identifier: MIT
"""The file that lists what the broker retains of this host, so that the next start can take back
what is gone by then.

Its first line is the identifier of the device, "node IDENTIFIER"; each other line "NAME TOPIC":
the sensor or action that a retained topic belongs to, or "-" for the host itself.
"""

import os

from ...errors import ENOENT
from ...files import state

# A program that makes up new names for ever must not fill the memory and the broker.
MOST = 5000
_LONGEST_LINE = 1000
_NODE = "node"


class Announced:
    """The list in memory and in its file.

    Attributes: node, the identifier that the file has, or None; topics, {topic: name}; trouble,
    why the file cannot be used, or None.
    """

    def __init__(self, path):
        """Reads the file at `path`, if there is one."""
        self._path = path
        self.node = None
        self.topics = {}
        self.trouble = None
        try:
            self._read()
        except OSError as error:
            if error.errno != ENOENT:
                self.trouble = error
        except UnicodeError:
            # save() did not write this. The topics in it stay at the broker.
            self.topics = {}

    def _read(self):
        with open(self._path, "rb") as file:
            while len(self.topics) < 2 * MOST:
                line = file.readline(_LONGEST_LINE)
                if not line:
                    return
                # A name has no space.
                name, space, topic = str(line, "utf-8").strip("\n").partition(" ")
                if name == _NODE and self.node is None and not self.topics:
                    self.node = topic or None
                elif space and topic:
                    self.topics[topic] = name

    def save(self, node):
        """Replaces the file: a loss of power leaves the old or the new one."""
        self.node = node
        try:
            state.replace(self._path, self._lines())
            self.trouble = None
        except OSError as error:
            self.trouble = error

    def _lines(self):
        if self.node is not None:
            yield "%s %s\n" % (_NODE, self.node)
        for topic in self.topics:
            yield "%s %s\n" % (self.topics[topic], topic)

    def remove(self):
        """Removes the file: nothing is retained any more."""
        self.topics = {}
        try:
            os.remove(self._path)
        except OSError as error:
            if error.errno != ENOENT:
                self.trouble = error
