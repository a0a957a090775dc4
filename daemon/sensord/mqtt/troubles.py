# SPDX-License-Identifier: MIT
"""Tells the journal of the troubles with each server: the same one once, and then how often."""

from linux.libc import clock_monotonic_ns

from .. import log

_AGAIN_NS = 600 * 1000000000  # until the same trouble is told again, with its number
_MOST_NOTES = 16


def _without_numbers(text):
    return "".join([c for c in text if c not in "0123456789"])


class Troubles:
    """The troubles with each server since its last connection that lasted."""

    def __init__(self):
        self._told = {}  # {server: {trouble without numbers: [untold since, last line in ns]}}
        self._quiet = set()  # servers whose last trouble was not told
        self._noted = set()

    def report(self, server, text):
        """A connection ended, or could not be made, for that reason."""
        key, now_ns = _without_numbers(text), clock_monotonic_ns()
        told = self._told.setdefault(server, {})
        line = "%s: %s" % (server, text)
        entry = told.get(key)
        self._quiet.discard(server)
        if entry is None:
            if len(told) >= _MOST_NOTES:
                told.clear()
            told[key] = [0, now_ns]
            log.warning(line)
            return
        entry[0] += 1
        if now_ns - entry[1] < _AGAIN_NS:
            self._quiet.add(server)
            log.debug(line)
            return
        minutes = (now_ns - entry[1]) // 60000000000
        log.warning("%s (%d times in %d min)" % (line, entry[0], minutes))
        entry[0], entry[1] = 0, now_ns

    def connected(self, server):
        """A connection was made: told unless the end of the one before was not."""
        write = log.debug if server in self._quiet else log.info
        write("connected to %s" % server)

    def steady(self, server):
        """A connection has lasted: what comes now is told again."""
        self._told.pop(server, None)
        if server in self._quiet:
            self._quiet.discard(server)
            log.info("the connection to %s lasts again" % server)

    def note(self, server, text):
        """Something about a server that is told once."""
        line = "%s: %s" % (server, text)
        if line not in self._noted and len(self._noted) < _MOST_NOTES:
            self._noted.add(line)
            log.warning(line)
