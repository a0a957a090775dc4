# SPDX-License-Identifier: MIT
"""ALSA's programs `arecord` and `aplay`: their options, messages and devices."""

from .subprocess import run

PACKAGE_HINT = "install the package alsa-utils"
_LIST_TIMEOUT_MS = 5000
_NOT_AN_ERROR = ("Recording ", "Playing ", "         please, try the plug plugin")


class Messages:
    """Reads what a running arecord or aplay writes to its standard error.

    Attributes: overruns and underruns, the number reported; lost_ms, the least that the overruns
    lost; rate_hz, the device's rate if it is not the requested one, else None; error, the last
    other line, which is the reason when the program ends.
    """

    def __init__(self, file):
        self._file = file
        self._partial = b""
        self._chunk = bytearray(256)
        self.overruns = 0
        self.underruns = 0
        self.lost_ms = 0.0
        self.rate_hz = None
        self.error = ""

    def update(self):
        """Reads the messages so far; never blocks."""
        while True:
            n = self._file.readinto(self._chunk)
            if not n:
                return
            lines = (self._partial + self._chunk[:n]).split(b"\n")
            self._partial = lines.pop()[-1024:]
            for line in lines:
                self._take("".join([chr(c) if c < 0x80 else "?" for c in line]))

    def _take(self, line):
        # aplay.c of alsa-utils: "overrun!!! (at least 12.345 ms long)"
        if line.startswith("overrun!!!"):
            self.overruns += 1
            words = line.split(" ")
            if "ms" in words:
                self.lost_ms += float(words[words.index("ms") - 1])
        elif line.startswith("underrun!!!"):
            self.underruns += 1
        # "Warning: rate is not accurate (requested = 16000Hz, got = 48000Hz)"
        elif "rate is not accurate" in line and "got = " in line:
            self.rate_hz = int(line.split("got = ")[1].split("Hz")[0])
        elif line and not line.startswith(_NOT_AN_ERROR):
            # "arecord: main:831: audio open error: No such file or directory"
            if line.startswith(("arecord: ", "aplay: ")):
                line = line.split(": ", 2)[-1]
            self.error = line


# Messages parses the English texts, so the programs must not translate them.
ENVIRONMENT = {"LC_ALL": "C"}


def command(program, device, rate_hz, channels, bits, period_frames, buffer_frames):
    """The arguments that start `arecord` or `aplay` on a PCM device, for little endian frames of
    16 or 32 bits on its standard output or input."""
    words = [
        program,
        "-D",
        device,
        "-t",
        "raw",
        "-f",
        "S%d_LE" % bits,
        "-r",
        str(rate_hz),
        "-c",
        str(channels),
        "--period-size=%d" % period_frames,
        "--buffer-size=%d" % buffer_frames,
    ]
    if program == "aplay":
        # Play from the first period on. By default aplay waits until its whole buffer is full,
        # which a short sound never fills.
        words.append("--start-delay=1")
    return words


async def capture_devices():
    """The names of the PCM devices that `arecord -L` lists, in its order."""
    _, output = await run(["arecord", "-L"], _LIST_TIMEOUT_MS)
    # A name stands at the start of its line, its description is indented.
    lines = str(output, "utf-8").split("\n")
    return [line for line in lines if line and not line.startswith((" ", "\t"))]
