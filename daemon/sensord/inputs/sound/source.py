# SPDX-License-Identifier: MIT
"""The sources of sound: a microphone, or a recording of one."""

import asyncio
import time

from linux import alsa
from machine import I2S

from ... import log
from ...errors import ENODEV, Fault
from ...files import wav

# Thirty seconds at 16 kHz: the kernel keeps the samples while the daemon is busy.
_KERNEL_BUFFER_BYTES = 1 << 20
# arecord passes on a tenth of a second at a time.
_PERIOD_MS = 100
_LONGEST_WAIT_MS = 1000


class Microphone:
    """An ALSA capture device, int16 mono. Attributes: rate_hz; overruns since the start."""

    def __init__(self, device, rate_hz):
        self.rate_hz = rate_hz
        self._device = device
        self._heard = False
        self._i2s = I2S(
            device,
            mode=I2S.RX,
            bits=16,
            format=I2S.MONO,
            rate=rate_hz,
            ibuf=_KERNEL_BUFFER_BYTES,
        )
        self._i2s.setblocking(False)

    @property
    def overruns(self):
        return self._i2s.overruns

    async def readinto(self, buffer, wanted):
        """Waits for samples; returns how many bytes of them it put into `buffer`.

        If there are none it sleeps until there are as many as `wanted`, or for a second: each
        wake-up costs more than the samples it brings, and the kernel keeps them meanwhile.
        Raises Fault when capture ends.
        """
        # arecord needs a moment to report that it cannot open the device.
        sleep_ms = _PERIOD_MS
        if self._heard:
            sleep_ms += min(wanted * 1000 // self.rate_hz, _LONGEST_WAIT_MS)
        try:
            n = self._i2s.readinto(buffer)
            while n is None:
                await asyncio.sleep_ms(sleep_ms)
                n = self._i2s.readinto(buffer)
        except OSError as error:
            raise Fault(await self._reason(error))
        self._heard = True
        return n

    async def _reason(self, error):
        text = 'capture device "%s"' % self._device
        reason = log.reason(error)
        if reason.startswith(self._device + ": "):
            reason = reason[len(self._device) + 2 :]
        if self._heard or error.errno != ENODEV:
            return "%s: %s" % (text, reason)
        try:
            devices = ", ".join(await alsa.capture_devices()) or "none"
        except (OSError, asyncio.TimeoutError) as failure:
            devices = "cannot be listed (%s)" % failure
        return "%s cannot be opened (%s); capture devices here: %s" % (text, reason, devices)

    def close(self):
        self._i2s.deinit()


class Recording:
    """A .wav file, int16 mono, read at its own speed or as fast as possible."""

    overruns = 0

    def __init__(self, path, real_time):
        """Raises Fault if the file is not such a recording, OSError if it cannot be read."""
        self._file = open(path, "rb")
        try:
            self.rate_hz, self._left = wav.read_header(self._file)
        except wav.WavError as error:
            self._file.close()
            raise Fault("recording %s: %s" % (path, error))
        self._real_time = real_time
        self._due_ms = time.ticks_ms()
        self._behind = 0

    async def readinto(self, buffer, wanted):
        """Fills all of `buffer`, regardless of `wanted`, when its samples are due.

        Returns how many bytes, 0 at the end."""
        n = self._file.readinto(memoryview(buffer)[: min(len(buffer), self._left)]) & ~1
        self._left -= n
        if self._real_time:
            # The rest of each division is kept: no drift, however long the recording.
            self._behind += n // 2 * 1000
            self._due_ms = time.ticks_add(self._due_ms, self._behind // self.rate_hz)
            self._behind %= self.rate_hz
            await asyncio.sleep_ms(max(0, time.ticks_diff(self._due_ms, time.ticks_ms())))
        else:
            await asyncio.sleep_ms(0)
        return n

    def close(self):
        self._file.close()


def source(settings):
    """The source in a sensor's settings: its recording, or else its microphone."""
    if settings["replay"]:
        return Recording(settings["replay"], settings["replay_speed"] == "real")
    return Microphone(settings["device"], settings["rate"])
