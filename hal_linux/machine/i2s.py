# SPDX-License-Identifier: MIT
"""machine.I2S: sound in through ALSA.

| MicroPython | on Linux |
|---|---|
| I2S(id, …)         | id is an ALSA PCM name ("default", "plughw:1,0"), or a card's number |
| sck, ws, sd, mck   | accepted and not used: the kernel's driver knows its pins |
| mode               | RX. TX is not there yet |
| bits               | 16 |
| format             | MONO or STEREO |
| rate               | frames a second; a device that gives another is an error |
| ibuf               | bytes the kernel keeps while nobody reads, up to 1 MiB unprivileged |
| readinto(buf)      | blocks until buf is full; once asyncio polled it, returns what is there |
| StreamReader(i2s)  | works: the object has a descriptor to poll |

Beyond MicroPython: `overruns` and `lost_ms` count what the driver dropped; `setblocking()`.
"""

import io
import select

from linux import alsa, libc

_EINVAL = 22
_ENODEV = 19
_ENOENT = 2
_GET_FILENO = 10  # MP_STREAM_GET_FILENO, py/stream.h
_PERIODS_PER_SECOND = 10
_BUFFER_PERIODS = 5
_FRAME_BYTES = 2


class I2S(io.IOBase):
    RX = 0
    TX = 1
    MONO = 1
    STEREO = 2

    def __init__(
        self, id, *, sck=None, ws=None, sd=None, mck=None, mode, bits, format, rate, ibuf
    ):
        """Starts capture. See the module's table; raises ValueError for what Linux cannot do.

        OSError(ENOENT) if `arecord` is missing. A wrong or busy device shows at the first read.
        """
        self._process = None
        self.init(
            sck=sck, ws=ws, sd=sd, mck=mck, mode=mode, bits=bits, format=format, rate=rate,
            ibuf=ibuf, id=id,
        )  # fmt: skip

    def init(
        self, *, sck=None, ws=None, sd=None, mck=None, mode, bits, format, rate, ibuf, id=None
    ):
        """Starts capture again with other settings, on the same device unless `id` is given."""
        if mode != I2S.RX:
            raise ValueError("I2S: mode must be RX")
        if bits != 16:
            raise ValueError("I2S: bits must be 16")
        if format not in (I2S.MONO, I2S.STEREO):
            raise ValueError("I2S: format must be MONO or STEREO")
        self.deinit()
        if id is not None:
            self.device = "plughw:%d" % id if isinstance(id, int) else id
        self._rate_hz = rate
        self._waits = True
        period = max(1, rate // _PERIODS_PER_SECOND)
        try:
            self._process = alsa.capture(
                self.device, rate, format, period, period * _BUFFER_PERIODS
            )
        except OSError as error:
            if error.errno == _ENOENT:
                raise OSError(_ENOENT, "arecord is missing: " + alsa.PACKAGE_HINT)
            raise
        self._messages = alsa.CaptureMessages(self._process.stderr)
        try:
            libc.fcntl(self._process.stdout.fileno(), libc.F_SETPIPE_SZ, ibuf)
        except OSError:
            # The system's limit (fs.pipe-max-size) is lower: 64 KiB stay, 2 s at 16 kHz.
            pass

    @property
    def overruns(self):
        """How often the driver dropped samples since the start because nobody took them."""
        return self._messages.overruns

    @property
    def lost_ms(self):
        """The least that the overruns lost, in milliseconds."""
        return self._messages.lost_ms

    def readinto(self, buf):
        """Reads int16 little endian samples into `buf`; returns the number of bytes.

        Blocks until `buf` is full, or, once asyncio has polled the object, returns what is there
        (None for nothing yet). Raises OSError(ENODEV) with arecord's reason when capture ends,
        and OSError(EINVAL) when the device has another rate.
        """
        view = memoryview(buf)
        filled = 0
        while True:
            n = self._process.stdout.readinto(view[filled:])
            if not n:
                self._check(n)
            if not self._waits:
                return n
            filled += n or 0
            if filled == len(view):
                return filled
            if n is None:
                self._wait()

    def _wait(self):
        poller = select.poll()
        poller.register(self._process.stdout, select.POLLIN)
        poller.poll()

    def _check(self, n):
        """Raises what arecord said is wrong, when it said so or has ended (n is 0)."""
        self._messages.update()
        if self._messages.rate_hz is not None:
            raise OSError(
                _EINVAL,
                "%s gives %d Hz, not %d Hz: set that rate, or use a plughw: device"
                % (self.device, self._messages.rate_hz, self._rate_hz),
            )
        if n == 0:
            reason = self._messages.error or "arecord ended"
            raise OSError(_ENODEV, "%s: %s" % (self.device, reason))

    def setblocking(self, flag):
        """Whether readinto() waits, as for a socket; asyncio sets it to False by itself."""
        self._waits = flag

    def ioctl(self, request, argument):
        if request == _GET_FILENO:
            self._waits = False
            return self._process.stdout.fileno()
        return -1

    def deinit(self):
        """Stops capture. Idempotent."""
        if self._process is not None:
            self._process.close()
            self._process = None

    @staticmethod
    def shift(*, buf, bits, shift):
        """Shifts all samples of `buf` (bits 16 or 32) left, or right if `shift` is negative."""
        from array import array

        if bits not in (16, 32):
            raise ValueError("I2S: bits must be 16 or 32")
        typecode, sign = ("h", 1 << 15) if bits == 16 else ("i", 1 << 31)
        samples = array(typecode, buf)
        for i, sample in enumerate(samples):
            moved = sample << shift if shift >= 0 else sample >> -shift
            samples[i] = ((moved + sign) & (2 * sign - 1)) - sign
        memoryview(buf)[:] = bytes(samples)
