# SPDX-License-Identifier: MIT
"""type = "serial": lines from a serial port that match a pattern."""

import re

from linux.files import readable
from machine import UART

from . import Fault

_PARITY = {"none": None, "even": 0, "odd": 1}
_LONGEST_LINE = 1024


class LineSensor:
    def __init__(self, settings):
        self._settings = settings
        # A port that is silent for so long is a fault: whatever is at its end has stopped.
        self.deadline_ms = settings["timeout"]
        self._pattern = re.compile(settings["pattern"])

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
            rest = b""
            while True:
                await readable(port)
                data = port.read()
                if data is None:
                    continue
                lines = (rest + data).replace(b"\r", b"\n").split(b"\n")
                rest = lines.pop()[-_LONGEST_LINE:]
                for line in lines:
                    fields = self._fields(line)
                    if fields is not None:
                        output.beat()
                        output.reading(fields)
        finally:
            port.deinit()

    def _fields(self, line):
        """What the groups of the pattern found in a line; None if it does not match."""
        found = self._pattern.match("".join([chr(c) if 32 <= c < 127 else "?" for c in line]))
        if not found:
            return None
        fields = []
        for i, name in enumerate(self._settings["fields"]):
            try:
                fields.append((name, _value(found.group(i + 1))))
            except IndexError:
                raise Fault("the pattern has fewer groups than there are fields")
        return fields


def _value(text):
    """A number where the text is one."""
    if text is None:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
