# SPDX-License-Identifier: MIT
"""ALSA capture through the `arecord` program: what it says, and which devices it knows."""

from .subprocess import Process, run

PACKAGE_HINT = "install the package alsa-utils"
_LIST_TIMEOUT_MS = 5000
_NOT_AN_ERROR = ("Recording ", "         please, try the plug plugin")


class CaptureMessages:
    """Reads what a running arecord writes to its standard error.

    Attributes: overruns, how often arecord reported one; lost_ms, the least that they lost;
    rate_hz, the rate the device has if it is not the one asked for, else None; error, the last
    other line, which is the reason when arecord ends.
    """

    def __init__(self, file):
        self._file = file
        self._partial = b""
        self._chunk = bytearray(256)
        self.overruns = 0
        self.lost_ms = 0.0
        self.rate_hz = None
        self.error = ""

    def update(self):
        """Takes in what is there; never blocks."""
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
        # "Warning: rate is not accurate (requested = 16000Hz, got = 48000Hz)"
        elif "rate is not accurate" in line and "got = " in line:
            self.rate_hz = int(line.split("got = ")[1].split("Hz")[0])
        elif line and not line.startswith(_NOT_AN_ERROR):
            # "arecord: main:831: audio open error: No such file or directory"
            if line.startswith("arecord: "):
                line = line.split(": ", 2)[-1]
            self.error = line


def capture(device, rate_hz, channels, period_frames, buffer_frames):
    """Starts `arecord` on a PCM device: int16 little endian frames on the process's stdout.

    Raises OSError(ENOENT) if alsa-utils is not installed. A device that cannot be opened shows
    only later: the output ends, and CaptureMessages has the reason.
    """
    command = [
        "arecord",
        "-D",
        device,
        "-t",
        "raw",
        "-f",
        "S16_LE",
        "-r",
        str(rate_hz),
        "-c",
        str(channels),
        "--period-size=%d" % period_frames,
        "--buffer-size=%d" % buffer_frames,
    ]
    # Its messages are read by CaptureMessages: in no language but this one.
    return Process(command, environment={"LC_ALL": "C"})


async def capture_devices():
    """The names of the PCM devices that `arecord -L` lists, in its order."""
    _, output = await run(["arecord", "-L"], _LIST_TIMEOUT_MS)
    # A name stands at the start of its line, its description is indented.
    lines = str(output, "utf-8").split("\n")
    return [line for line in lines if line and not line.startswith((" ", "\t"))]
