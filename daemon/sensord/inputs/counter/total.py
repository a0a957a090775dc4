# SPDX-License-Identifier: MIT
"""A count of edges that outlives restarts."""

import time

from ... import log
from ...files import state

_SAVE_MS = 60000  # at most so often, for an SD card's sake


class KeptTotal:
    """The number of edges in a file."""

    def __init__(self, settings):
        self._name = settings["name"]
        self._file = state.path("counters", settings["name"])
        self._set = settings["total"]
        self._scale = settings["scale"]
        self._saved = None
        self._saved_ms = time.ticks_ms()
        self._trouble = None

    def start(self, edges):
        """The number of edges to go on with: `edges` if they are known, or else those of the file;
        or the total of the settings, if it was not set before."""
        kept = self._load()
        if edges is None:
            edges = kept["edges"]
        if self._set is not None and self._set != kept["set"]:
            edges = round(self._set / self._scale)
            self.save(edges)
        return edges

    def _load(self):
        kept = None
        try:
            kept = state.load(self._file)
        except (OSError, ValueError) as error:
            reason = log.reason(error) if isinstance(error, OSError) else str(error)
            log.warning("%s: %s cannot be read: %s" % (self._name, self._file, reason))
        if isinstance(kept, dict) and isinstance(kept.get("edges"), int):
            return {"edges": kept["edges"], "set": kept.get("set")}
        return {"edges": 0, "set": None}

    def keep(self, edges):
        """Saves the number of edges if it has changed and the last time is a minute ago."""
        if time.ticks_diff(time.ticks_ms(), self._saved_ms) >= _SAVE_MS:
            self.save(edges)

    def save(self, edges):
        """Saves the number of edges if it has changed."""
        self._saved_ms = time.ticks_ms()
        if edges == self._saved:
            return
        try:
            state.save(self._file, {"edges": edges, "set": self._set})
            self._saved, self._trouble = edges, None
        except OSError as error:
            trouble = log.reason(error)
            if trouble != self._trouble:
                log.warning("%s: %s cannot be saved: %s" % (self._name, self._file, trouble))
                self._trouble = trouble
