# SPDX-License-Identifier: MIT
"""machine.UART: serial ports.

| MicroPython | on Linux |
|---|---|
| UART(id, …)          | number N: /dev/serialN (the port on a Pi's header), else /dev/ttyAMAN, else /dev/ttySN; or a path such as "/dev/ttyUSB0" |
| baudrate             | any that the hardware supports; more than 3 % off is an error |
| bits, parity, stop   | 5 to 8; None, 0 (even), 1 (odd); 1 or 2. An error if the driver does not support them |
| tx, rx, rts, cts     | accepted and not used: the kernel's driver has its pins |
| flow                 | 0 or RTS | CTS: Linux has no flow control in one direction |
| rxbuf, txbuf         | accepted and not used: the kernel's buffers hold 4 KiB or more |
| invert               | 0 |
| timeout              | ms to wait for the first character; 0 returns at once |
| timeout_char         | ms to wait between characters. With a timeout at least 16 ms and the time of 32 characters: FIFOs and USB adapters hold that many back |
| read, readinto, readline | the characters that came before the timeout, None for none |
| write                | waits while the kernel's buffer is full and characters are sent; after asyncio or poll has polled the object, it takes what fits |
| flush, sendbreak     | wait until all is sent; OSError(ETIMEDOUT) if CTS blocks it |
| irq                  | an error: use asyncio streams |
| StreamReader(uart), select.poll | work: the object has a descriptor to poll |

A line that hangs up, such as that of a USB adapter pulled out, raises OSError(EIO).
"""  # noqa: E501

import io
import select
import time

from linux import libc, serial
from linux.explain import (
    EACCES,
    EBADF,
    EBUSY,
    EIO,
    ENOENT,
    ENOTTY,
    ENXIO,
    EOPNOTSUPP,
    ETIMEDOUT,
    explained,
    failure,
    open_device,
)

_PATHS = ("/dev/serial%d", "/dev/ttyAMA%d", "/dev/ttyS%d")
_MISSING = "on a Raspberry Pi put enable_uart=1 into config.txt, or plug the adapter in"
_HINTS = {
    EACCES: "add the user to the group dialout",
    ENOENT: _MISSING,
    ENXIO: _MISSING,
    EIO: "no hardware behind this port",
    EBUSY: "another program has it; is a console or modem manager on it?",
    ENOTTY: "not a serial port",
}
_O_NOCTTY = 0o400  # <asm-generic/fcntl.h>
_GET_FILENO = 10  # MP_STREAM_GET_FILENO, py/stream.h
_LATENCY_MS = 16  # the time for which FTDI's USB adapters hold back a few characters
_FIFO = 32  # characters of the larger FIFOs, such as the PL011's
_CHUNK = 256


class UART(io.IOBase):
    RTS = 1
    CTS = 2
    INV_TX = 1
    INV_RX = 2

    def __init__(
        self, id, baudrate=9600, bits=8, parity=None, stop=1, *,
        tx=None, rx=None, rts=None, cts=None, timeout=0, timeout_char=0, flow=0,
        rxbuf=0, txbuf=0, invert=0,
    ):  # fmt: skip
        """Opens the port. ValueError: Linux cannot do that; OSError: this port cannot."""
        self._id = id
        self._file = None
        self._fd = -1
        self.path = str(id)
        self.init(
            baudrate, bits, parity, stop, timeout=timeout, timeout_char=timeout_char, flow=flow,
            invert=invert,
        )  # fmt: skip

    def init(
        self, baudrate=9600, bits=8, parity=None, stop=1, *,
        tx=None, rx=None, rts=None, cts=None, timeout=0, timeout_char=0, flow=0,
        rxbuf=0, txbuf=0, invert=0,
    ):  # fmt: skip
        """Sets the port up with other settings, and opens it again after deinit()."""
        if not isinstance(baudrate, int) or baudrate <= 0:
            raise ValueError("UART: baudrate must be a positive number")
        if bits not in (5, 6, 7, 8):
            raise ValueError("UART: bits must be 5 to 8")
        if parity not in (None, 0, 1):
            raise ValueError("UART: parity must be None, 0 (even) or 1 (odd)")
        if stop not in (1, 2):
            raise ValueError("UART: stop must be 1 or 2")
        if flow not in (0, UART.RTS | UART.CTS):
            raise ValueError("UART: flow must be 0 or UART.RTS | UART.CTS, Linux has no other")
        if invert:
            raise ValueError("UART: Linux inverts no lines, invert must be 0")
        if self._file is None:
            self._open()
        try:
            serial.configure(self._fd, self.path, baudrate, bits, parity, stop, bool(flow))
        except OSError as error:
            self.deinit()
            raise explained(error, _HINTS)
        self._char_us = (1 + bits + (parity is not None) + stop) * 1000000 // baudrate + 1
        self._timeout_ms = timeout
        self._timeout_char_ms = timeout_char
        if timeout:
            self._timeout_char_ms = max(timeout_char, _LATENCY_MS + _FIFO * self._char_us // 1000)
        self._waits = True
        self._text = "UART(%r, baudrate=%d, bits=%d, parity=%r, stop=%d, timeout=%d)" % (
            self.path, baudrate, bits, parity, stop, timeout,
        )  # fmt: skip

    def __repr__(self):
        return self._text

    def _open(self):
        flags = libc.O_RDWR | libc.O_NONBLOCK | _O_NOCTTY
        if isinstance(self._id, int):
            self._file = self._open_number(flags)
        else:
            self._file = open_device(self.path, flags, _HINTS)
        self._fd = self._file.fileno()
        self._reading = select.poll()
        self._reading.register(self._fd, select.POLLIN)
        self._writing = select.poll()
        self._writing.register(self._fd, select.POLLOUT)

    def _open_number(self, flags):
        for pattern in _PATHS:
            self.path = pattern % self._id
            try:
                return open_device(self.path, flags, _HINTS)
            except OSError as error:
                if error.errno != ENOENT:
                    raise
        names = ", ".join(pattern % self._id for pattern in _PATHS)
        raise failure(ENOENT, names, _MISSING)

    def deinit(self):
        """Closes the port. Idempotent."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._fd = -1

    close = deinit  # the name that asyncio's streams call

    def any(self):
        """How many characters can be read without waiting."""
        return serial.queued(self._fd, serial.TIOCINQ, self.path)

    def _take(self, buffer, length):
        # Up to `length` bytes that are there now; None for none.
        n = libc.read(self._fd, buffer, length, self.path)
        if n == 0:
            raise failure(EIO, self.path, "the line has hung up")
        return n

    def _fill(self, view, length):
        """Reads until `length` bytes are there or a timeout passes; returns their number."""
        filled = 0
        wait_ms = self._timeout_ms
        while filled < length:
            n = self._take(view[filled:] if filled else view, length - filled)
            if n is not None:
                filled += n
                wait_ms = self._timeout_char_ms
            elif wait_ms <= 0 or not self._reading.poll(wait_ms):
                break
        return filled

    def read(self, nbytes=-1):
        """Reads `nbytes`, or all there are; bytes, or None if none came in time."""
        if nbytes is None or nbytes < 0:
            return self._read_all()
        buffer = bytearray(nbytes)
        n = self._fill(memoryview(buffer), nbytes)
        return bytes(memoryview(buffer)[:n]) if n or not nbytes else None

    def _read_all(self):
        data = b""
        buffer = bytearray(_CHUNK)
        view = memoryview(buffer)
        wait_ms = self._timeout_ms
        while True:
            n = self._take(buffer, _CHUNK)
            if n is not None:
                data += view[:n]
                wait_ms = self._timeout_char_ms
            elif wait_ms <= 0 or not self._reading.poll(wait_ms):
                return data or None

    def readinto(self, buf, nbytes=-1):
        """Reads into `buf`, at most `nbytes`; returns how many, or None if none came in time."""
        view = memoryview(buf)
        length = len(view) if nbytes is None or nbytes < 0 else min(nbytes, len(view))
        n = self._fill(view, length)
        return n if n or not length else None

    def readline(self, size=-1):
        """Reads up to a newline, or what came before the timeout; None for none."""
        line = b""
        one = bytearray(1)
        view = memoryview(one)
        while size < 0 or len(line) < size:
            wait_ms = self._timeout_char_ms if line else self._timeout_ms
            n = self._take(one, 1)
            if n is not None:
                line += view
                if one[0] == 10:
                    break
            elif wait_ms <= 0 or not self._reading.poll(wait_ms):
                return line or None
        return line

    def write(self, buf, nbytes=-1):
        """Writes all of `buf`, or its first `nbytes`; returns how many the kernel took.

        None if it took none within the timeout plus the time to send the bytes it holds.
        """
        view = memoryview(buf)
        length = len(view) if nbytes is None or nbytes < 0 else min(nbytes, len(view))
        sent = 0
        while sent < length:
            n = libc.write(self._fd, view[sent:] if sent else view, length - sent, self.path)
            if n is not None:
                sent += n
            elif not self._waits or not self._writing.poll(self._sending_ms()):
                break
        return sent if sent or not length else None

    def _sending_ms(self):
        # Twice the time to send the kernel's bytes, plus the user's timeout.
        held = serial.queued(self._fd, serial.TIOCOUTQ, self.path)
        return 2 * (held + _FIFO) * self._char_us // 1000 + self._timeout_ms + 1

    def txdone(self):
        """Whether everything has been sent."""
        if serial.queued(self._fd, serial.TIOCOUTQ, self.path):
            return False
        return serial.transmitter_empty(self._fd)

    def flush(self):
        """Waits until everything has been sent. OSError(ETIMEDOUT) if nothing is sent."""
        limit_ms = self._sending_ms()
        start = time.ticks_ms()
        while serial.queued(self._fd, serial.TIOCOUTQ, self.path):
            if time.ticks_diff(time.ticks_ms(), start) > limit_ms:
                raise failure(ETIMEDOUT, self.path, "is the other side's RTS/CTS off?")
            time.sleep_us(max(self._char_us, 500))
        # As tcdrain(3): waits for bytes still in the hardware.
        libc.ioctl_int(self._fd, serial.TCSBRK, 1, self.path)

    def sendbreak(self):
        """Sends a break of two characters, after the bytes written before."""
        self.flush()
        libc.ioctl_int(self._fd, serial.TIOCSBRK, 0, self.path)
        time.sleep_us(2 * self._char_us)
        libc.ioctl_int(self._fd, serial.TIOCCBRK, 0, self.path)

    def irq(self, handler=None, trigger=0, hard=False):
        """Always OSError(EOPNOTSUPP): Linux interrupts no program for a character."""
        raise failure(EOPNOTSUPP, "UART.irq", "use asyncio.StreamReader(uart)")

    def ioctl(self, request, argument):
        if request == _GET_FILENO:
            if self._fd == -1:
                raise OSError(EBADF, self.path + ": deinitialised")
            self._waits = False
            return self._fd
        return -1
