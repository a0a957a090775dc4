# SPDX-License-Identifier: MIT
"""The readings of a daemon for an HTTP server: an outbox of its own, and what empties it."""

import asyncio

from .. import log
from ..outbox.flusher import Flusher, open_outbox
from ..outbox.folder import HTTP
from ..outbox.outbox import SILENT_MS
from ..outbox.record import JSON
from . import forms, line_protocol
from .poster import Poster

STOP_MS = 1200  # for the waiting readings


class HTTPOutput:
    """Keeps each reading until the server of the [http] table has it.

    Attribute: sent, how many readings the server took.
    """

    def __init__(self, outbox, clock, host):
        """`outbox` is a checked [outbox] table, `clock` a clock.Clock, `host` the machine's
        name."""
        self._host = host
        self._form = None
        self._settings = None
        self._poster = None
        self._replacing = None
        self.sent = 0
        self._outbox = open_outbox(outbox, clock, {JSON: self._head}, HTTP)
        self._flusher = Flusher(self._outbox, clock, outbox["sync"], " of [http]")

    def __len__(self):
        return len(self._outbox)

    def _head(self, *arguments):
        # The form may change while readings wait.
        return self._form.head(*arguments)

    def configure(self, settings, host):
        """Switches to a checked [http] table, or to None, which keeps what waits; `host` is the
        checked [host] table."""
        wanted = settings, host
        if wanted == self._settings:
            return
        self._settings = wanted
        self._replacing = asyncio.create_task(self._replace(wanted, self._replacing))

    async def _replace(self, wanted, before):
        if before is not None:
            await before
        if self._poster is not None:
            await self._poster.stop(0, False)
            self._poster = None
        settings, host = wanted
        # Another change may have come meanwhile.
        if settings is not None and wanted is self._settings:
            self._form = _form(settings, self._host, host)
            self._flusher.tells_moves = settings["interval"] < SILENT_MS
            self._poster = Poster(settings, self._form, self._outbox, self)

    def reading(self, sensor, fields, now):
        """Adds a reading: `fields` is a sequence of (name, value), `now` Clock.now()."""
        if self._settings[0] is None:
            return
        try:
            self._outbox.append_reading(sensor, forms.text(fields), now)
        except ValueError as error:
            log.error("%s: %s" % (sensor, error))
        self._flusher.appended()

    def fields(self):
        """The state of the delivery for the metrics, as [(name, value)]."""
        outbox = self._outbox
        return [
            ("http_queue_depth", len(outbox)),
            ("http_queue_kib", outbox.bytes // 1024),
            ("http_sent", self.sent),
            ("http_refused", outbox.refused),
            ("http_dropped", outbox.dropped),
        ]

    def summary(self):
        """For example "http://server:8086: 0 readings wait", or None without a server."""
        poster = self._poster
        if poster is None:
            return None
        text = "%s: %d readings wait" % (poster.server, len(self._outbox))
        if self._outbox.on_disk:
            text += " on disk"
        return text if poster.trouble is None else "%s (%s)" % (text, poster.trouble)

    async def stop(self):
        """Posts the waiting readings, if the server works, and closes the outbox; takes at most
        STOP_MS."""
        if self._replacing is not None:
            await self._replacing
        if self._poster is not None:
            await self._poster.stop(STOP_MS, True)
        self._flusher.close()


def _form(settings, host_name, host):
    tags = [("host", host_name)]
    tags += [(key, host[key]) for key in ("organisation", "location", "room")]
    if settings["format"] == "influx":
        return forms.Influx(tags, line_protocol.unit_ns(settings["url"][3].partition("?")[2]))
    return forms.JSON(tags)
