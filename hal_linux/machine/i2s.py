# SPDX-License-Identifier: MIT
"""machine.I2S: sound in and out through ALSA's `arecord` and `aplay`.

| MicroPython | on Linux |
|---|---|
| I2S(id, …)         | id is an ALSA PCM name ("default", "plughw:1,0"), or a card's number |
| sck, ws, sd, mck   | accepted and not used: the kernel's driver knows its pins |
| mode               | RX or TX |
| bits               | 16 or 32 |
| format             | MONO or STEREO |
| rate               | frames a second; an error if the device has another |
| ibuf               | bytes the kernel keeps, up to 1 MiB unprivileged: samples not yet read (RX), or not yet taken by aplay (TX), beside the 0.1 s that ALSA holds |
| readinto(buf)      | blocks until buf is full; after asyncio has polled the object, returns the samples so far |
| write(buf)         | blocks until buf is taken; after asyncio has polled the object, takes what fits. Sound begins after 20 ms of samples |
| irq(handler)       | readinto() and write() return at once, and the handler is called when the buffer is full or taken |
| StreamReader(i2s)  | works: the object has a descriptor to poll |
| StreamWriter(i2s)  | works; its write() writes before it polls, and blocks the loop unless setblocking(False) came before |
| deinit()           | RX: ends at once. TX: waits until all is played, up to ibuf and 0.1 s; in irq mode a buffer whose handler was not called is cut off |

Linux interrupts no program: the irq handler is called from the asyncio loop (irq() makes the task
for it), or from poll_events() in a program without asyncio.

Beyond MicroPython: `overruns` and `lost_ms` count samples that the driver dropped, `underruns` how
often it had nothing to play; `setblocking()`; `poll_events()`.
"""  # noqa: E501

import io
import time

from linux.explain import EBADF, EINVAL, EPERM
from linux.pcm import Pcm

from .buffers import byte_view, size, writable_size

_GET_FILENO = 10  # MP_STREAM_GET_FILENO, py/stream.h
_CLOSE = 4  # MP_STREAM_CLOSE
_BATCH = 64  # the most buffers that one poll_events() delivers
_RATES = (2000, 768000)  # the range that aplay.c of alsa-utils allows


class I2S(io.IOBase):
    RX = 0
    TX = 1
    MONO = 1
    STEREO = 2

    def __init__(
        self, id, *, sck=None, ws=None, sd=None, mck=None, mode, bits, format, rate, ibuf
    ):
        """Starts capture or playback; see the module's table. ValueError for settings that Linux
        does not have.

        OSError(ENOENT) if `arecord` or `aplay` is missing. A wrong or busy device raises at the
        first read, or at a write or deinit().
        """
        self._pcm = None
        self.init(
            sck=sck, ws=ws, sd=sd, mck=mck, mode=mode, bits=bits, format=format, rate=rate,
            ibuf=ibuf, id=id,
        )  # fmt: skip

    def init(
        self, *, sck=None, ws=None, sd=None, mck=None, mode, bits, format, rate, ibuf, id=None
    ):
        """Starts again with other settings, on the same device unless `id` is given."""
        if mode not in (I2S.RX, I2S.TX):
            raise ValueError("I2S: mode must be RX or TX")
        if bits not in (16, 32):
            raise ValueError("I2S: bits must be 16 or 32")
        if format not in (I2S.MONO, I2S.STEREO):
            raise ValueError("I2S: format must be MONO or STEREO")
        if not isinstance(rate, int) or not _RATES[0] <= rate <= _RATES[1]:
            raise ValueError("I2S: rate must be %d to %d Hz" % _RATES)
        if not isinstance(ibuf, int) or ibuf <= 0:
            raise ValueError("I2S: ibuf must be a positive number of bytes")
        if id is not None and not (id >= 0 if isinstance(id, int) else id and type(id) is str):
            raise ValueError("I2S: id must be a card's number or an ALSA PCM name")
        self.deinit()
        if id is not None:
            self.device = "plughw:%d" % id if isinstance(id, int) else id
        self._text = "I2S(%r, mode=%d, bits=%d, format=%d, rate=%d, ibuf=%d)" % (
            self.device, mode, bits, format, rate, ibuf,
        )  # fmt: skip
        self._mode = mode
        self._frame_bytes = bits // 8 * format
        self._waits = True
        self._irq = None
        self._pcm = Pcm(self.device, mode == I2S.TX, rate, format, bits, ibuf)
        self._messages = self._pcm.messages

    def __repr__(self):
        return self._text

    @property
    def overruns(self):
        """How often the driver dropped samples since the start because its buffer was full."""
        self._update()
        return self._messages.overruns

    @property
    def lost_ms(self):
        """The least that the overruns lost, in milliseconds."""
        return self._messages.lost_ms

    @property
    def underruns(self):
        """How often the driver had nothing to play since the start; updated at each write."""
        self._update()
        return self._messages.underruns

    def _update(self):
        if self._pcm is not None:
            self._messages.update()

    def readinto(self, buf):
        """Reads little endian samples into `buf`; returns the number of bytes.

        Blocks until `buf` is full; after asyncio has polled the object, returns the samples so far
        (None for none); with an irq handler returns at once. Raises OSError: ENODEV with arecord's
        reason when capture ends, EINVAL if the device has another rate or `buf` ends within a
        frame, EPERM if the mode is TX.
        """
        length = self._check_call(I2S.RX, writable_size(buf))
        if self._irq is not None or self._waits:
            return self._move_all(buf, length, self._pcm.read)
        # arecord writes whole frames, and a page of the pipe holds whole frames: none is cut.
        return self._pcm.read(buf)

    def write(self, buf):
        """Plays the little endian samples of `buf`; returns the number of bytes.

        Blocks until all is taken; after asyncio has polled the object, takes what fits (None for
        nothing); with an irq handler returns at once. Raises OSError: ENODEV with aplay's reason
        if playback has ended, EINVAL and EPERM as readinto().
        """
        length = self._check_call(I2S.TX, size(buf))
        if self._irq is not None or self._waits:
            return self._move_all(buf, length, self._pcm.write)
        return self._pcm.write(buf)

    def _check_call(self, mode, length):
        if self._pcm is None:
            raise OSError(EBADF, self.device + ": deinitialised")
        if mode != self._mode:
            raise OSError(EPERM, "%r: readinto() needs mode RX, write() TX" % self)
        if length % self._frame_bytes:
            raise OSError(
                EINVAL,
                "%r: a frame has %d bytes, and the buffer of %d ends within one"
                % (self, self._frame_bytes, length),
            )
        return length

    def _move_all(self, buf, length, move):
        """Moves a whole buffer: queues it for the irq handler, or waits until it is moved."""
        if self._irq is not None:
            self._irq.add(buf, byte_view(buf))
            return length
        done = move(buf) or 0
        if done < length:
            view = byte_view(buf)
            while done < length:
                self._pcm.wait()
                done += move(view[done:]) or 0
        return length

    def irq(self, handler):
        """Calls handler(i2s) when the buffer of a readinto() is full or that of a write() taken,
        from the asyncio loop or poll_events(). Both then return at once, and further buffers are
        queued. None ends it. Returns None.

        A handler's exception goes to the loop's exception handler, and out of poll_events(); so
        does the OSError of a device that fails.
        """
        if handler is not None and not callable(handler):
            raise ValueError("I2S: handler must be a function or None")
        if self._pcm is None:
            raise OSError(EBADF, self.device + ": deinitialised")
        self._forget()
        if handler is not None:
            from .i2sirq import Irq

            pcm = self._pcm
            move = pcm.read if self._mode == I2S.RX else pcm.write
            self._irq = Irq(self, move, pcm.ready, handler)

    def _forget(self):
        if self._irq is not None:
            self._irq.stop()
            self._irq = None

    def poll_events(self, timeout_ms=0):
        """Calls the handler for the buffers that are done, or waits for one up to `timeout_ms`
        (-1: for ever). Returns their number. For programs without asyncio."""
        irq = self._irq
        if irq is None:
            raise ValueError("%r: no handler, see irq()" % self)
        start = time.ticks_ms()
        while not irq.take():
            left_ms = timeout_ms - time.ticks_diff(time.ticks_ms(), start)
            if irq.idle or (timeout_ms >= 0 and left_ms <= 0):
                return 0
            self._pcm.wait(left_ms if timeout_ms >= 0 else -1)
        irq()
        for n in range(1, _BATCH):
            # The handler may have replaced or ended the irq.
            if self._irq is not irq or not irq.take():
                return n
            irq()
        return _BATCH

    def setblocking(self, flag):
        """Whether readinto() and write() wait, as for a socket; asyncio sets it to False when it
        polls."""
        self._waits = flag

    def ioctl(self, request, argument):
        if request == _GET_FILENO:
            if self._pcm is None:
                raise OSError(EBADF, self.device + ": deinitialised")
            self._waits = False
            return self._pcm.file.fileno()
        if request == _CLOSE:
            self.deinit()
            return 0
        return -1

    def deinit(self):
        """Ends capture at once, or playback when all is played. Idempotent.

        OSError(ENODEV) with aplay's reason if playback failed and no write() has raised that.
        """
        if self._pcm is not None:
            self._forget()
            pcm, self._pcm = self._pcm, None
            pcm.close()

    close = deinit  # the name that asyncio's streams call

    @staticmethod
    def shift(*, buf, bits, shift):
        """Shifts all samples of `buf` (bits 16 or 32) left, or right if `shift` is negative."""
        from array import array

        if bits not in (16, 32):
            raise ValueError("I2S: bits must be 16 or 32")
        writable_size(buf)
        # Whole samples only; MicroPython ignores a partial one too.
        raw = byte_view(buf)
        raw = raw[: len(raw) // (bits // 8) * (bits // 8)]
        typecode, sign = ("h", 1 << 15) if bits == 16 else ("i", 1 << 31)
        samples = array(typecode, bytes(raw))
        for i, sample in enumerate(samples):
            moved = sample << shift if shift >= 0 else sample >> -shift
            samples[i] = ((moved + sign) & (2 * sign - 1)) - sign
        raw[:] = bytes(samples)
