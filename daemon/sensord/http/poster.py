# SPDX-License-Identifier: MIT
"""Takes readings from the outbox, posts them, and decides by the answer what becomes of them."""

import asyncio
import binascii
import json
import random

from linux.libc import clock_monotonic_ns

from .. import log
from ..mqtt.credentials import read_secret
from ..mqtt.transport import ConnectError
from . import triage
from .client import Client, NoAnswer
from .response import printable
from .triage import Triage

_FIRST_DELAY_MS = 500
# As with a broker: a server that is back is found within 10 s.
_LONGEST_DELAY_MS = 5000
_LONGEST_RETRY_AFTER_MS = 300000
_REPEAT_NS = 600000000000  # the same trouble is a warning again after so long
_MOST_BYTES = 32 * 1024  # of a request, unless one reading is longer
_EMPTY_POLL_MS = 5
_GATHER_MS = 1000
_YIELD_EACH = 64

# The statuses that say something about the readings; all others: the server is not available.
_VERDICTS = {
    400: triage.REFUSED,
    409: triage.REFUSED,
    413: triage.TOO_LARGE,
    422: triage.REFUSED,
    500: triage.FAILED,
}
_CURES = {
    401: "check the token, or username and password",
    403: "the token or user may not write there",
    404: "check the path, the database or the bucket in url",
    405: "check the path in url",
    407: "a proxy asks for a login",
    411: "a proxy does not pass the request on",
    415: "check format",
}


class Poster:
    """Serves one [http] table from construction to `stop()`.

    Attributes: server, as "http://host:port"; trouble, why the readings wait, or None.
    """

    def __init__(self, settings, form, outbox, tally):
        """`form` makes the bodies, see forms.py; `tally` has the counter `sent`."""
        self._settings = settings
        self._form = form
        self._outbox = outbox
        self._tally = tally
        self._secure = settings["url"][0] == "https"
        self.server = "%s://%s:%d" % _shown(settings["url"])
        headers = [("User-Agent", "sensord"), ("Content-Type", form.content_type)]
        headers += sorted(settings["headers"].items())
        self._client = Client(settings["url"], headers, settings["timeout"])
        self._triage = Triage(settings["batch"])
        self._interval_ns = settings["interval"] * 1000000
        self._last_ns = None
        self._delay_ms = _FIRST_DELAY_MS
        self._reported = None
        self._reported_ns = 0
        self._set_aside = {}  # the last reason by sensor
        self._hurry = asyncio.Event()
        self._is_asking = False
        self.trouble = None
        outbox.rewind()
        self._task = asyncio.create_task(self._run())

    async def stop(self, timeout_ms, drain):
        """Posts the waiting readings if `drain` is true and the server works, within
        `timeout_ms`."""
        if drain:
            self._hurry.set()
            while (
                timeout_ms > 0 and len(self._outbox) and (self.trouble is None or self._is_asking)
            ):
                await asyncio.sleep_ms(_EMPTY_POLL_MS)
                timeout_ms -= _EMPTY_POLL_MS
        self._task.cancel()
        self._client.close()

    async def _run(self):
        while True:
            await self._outbox.waiting.wait()
            await self._gather()
            try:
                delay_ms = await self._turn()
            except Exception as error:
                # A bug here must not end the delivery.
                log.error(log.mistake(error))
                self._outbox.rewind()
                delay_ms = self._longer()
            if delay_ms:
                await asyncio.sleep_ms(delay_ms)

    async def _gather(self):
        """Waits for the rest of the interval since the last request, or for a full one."""
        while self._last_ns is not None and not self._triage.searching:
            rest_ns = self._last_ns + self._interval_ns - clock_monotonic_ns()
            if rest_ns <= 0 or len(self._outbox) >= self._triage.limit:
                return
            try:
                rest_ms = min(rest_ns // 1000000 + 1, _GATHER_MS)
                await asyncio.wait_for_ms(self._hurry.wait(), rest_ms)
                return
            except asyncio.TimeoutError:
                continue

    async def _turn(self):
        """One request; returns how long to wait after it."""
        outbox, search = self._outbox, self._triage
        is_probe = search.probe > 0
        if is_probe:
            outbox.rewind()
            items = await self._take_one(search.probe)
            if items is None:
                search.no_probe()
                outbox.rewind()
                return self._longer()
        else:
            items = self._take(search.limit)
        if not items:
            return 0
        front = outbox.front
        self._last_ns = clock_monotonic_ns()
        self._is_asking = True
        try:
            verdict, reason, key, delay_ms = await self._send(items)
        finally:
            self._is_asking = False
        sensors = [sensor for _, sensor, _ in items]
        what = search.judge(front, sensors, verdict, clock_monotonic_ns())
        if what == triage.DELIVERED:
            for number, _, _ in items:
                outbox.acknowledge(number)
            self._tally.sent += len(items)
            self._delay_ms = _FIRST_DELAY_MS
            if is_probe:
                # Those before it have been taken from the outbox too.
                outbox.rewind()
            self._works()
            return 0
        if what == triage.SET_ASIDE:
            self._put_aside(items[0], reason, key)
            return 0
        # They are taken from the outbox again: times that were wrong may be corrected meanwhile.
        outbox.rewind()
        if what == triage.AT_ONCE:
            return 0
        self._report(key, reason)
        return delay_ms or self._longer()

    def _take(self, most):
        """Up to `most` readings, as [(number, sensor, item)]."""
        items, size = [], 0
        for _ in range(most):
            entry = self._outbox.take()
            if entry is None:
                break
            item = self._item(entry)
            if item is not None:
                items.append(item)
                size += len(item[2])
                if size >= _MOST_BYTES:
                    break
        return items

    async def _take_one(self, depth):
        """The reading `depth` places behind the first, as _take(); None if there is none."""
        for at in range(depth + 1):
            entry = self._outbox.take()
            if entry is None:
                return None
            if at % _YIELD_EACH == _YIELD_EACH - 1:
                await asyncio.sleep_ms(0)
        item = self._item(entry)
        return [item] if item is not None else []

    def _item(self, entry):
        number, sensor, payload = entry
        try:
            data = self._form.encode(sensor, payload)
        except ValueError as error:
            # Only a refused reading that was changed on disk and is sent again can be one.
            log.error("a waiting message of %s is dropped: %s" % (sensor, error))
            data = None
        if data is None:
            # It has nothing that this form can say.
            self._outbox.acknowledge(number)
            return None
        return number, sensor, data

    async def _send(self, items):
        """(verdict, reason, what it is the same trouble by, how long to wait or 0)."""
        settings = self._settings
        try:
            more = self._login()
            context = None
            if self._secure:
                from ..mqtt.secure import tls_context

                context = await tls_context(settings["ca_file"])
            body = self._form.join([item[2] for item in items])
            answer = await self._client.post(body, context, more)
        except NoAnswer as error:
            return triage.FAILED, str(error), "answer", 0
        except (ConnectError, OSError) as error:
            return triage.UNAVAILABLE, log.reason(error), log.reason(error), 0
        status = answer.status
        if 200 <= status < 300:
            return triage.ACCEPTED, None, None, 0
        reason = "%d %s" % (status, answer.reason)
        text = _words(answer.text)
        if text:
            reason += ": " + text
        if 300 <= status < 400:
            reason += "; it leads to %s: put the right address into url" % answer.location
        elif status in _CURES:
            reason += "; " + _CURES[status]
        delay_ms = 0
        if answer.retry_after_s is not None and status in (429, 503):
            delay_ms = min(1000 * answer.retry_after_s, _LONGEST_RETRY_AFTER_MS)
        return _VERDICTS.get(status, triage.UNAVAILABLE), reason, status, delay_ms

    def _login(self):
        """The header that logs in, with its line end; read anew, as credentials change.

        Raises OSError if the credential is not there."""
        settings = self._settings
        token = read_secret(settings, "token")
        if token is not None:
            scheme = "Token" if settings["format"] == "influx" else "Bearer"
            return "Authorization: %s %s\r\n" % (scheme, _text(token))
        if settings["username"] is None:
            return ""
        login = "%s:%s" % (settings["username"], _text(read_secret(settings, "password") or ""))
        return "Authorization: Basic %s\r\n" % _text(binascii.b2a_base64(login.encode()).strip())

    def _longer(self):
        """The next delay after a failure."""
        delay_ms = self._delay_ms
        self._delay_ms = min(2 * delay_ms, _LONGEST_DELAY_MS)
        return delay_ms // 2 + random.getrandbits(16) * delay_ms // 65536

    def _put_aside(self, item, reason, key):
        number, sensor, data = item
        self._outbox.rewind()
        found = self._outbox.take()
        # It may have been dropped meanwhile, for want of room.
        if found is not None and found[0] == number:
            self._outbox.refuse(number, sensor, found[2], reason)
        self._outbox.rewind()
        # One sensor's readings are mostly refused for one reason.
        write = log.debug if self._set_aside.get(sensor) == key else log.error
        self._set_aside[sensor] = key
        write(
            "%s refuses a reading of %s (%d bytes), which is set aside: %s"
            % (self.server, sensor, len(data), reason)
        )

    def _works(self):
        if self.trouble is not None or self._reported is None:
            log.info("%s takes the readings" % self.server)
            self._reported = self._reported or ""
        self.trouble = None

    def _report(self, key, reason):
        # The journal gets the same trouble once, and not once for each attempt.
        now_ns = clock_monotonic_ns()
        is_old = self._reported == key and now_ns - self._reported_ns < _REPEAT_NS
        write = log.debug if is_old else log.warning
        if not is_old:
            self._reported, self._reported_ns = key, now_ns
        self.trouble = reason
        write("%s: %s; %d readings wait" % (self.server, reason, len(self._outbox)))


def _shown(url):
    scheme, host, port, _ = url
    return scheme, "[%s]" % host if ":" in host else host, port


def _text(secret):
    return secret if isinstance(secret, str) else str(secret, "utf-8")


def _words(data):
    """The words of a server about its answer, from JSON or plain text; "" for a web page."""
    text = bytes(data).strip()
    if text.startswith(b"{"):
        try:
            found = json.loads(text)
            for name in ("message", "error", "detail"):
                if isinstance(found.get(name), str):
                    text = found[name].encode()
                    break
        except ValueError:
            # It is not JSON, or longer than what was kept.
            pass
    return "" if text.startswith(b"<") else printable(text)
