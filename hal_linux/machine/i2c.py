# SPDX-License-Identifier: MIT
"""machine.I2C and machine.SoftI2C: the kernel's I2C buses, /dev/i2c-N.

| MicroPython | on Linux |
|---|---|
| I2C(id)                    | id is N of /dev/i2c-N, or a path |
| I2C(scl=, sda=), SoftI2C(scl, sda) | the bus with these pins on a Raspberry Pi's header: GPIO3 and GPIO2 are bus 1, GPIO1 and GPIO0 bus 0. For other pins MACHINE_I2C=N in the environment sets the bus |
| SoftI2C(id)                | as I2C(id) |
| freq                       | accepted and not used: the kernel sets it (dtparam=i2c_arm_baudrate=400000); print() shows it |
| timeout                    | I2C_TIMEOUT in steps of 10 ms, for all programs on the bus; without it the kernel's default, mostly 1 s |
| retries=                   | I2C_RETRIES, an addition to MicroPython's API |
| scan()                     | as i2cdetect: a quick write, at 0x30-0x37 and 0x50-0x5F a byte read; a chip with a kernel driver counts as present |
| writeto(…, False)          | held back, and joined by a repeated start with the next readfrom, readfrom_into or writeto; before any other call it is sent alone, with a stop |
| a pause in between         | if a chip does not answer the joined transfer because it is not ready, the two are sent apart, with the program's pause between |
| readfrom(…, False)         | ends with a stop: the bytes are needed at once |
| number of ACKs             | the number of bytes; if a chip refuses one, the kernel does not report which: OSError |
| a NACK                     | OSError(ENODEV), in place of the kernel's ENXIO and EREMOTEIO |
| start, stop, readinto, write | OSError(EOPNOTSUPP): the kernel owns the wires |

A transfer is at most 8192 bytes. An adapter with SMBus only supports the transfers that SMBus has,
and raises OSError(EOPNOTSUPP) for others.
"""  # noqa: E501

import struct
import time

import uctypes

from linux import libc

from .buffers import copy, point, size, writable_size
from .header import bus
from .smbus import SMBus

# <linux/i2c-dev.h>, <linux/i2c.h>
I2C_RETRIES = 0x0701
I2C_TIMEOUT = 0x0702
I2C_FUNCS = 0x0705
I2C_RDWR = 0x0707
I2C_M_RD = 0x0001
I2C_FUNC_I2C = 0x00000001
_PAUSE_US = 1000  # shorter pauses come from the interpreter, not from the program
_MAX_BYTES = 8192  # of a message, drivers/i2c/i2c-dev.c

# Pointers come last in these structs, at a multiple of 8; a long is as wide as a pointer.
_POINTER = struct.calcsize("P")
_MSG = {
    "addr": 0 | uctypes.UINT16,
    "flags": 2 | uctypes.UINT16,
    "len": 4 | uctypes.UINT16,
    "buf": 8 | uctypes.ULONG,
}
_MSG_SIZE = 8 + _POINTER
_ENOENT = 2
_EIO = 5
_ENXIO = 6
_EBADF = 9
_EACCES = 13
_EBUSY = 16
_ENODEV = 19
_EINVAL = 22
_EOPNOTSUPP = 95
_ETIMEDOUT = 110
_EREMOTEIO = 121
# Adapters' errors when no chip answers an address: Documentation/i2c/fault-codes.rst
_NACK = (_ENXIO, _EREMOTEIO)
_HANGS_MS = 500  # most drivers wait a second for the end of a transfer

_ADVICE = {
    _EBADF: "the bus is closed; init() opens it again",
    _EBUSY: "a driver of the kernel uses the chip; unbind it or remove its overlay",
    _ENODEV: "the adapter is gone; is it unplugged?",
    _ETIMEDOUT: "the bus hangs; check its pull-ups, and whether a chip holds SDA or SCL low",
}
_OPEN_ADVICE = {
    _EACCES: "join the group i2c (sudo usermod -aG i2c $USER) and log in again",
    _ENOENT: "on a Raspberry Pi put dtparam=i2c_arm=on into /boot/firmware/config.txt "
    "and restart; elsewhere: modprobe i2c-dev",
}


def _bus_path(id, scl, sda):
    id = str(bus("I2C", scl, sda) if id is None or id == -1 else id)
    return "/dev/i2c-" + id if id.isdigit() else id


class I2C:
    def __init__(self, id=None, *, scl=None, sda=None, freq=400000, timeout=None, retries=None):
        """Opens a bus; the module's table explains the arguments.

        OSError names the device and the cure; ValueError if the pins are on no bus.
        """
        self.path = _bus_path(id, scl, sda)
        self._file = None
        self._held = False
        self._held_at = None  # when the program made a write that is to be joined
        self._messages = bytearray(2 * _MSG_SIZE)
        at = uctypes.addressof(self._messages)
        # A transfer is _message alone or, to join a write, _first and _message.
        self._first = uctypes.struct(at, _MSG, uctypes.NATIVE)
        self._message = uctypes.struct(at + _MSG_SIZE, _MSG, uctypes.NATIVE)
        self._pointer = memoryview(self._messages)[-_POINTER:]  # _message.buf
        # struct i2c_rdwr_ioctl_data
        self._one = struct.pack("PI", at + _MSG_SIZE, 1)
        self._two = struct.pack("PI", at, 2)
        self._set_out(bytearray(64))
        self.init(scl, sda, freq=freq, timeout=timeout, retries=retries)

    def init(self, scl=None, sda=None, *, freq=400000, timeout=None, retries=None):
        """Opens the bus again with other settings."""
        self.deinit()
        try:
            # A file object closes its descriptor when it is collected, a number would not.
            self._file = open(libc.open_device(self.path, libc.O_RDWR), "rb")
        except OSError as error:
            raise self._oserror(error.errno, "", _OPEN_ADVICE.get(error.errno))
        self._fd = self._file.fileno()
        try:
            answer = bytearray(_POINTER)  # an unsigned long
            libc.ioctl(self._fd, I2C_FUNCS, answer, self.path)
            functions = int.from_bytes(answer, "little")
            if timeout is not None:
                ticks = max(1, (timeout + 9999) // 10000)
                libc.ioctl_int(self._fd, I2C_TIMEOUT, ticks, self.path + ": timeout")
            if retries is not None:
                libc.ioctl_int(self._fd, I2C_RETRIES, retries, self.path + ": retries")
        except OSError:
            self.deinit()
            raise
        self._plain = functions & I2C_FUNC_I2C
        self._smbus = SMBus(self._fd, functions)

    def deinit(self):
        """Sends a write that was held back, and closes the bus. Idempotent."""
        try:
            self._flush()
        finally:
            self._fd = -1
            if self._file is not None:
                self._file.close()
                self._file = None

    def __repr__(self):
        number = self.path.split("-")[-1]
        rate = None
        try:
            with open("/sys/class/i2c-adapter/i2c-%s/of_node/clock-frequency" % number, "rb") as f:
                rate = int.from_bytes(f.read(4), "big")
        except OSError:
            pass  # not from a device tree: the kernel does not show the frequency
        return "%s(%s, freq=%s)" % (type(self).__name__, number, rate or "unknown")

    def scan(self):
        """The addresses from 0x08 to 0x77 that answer."""
        self._flush()
        found = []
        failure = None
        for address in range(0x08, 0x78):
            began = time.ticks_ms()
            try:
                if self._answers(address):
                    found.append(address)
            except OSError as error:
                # Some adapters report these at once if no chip answers: USB ones that the bus
                # hangs, i2c-stub that the adapter is gone. On a bus that hangs it takes time.
                took_ms = time.ticks_diff(time.ticks_ms(), began)
                if error.errno not in (_ENODEV, _ETIMEDOUT) or took_ms >= _HANGS_MS:
                    raise
                failure = error
        if failure is not None and not found:
            raise failure
        return found

    def _answers(self, address):
        try:
            self._smbus.select(address)
            # Through SMBus's ioctl, which the kernel also carries out on plain I2C.
            if 0x30 <= address <= 0x37 or 0x50 <= address <= 0x5F:
                self._smbus.receive_byte()
            elif self._smbus.has_quick:
                self._smbus.quick()
            else:
                self._write_nothing(address)
        except OSError as error:
            if error.errno in _NACK or error.errno == _EIO:
                return False
            if error.errno != _EBUSY:
                raise self._failure(error, address)
        return True

    def _write_nothing(self, address):
        self._set(address, 0, self._out, 0)
        try:
            libc.ioctl(self._fd, I2C_RDWR, self._one)
        except OSError as error:
            if error.errno not in (_EOPNOTSUPP, _EINVAL):
                raise
            # Some adapters cannot send an address alone, such as the Raspberry Pi 5's.
            self._smbus.receive_byte()

    def readfrom(self, addr, nbytes, stop=True):
        """Reads `nbytes` bytes from the chip at `addr`."""
        buf = bytearray(nbytes)
        self.readfrom_into(addr, buf)
        return bytes(buf)

    def readfrom_into(self, addr, buf, stop=True):
        """Fills `buf` from the chip at `addr`."""
        n = writable_size(buf)
        self._set(addr, I2C_M_RD, buf, n)
        self._transfer()

    def writeto(self, addr, buf, stop=True):
        """Writes `buf`; returns the number of its bytes. For stop=False see the module's table."""
        n = size(buf)
        if not stop:
            self._flush()
            self._append(buf, n, 0)
            self._hold(addr, n)
            self._held_at = time.ticks_us()
        else:
            self._set(addr, 0, buf, n)
            self._transfer()
        return n

    def writevto(self, addr, vector, stop=True):
        """Writes the buffers of `vector` as one; returns the number of bytes."""
        self._flush()
        total = 0
        for buf in vector:
            n = size(buf)
            self._append(buf, n, total)
            total += n
        if stop:
            self._set(addr, 0, self._out, total)
            self._transfer()
        else:
            self._hold(addr, total)
            self._held_at = time.ticks_us()
        return total

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        """Reads `nbytes` bytes from register `memaddr`, which has `addrsize` bits."""
        buf = bytearray(nbytes)
        self.readfrom_mem_into(addr, memaddr, buf, addrsize=addrsize)
        return bytes(buf)

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        """Fills `buf` from register `memaddr`."""
        n = writable_size(buf)
        if self._held:
            self._flush()
        if addrsize == 8:
            self._out[0] = memaddr & 0xFF
            self._hold(addr, 1)
        else:
            self._hold(addr, self._memory_address(memaddr, addrsize))
        self._set(addr, I2C_M_RD, buf, n)
        self._transfer()

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        """Writes `buf` to register `memaddr`."""
        self._flush()
        n = size(buf)
        at = self._memory_address(memaddr, addrsize)
        self._append(buf, n, at)
        self._set(addr, 0, self._out, at + n)
        self._transfer()

    def _memory_address(self, memaddr, addrsize):
        if addrsize & 7 or not 0 <= addrsize <= 32:
            raise ValueError("I2C: addrsize must be 8, 16, 24 or 32")
        n = addrsize >> 3
        for i in range(n):
            addrsize -= 8
            self._out[i] = memaddr >> addrsize & 0xFF
        return n

    def _append(self, buf, n, at):
        """Copies `buf` to the outgoing bytes, starting at `at`."""
        out = self._out
        if at + n > len(out):
            if at + n > _MAX_BYTES:
                raise ValueError("I2C: a transfer is at most 8192 bytes")
            self._set_out(bytearray(min(_MAX_BYTES, 2 * (at + n))))
            self._out[:at] = out[:at]
            out = self._out
        copy(out, at, buf, n)

    def _set_out(self, out):
        """Sets the buffer of outgoing bytes, for copied or held-back data, and so _first's."""
        self._out = out
        self._first.buf = uctypes.addressof(out)

    def _set(self, addr, flags, buf, n):
        if not 0 <= addr <= 0x7F:
            raise ValueError("I2C: an address is 0 to 0x7f, not %s" % addr)
        if n > _MAX_BYTES:
            raise ValueError("I2C: a transfer is at most 8192 bytes")
        message = self._message
        message.addr = addr
        message.flags = flags
        message.len = n
        if point:
            point(self._pointer, buf)
        else:
            message.buf = uctypes.addressof(buf)

    def _hold(self, addr, n):
        """Holds back the first n outgoing bytes, a write to be joined with the next message."""
        if not 0 <= addr <= 0x7F:
            raise ValueError("I2C: an address is 0 to 0x7f, not %s" % addr)
        first = self._first
        first.addr = addr
        first.len = n
        self._held = True

    def _flush(self):
        """Sends a write that was held back, on its own."""
        if self._held:
            self._held = False
            first = self._first
            self._set(first.addr, 0, self._out, first.len)
            self._transfer()

    def _transfer(self):
        request = self._two if self._held else self._one
        held_at = self._held_at
        self._held = False
        self._held_at = None
        try:
            if self._plain:
                # As _send(), but without the cost of a call: nearly all transfers come here.
                libc.ioctl(self._fd, I2C_RDWR, request)
            else:
                self._send(request)
        except OSError as error:
            pause = 0 if held_at is None else time.ticks_diff(time.ticks_us(), held_at)
            if request is self._one or error.errno not in _NACK or pause < _PAUSE_US:
                raise self._failure(error, self._message.addr)
            self._send_apart(pause)

    def _send(self, request):
        if self._plain:
            libc.ioctl(self._fd, I2C_RDWR, request)
        else:
            self._smbus.transfer(self._first if request is self._two else None, self._message)

    def _send_apart(self, pause):
        """Sends the two messages as two transfers, `pause` microseconds apart."""
        first = self._first
        second = bytes(self._messages[_MSG_SIZE:])
        try:
            self._messages[_MSG_SIZE:] = self._messages[:_MSG_SIZE]
            self._send(self._one)
            time.sleep_us(pause)
            self._messages[_MSG_SIZE:] = second
            self._send(self._one)
        except OSError as error:
            raise self._failure(error, first.addr)

    def _failure(self, error, address):
        number = error.errno
        chip = "0x%02x: " % address
        if number in _NACK:
            return OSError(
                _ENODEV,
                "%s: no answer from %s%s; check its address, wiring and power"
                % (self.path, chip, libc.strerror(number)),
            )
        if len(error.args) > 1 and number == _EOPNOTSUPP:
            return self._oserror(number, chip, error.args[1])
        return self._oserror(number, chip, _ADVICE.get(number))

    def _oserror(self, number, chip, advice):
        text = "%s: %s%s" % (self.path, chip, libc.strerror(number))
        return OSError(number, text + "; " + advice if advice else text)


class SoftI2C(I2C):
    def __init__(self, scl=None, sda=None, *, id=None, freq=400000, timeout=None, retries=None):
        """As I2C; a single number, SoftI2C(1), is the bus."""
        if sda is None and id is None:
            scl, id = None, scl
        super().__init__(id, scl=scl, sda=sda, freq=freq, timeout=timeout, retries=retries)

    def start(self):
        raise OSError(_EOPNOTSUPP, "I2C: the kernel owns the wires; use writeto() and readfrom()")

    def stop(self):
        self.start()

    def readinto(self, buf, nack=True):
        self.start()

    def write(self, buf):
        self.start()
