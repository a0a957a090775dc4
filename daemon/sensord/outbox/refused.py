# SPDX-License-Identifier: MIT
"""The messages that the broker refuses, in a file of the outbox's folder.

Each line of the file is a JSON object: number, time, reason, topic, and payload (a text) or
payload_base64. The daemon alone writes it; `sensord outbox` leaves a request in a file beside it.
"""

import binascii
import json
import os
import time

from ..errors import ENOENT
from ..timestamp import time_text
from .folder import call, exists

FILE = "refused"
REQUEST = "refused.request"
_NEW = "refused.new"
_REQUEST_NEW = "refused.request.new"
NAMES = (FILE, REQUEST, _NEW, _REQUEST_NEW)
SEND, DROP, ALL = "send", "drop", "all"
_MAX_BYTES = 256 * 1024
_MAX_REQUEST_BYTES = 4096


class Refused:
    """The file. Attributes: kept, how many messages are in it."""

    def __init__(self, folder, max_bytes=_MAX_BYTES):
        """`max_bytes` is the most that the file may have; the older half gives way. Raises
        OSError if the file is there and cannot be read."""
        self._path = "%s/%s" % (folder, FILE)
        self._request = "%s/%s" % (folder, REQUEST)
        self._new = "%s/%s" % (folder, _NEW)
        self._max_bytes = max_bytes
        self._bytes = 0
        self._last = 0
        self.kept = 0
        for line in read(self._path):
            self._bytes += len(line)
            self.kept += 1
            number = parse(line)["number"]
            if isinstance(number, int):
                self._last = max(self._last, number)
        if self.kept and os.stat(self._path)[6] != self._bytes:
            # The power was lost while a line was written.
            self._rewrite(lambda line: True)

    def add(self, topic, payload, reason):
        """Adds a message: topic and reason (str), payload (bytes). Returns how many older ones
        gave way. Raises OSError."""
        self._last += 1
        entry = {
            "number": self._last,
            "time": time_text(time.time_ns()),
            "reason": reason,
            "topic": topic,
        }
        try:
            entry["payload"] = str(payload, "utf-8")
        except UnicodeError:
            entry["payload_base64"] = binascii.b2a_base64(payload).decode().strip()
        line = json.dumps(entry).encode() + b"\n"
        lost = 0
        if self._bytes and self._bytes + len(line) > self._max_bytes:
            lost = self._halve()
        with call(open, self._path, "ab") as file:
            file.write(line)
        self._bytes += len(line)
        self.kept += 1
        return lost

    def _halve(self):
        excess, before = self._bytes - self._max_bytes // 2, self.kept
        seen = 0

        def is_new(line):
            nonlocal seen
            before, seen = seen, seen + len(line)
            return before >= excess

        self._rewrite(is_new)
        return before - self.kept

    def _rewrite(self, wanted):
        """Keeps the lines for which `wanted(line)` is true."""
        kept = size = 0
        with call(open, self._new, "wb") as file:
            for line in read(self._path):
                if wanted(line):
                    file.write(line)
                    kept += 1
                    size += len(line)
        call(os.rename, self._new, self._path)
        self.kept, self._bytes = kept, size

    def obey(self, send):
        """Does what a request says, if there is one: `send(topic, payload)` gets each message that
        is to be sent again. Returns (how many were sent, how many dropped). Raises OSError."""
        if not exists(self._request):
            return 0, 0
        try:
            with call(open, self._request, "rb") as file:
                words = file.read(_MAX_REQUEST_BYTES).decode().split()
        except UnicodeError:
            words = []
        counts = {SEND: 0, DROP: 0}
        if words and words[0] in counts:

            def stays(line):
                entry = parse(line)
                if ALL not in words[1:] and str(entry["number"]) not in words[1:]:
                    return True
                counts[words[0]] += 1
                if words[0] == SEND and entry["topic"]:
                    send(entry["topic"], payload_of(entry))
                return False

            self._rewrite(stays)
        # Last, so that a loss of power sends twice rather than never.
        call(os.remove, self._request)
        return counts[SEND], counts[DROP]


def read(path):
    """Yields the lines of the file, as bytes; none if there is no file. Raises OSError."""
    try:
        file = call(open, path, "rb")
    except OSError as error:
        if error.errno == ENOENT:
            return
        raise
    with file:
        while True:
            line = file.readline()
            if not line.endswith(b"\n"):
                # The power was lost while it was written.
                return
            yield line


def parse(line):
    """A line as a dict with the keys number, time, reason and topic at least; they are None in a
    line that is damaged."""
    entry = {"number": None, "time": None, "reason": None, "topic": None}
    try:
        found = json.loads(line)
    except ValueError:
        return entry
    if isinstance(found, dict):
        entry.update(found)
    return entry


def payload_of(entry):
    """The payload of a parsed line, as bytes."""
    if "payload_base64" in entry:
        try:
            return binascii.a2b_base64(entry["payload_base64"])
        except (ValueError, TypeError):
            return b""
    payload = entry.get("payload")
    return payload.encode() if isinstance(payload, str) else b""


def ask(folder, what, numbers):
    """Leaves a request for the daemon: `what` is SEND or DROP, `numbers` a list of numbers as
    text, or [ALL]. Returns False if an earlier one waits still. Raises OSError."""
    if pending(folder):
        return False
    new = "%s/%s" % (folder, _REQUEST_NEW)
    with call(open, new, "wb") as file:
        file.write(" ".join([what] + numbers).encode())
    call(os.rename, new, "%s/%s" % (folder, REQUEST))
    return True


def pending(folder):
    """Whether a request waits for the daemon."""
    return exists("%s/%s" % (folder, REQUEST))
