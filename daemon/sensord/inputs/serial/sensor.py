# SPDX-License-Identifier: MIT
"""type = "serial": lines from a serial port that match a pattern."""

import asyncio
import re
import time

import relinear

from linux.files import readable
from machine import UART

from ... import log
from ...errors import Fault
from ...files.utf8 import shown
from ...values.field import NUMBER, TEXT, Invalid
from ...values.number import number

_PARITY = {"none": None, "even": 0, "odd": 1}
_LONGEST_LINE = 1024
_CHUNK = 512
_SHOWN = 60  # characters of a line, in a message
# A flood would push the other sensors' readings out of the outbox.
_MOST_A_SECOND, _BURST = 100, 1000
_CALM_MS = 60000  # without a reading too many, after which the status is as before
_TAB, _DELETE, _QUESTION_MARK = 9, 127, 63


class Lines:
    """Cuts a stream of bytes into lines. The first one may have begun before the port was opened,
    and of one that is too long the end is missing: neither is given.

    Attribute: too_long, how many lines had more than 1024 bytes.
    """

    def __init__(self):
        self._rest = b""
        self._is_whole = False  # whether the line in _rest is known from its beginning to here
        self.too_long = 0

    def feed(self, data):
        """Returns the whole lines that end in `data`, without their ends."""
        parts = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        lines = []
        for part in parts[:-1]:
            if self._is_whole and len(part) <= _LONGEST_LINE:
                lines.append(part)
            elif self._is_whole:
                self.too_long += 1
            self._is_whole = True
        self._rest = parts[-1]
        if len(self._rest) > _LONGEST_LINE:
            self.too_long += self._is_whole
            self._is_whole = False
            self._rest = b""
        return lines


def _printable(line):
    """A line with "?" for control characters other than tabs, bytes; None for one that is not
    whole: a NUL within it stands for characters that were lost."""
    line = line.strip(b"\0")
    if 0 in line:
        return None
    if all(c >= 32 and c != _DELETE for c in line):
        return line
    return bytes([c if c >= 32 and c != _DELETE or c == _TAB else _QUESTION_MARK for c in line])


class _Limit:
    """Whether one more reading fits: _BURST of them, and _MOST_A_SECOND again with each second.

    Attribute: left_out, how many did not; the user sets it to 0.
    """

    def __init__(self):
        self._left = _BURST
        self._filled_ms = time.ticks_ms()
        self._over_ms = 0
        self.left_out = 0

    def take(self):
        now_ms = time.ticks_ms()
        passed_ms = time.ticks_diff(now_ms, self._filled_ms)
        if passed_ms < 0 or passed_ms >= 1000:
            # Below 0: the counter has wrapped around since.
            more = _BURST if passed_ms < 0 else passed_ms * _MOST_A_SECOND // 1000
            self._left = min(_BURST, self._left + more)
            self._filled_ms = now_ms
        if self._left:
            self._left -= 1
            return True
        self.left_out += 1
        self._over_ms = now_ms
        return False

    @property
    def is_calm(self):
        """Whether there was room for all readings of the last minute."""
        return time.ticks_diff(time.ticks_ms(), self._over_ms) > _CALM_MS


class Sensor:
    def __init__(self, settings):
        self._settings = settings
        # A port that is silent for so long is a fault: the device at its end has stopped.
        self.deadline_ms = settings["timeout"]
        self._pattern = re.compile(settings["pattern"])
        tables = settings["values"]
        self._kinds = [tables[f]["kind"] if f in tables else None for f in settings["fields"]]
        self._seen = self._bytes = 0  # since the last line that matched
        self._last = b""
        self._limit = _Limit()
        self._matched_ms = 0
        self._warned = set()

    async def run(self, output):
        settings = self._settings
        port = UART(
            settings["device"],
            settings["baudrate"],
            settings["bits"],
            _PARITY[settings["parity"]],
            settings["stop"],
        )
        try:
            lines = Lines()
            buffer = bytearray(_CHUNK)
            self._matched_ms = time.ticks_ms()
            while True:
                await readable(port)
                n = port.readinto(buffer)
                if n is None:
                    continue
                output.beat()
                self._bytes += n
                for line in lines.feed(buffer[:n]):
                    self._take(line, output)
                if lines.too_long:
                    text = "lines of more than %d bytes are passed over" % _LONGEST_LINE
                    self._warn("length", text)
                self._require_match(lines)
                # A port that never pauses leaves the other sensors their turn.
                await asyncio.sleep_ms(0)
        finally:
            port.deinit()

    def _warn(self, subject, text):
        """Logs a warning about lines that are passed over, once for each subject."""
        if subject not in self._warned:
            self._warned.add(subject)
            log.warning("%s: %s" % (self._settings["name"], text))

    def _take(self, line, output):
        if not line:
            return
        self._seen += 1
        self._last = line
        line = _printable(line)
        if line is None:
            return
        fields = self._fields(line)
        if fields is not None:
            self._seen = self._bytes = 0
            self._matched_ms = time.ticks_ms()
            self._deliver(fields, output)

    def _deliver(self, fields, output):
        limit = self._limit
        if not limit.take():
            output.note = "more than %d readings a second: some are left out" % _MOST_A_SECOND
            return
        if limit.left_out and limit.is_calm:
            log.warning("%s: %d readings were left out" % (self._settings["name"], limit.left_out))
            limit.left_out, output.note = 0, None
        output.reading(fields)

    def _require_match(self, lines):
        """Raises Fault when data come and no line has matched for too long."""
        waited_ms = time.ticks_diff(time.ticks_ms(), self._matched_ms)
        if waited_ms < self._settings["timeout"]:
            return
        if self._seen:
            raise Fault(
                "%d lines came within %g s, none matches the pattern%s; the last: %r"
                % (self._seen, waited_ms // 100 / 10, self._hint(), self._shown())
            )
        raise Fault(
            "%d bytes came within %g s, and no whole line%s: is the baudrate right?"
            % (
                self._bytes,
                waited_ms // 100 / 10,
                " of at most %d bytes" % _LONGEST_LINE if lines.too_long else "",
            )
        )

    def _shown(self):
        return shown(_printable(self._last.replace(b"\0", b"?")))[:_SHOWN]

    def _hint(self):
        """Says how a pattern that fits within the last line is written."""
        line = _printable(self._last)
        if line is None or len(line) > _SHOWN or relinear.search(self._pattern, line) is None:
            return ""
        return " from its start (.* passes over the beginning)"

    def _fields(self, line):
        """The fields that the groups of the pattern found in a line; None if it does not match."""
        # Not re, which for some patterns and lines never ends.
        found = relinear.match(self._pattern, line)
        if found is None:
            return None
        fields = []
        for i, name in enumerate(self._settings["fields"]):
            part = found[i + 1]
            part = None if part is None else shown(part)
            fields.append((name, _value(part, self._kinds[i])))
        return fields


def _value(text, kind):
    """A number where the text is one, unless its field is declared a text."""
    if text is None or kind == TEXT:
        return text
    value = number(text.strip())
    if value is not None:
        return value
    if text.strip().lstrip("+-").lower() in ("nan", "inf", "infinity"):
        return Invalid("the device sent %r" % text)
    return text if kind != NUMBER else Invalid("%r is no number" % text[:_SHOWN])
