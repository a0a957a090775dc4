# SPDX-License-Identifier: MIT
"""A running arecord or aplay: samples in or out, and an OSError with its reason if it fails."""

import select

from . import alsa, libc
from .explain import EINVAL, ENODEV, ENOENT
from .files import readable, writable
from .subprocess import Process

_EPIPE = 32  # <asm-generic/errno-base.h>
_PIPE_MAX = 1 << 20  # fs.pipe-max-size, unless the administrator changed it
_PERIODS = 5
_CAPTURE_PERIODS_PER_SECOND = 10
# Short, as playback begins with the first period and stops when less than one is left.
_PLAY_PERIODS_PER_SECOND = 50
_DRAIN_SLACK_MS = 2000  # to open the device and to close it


class Pcm:
    """Attributes: program, its name; file, the non-blocking file of samples; messages, an
    alsa.Messages."""

    def __init__(self, device, plays, rate_hz, channels, bits, kept_bytes):
        """Starts the program. The kernel keeps `kept_bytes` between it and this process.

        OSError(ENOENT) if it is not installed. An error of the device shows at a later call.
        """
        self.program = "aplay" if plays else "arecord"
        self._device = device
        self._rate_hz = rate_hz
        self._written = self._told = False
        period = rate_hz // (_PLAY_PERIODS_PER_SECOND if plays else _CAPTURE_PERIODS_PER_SECOND)
        command = alsa.command(
            self.program, device, rate_hz, channels, bits, period, period * _PERIODS
        )
        try:
            self._process = Process(
                command, stdin=plays, stdout=not plays, environment=alsa.ENVIRONMENT
            )
        except OSError as error:
            if error.errno == ENOENT:
                raise OSError(ENOENT, "%s is missing: %s" % (self.program, alsa.PACKAGE_HINT))
            raise
        self.messages = alsa.Messages(self._process.stderr)
        self.file = self._process.stdin if plays else self._process.stdout
        self._poller = select.poll()
        self._poller.register(self.file, select.POLLOUT if plays else select.POLLIN)
        frame_bytes = channels * bits // 8
        held = self._keep(kept_bytes) + period * _PERIODS * frame_bytes
        self._drain_ms = held * 1000 // (rate_hz * frame_bytes) + _DRAIN_SLACK_MS

    def _keep(self, length):
        """Sets how many bytes the kernel keeps; returns the number it accepted."""
        for wanted in (length, _PIPE_MAX):
            try:
                return libc.fcntl(self.file.fileno(), libc.F_SETPIPE_SZ, wanted)
            except OSError:
                # The system's limit (fs.pipe-max-size) is lower.
                pass
        return libc.fcntl(self.file.fileno(), libc.F_GETPIPE_SZ, 0)

    def wait(self, timeout_ms=-1):
        """Waits until samples can be moved or the program has ended; for use without asyncio."""
        self._poller.poll(timeout_ms)

    # async
    def ready(self):
        """As wait(), in asyncio."""
        return writable(self.file) if self.program == "aplay" else readable(self.file)

    def read(self, buf):
        """Reads the samples so far; returns the bytes, None for none. OSError as check()."""
        n = self.file.readinto(buf)
        if not n and len(buf):
            self.check(n == 0)
        return n

    def write(self, buf):
        """Writes what fits; returns the bytes, None for none. OSError as check()."""
        ended = False
        n = None
        try:
            n = self.file.write(buf)
            self._written = True
        except OSError as error:
            if error.errno != _EPIPE:
                raise
            ended = True
        # At every write: aplay stops when its pipe of messages is full.
        self.check(ended)
        return n

    def check(self, ended):
        """Raises the program's error: OSError(EINVAL) if the device has another rate,
        OSError(ENODEV) if the program has ended."""
        self.messages.update()
        if self.messages.rate_hz is not None:
            self._told = True
            raise OSError(
                EINVAL,
                "%s gives %d Hz, not %d Hz: set that rate, or use a plughw: device"
                % (self._device, self.messages.rate_hz, self._rate_hz),
            )
        if ended:
            self._told = True
            reason = self.messages.error or self.program + " ended"
            raise OSError(ENODEV, "%s: %s" % (self._device, reason))

    def close(self):
        """Ends arecord at once, and aplay when all is played. OSError as check() if aplay failed
        and no call has raised that yet."""
        try:
            if self._written:
                failed = self._process.finish(self._drain_ms) != 0
                if not self._told:
                    self.check(failed)
        finally:
            self.messages.update()
            self._process.close()
