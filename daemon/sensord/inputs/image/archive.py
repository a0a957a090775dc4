# SPDX-License-Identifier: MIT
"""Saves pictures in a folder of limited size."""

import os
import time

from ... import log
from ...files import pnm
from ...timestamp import time_text


class Archive:
    """Saves pictures in a folder, and removes its own oldest ones beyond a size."""

    def __init__(self, folder, most_bytes, sensor):
        self._folder, self._most_bytes = folder, most_bytes
        self._prefix = sensor + "_"
        self._trouble = None

    def save(self, label, kind, size, picture):
        """Saves a picture. A folder that cannot be written is logged once; the readings go on."""
        when = time_text(time.time_ns()).replace(":", "")
        safe = "".join([c if c.isalpha() or c.isdigit() else "-" for c in label])
        name = self._prefix + when + "_" + safe + pnm.SUFFIX[kind]
        try:
            self._make_room(len(picture))
            pnm.write(self._folder + "/" + name, kind, size, picture)
            self._trouble = None
        except OSError as error:
            trouble = log.reason(error)
            if trouble != self._trouble:
                log.warning("pictures cannot be saved in %s: %s" % (self._folder, trouble))
                self._trouble = trouble

    def _own(self):
        """(name, bytes) of the pictures it saved, the oldest first."""
        found = []
        for entry in os.ilistdir(self._folder):
            name = entry[0]
            if name.startswith(self._prefix) and name[-4:] in (".pgm", ".ppm"):
                found.append((name, os.stat(self._folder + "/" + name)[6]))
        return sorted(found)

    def _make_room(self, wanted):
        own = self._own()
        used = sum([size for _, size in own]) + wanted
        for name, size in own:
            if used <= self._most_bytes:
                break
            os.remove(self._folder + "/" + name)
            used -= size
