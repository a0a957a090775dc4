# SPDX-License-Identifier: MIT
"""Where sound comes from: a microphone, or a recording of one."""

import asyncio
import time

from linux import alsa
from machine import I2S

from .. import log
from . import Fault

_ENODEV = 19
# Thirty seconds at 16 kHz: whatever the daemon does meanwhile, the kernel keeps the samples.
_KERNEL_BUFFER_BYTES = 1 << 20
_WAVE_FORMAT_PCM = 1
_WAVE_FORMAT_EXTENSIBLE = 0xFFFE


class Microphone:
    """An ALSA capture device, int16 mono. Attributes: rate_hz; overruns since the start."""

    def __init__(self, device, rate_hz, wake_ms):
        """`wake_ms` is how long to sleep when there is nothing to read: each wake-up costs more
        than the samples it brings, and the kernel keeps them meanwhile."""
        self.rate_hz = rate_hz
        self._wake_ms = wake_ms
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

    async def readinto(self, buffer):
        """Waits for samples; returns how many bytes of them it put into `buffer`.

        Raises Fault when capture ends.
        """
        try:
            n = self._i2s.readinto(buffer)
            while n is None:
                await asyncio.sleep_ms(self._wake_ms)
                n = self._i2s.readinto(buffer)
        except OSError as error:
            raise Fault(await self._explain(error))
        self._heard = True
        return n

    async def _explain(self, error):
        text = 'capture device "%s"' % self._device
        reason = log.reason(error)
        if reason.startswith(self._device + ": "):
            reason = reason[len(self._device) + 2 :]
        if self._heard or error.errno != _ENODEV:
            return "%s: %s" % (text, reason)
        try:
            devices = ", ".join(await alsa.capture_devices()) or "none"
        except (OSError, asyncio.TimeoutError) as failure:
            devices = "cannot be listed (%s)" % failure
        return "%s cannot be opened (%s); capture devices here: %s" % (text, reason, devices)

    def close(self):
        self._i2s.deinit()


class Recording:
    """A .wav file, int16 mono, read at its own pace or as fast as it goes."""

    overruns = 0

    def __init__(self, path, real_time):
        """Raises Fault if the file is no such recording, OSError if it cannot be read."""
        self._path = path
        self._file = open(path, "rb")
        try:
            self.rate_hz, self._left = self._read_header()
        except Fault:
            self._file.close()
            raise
        self._real_time = real_time
        self._due_ms = time.ticks_ms()
        self._behind = 0

    def _fail(self, text):
        raise Fault("recording %s: %s" % (self._path, text))

    def _read_header(self):
        """(rate, bytes of samples), with the file at the first sample."""
        # RIFF: chunks of an id, a size and as many bytes, padded to an even number
        head = self._file.read(12)
        if len(head) < 12 or head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            self._fail("not a .wav file")
        rate = None
        while True:
            chunk = self._file.read(8)
            if len(chunk) < 8:
                self._fail("no samples in it")
            size = int.from_bytes(chunk[4:8], "little")
            if chunk[:4] == b"fmt " and 16 <= size <= 128:
                rate = self._parse_format(self._file.read(size + (size & 1)))
            elif chunk[:4] == b"data":
                if rate is None:
                    self._fail("samples before their format")
                return rate, size & ~1
            else:
                self._file.seek(size + (size & 1), 1)

    def _parse_format(self, data):
        if len(data) < 16:
            self._fail("cut short")
        kind, channels, rate, bits = (
            int.from_bytes(data[a:b], "little") for a, b in ((0, 2), (2, 4), (4, 8), (14, 16))
        )
        if kind not in (_WAVE_FORMAT_PCM, _WAVE_FORMAT_EXTENSIBLE) or bits != 16:
            self._fail("its samples must be 16-bit PCM")
        if channels != 1:
            self._fail("it has %d channels: only mono is read" % channels)
        return rate

    async def readinto(self, buffer):
        """Fills `buffer` when its samples are due; returns their bytes, 0 at the end."""
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
