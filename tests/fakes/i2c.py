# SPDX-License-Identifier: MIT
"""A bus of the fake kernel, /dev/i2c-N, with chips that are modelled by their registers.

    bus = FakeI2CBus({0x76: Registers({0xD0: 0x60})})
    FakeKernel(folder, {"/dev/i2c-1": bus})

The bus behaves as Linux: an operation outside the adapter's functions is EOPNOTSUPP, and on plain
I2C the kernel carries out SMBus accesses as messages. `transfers` records the traffic, one entry
from start to stop.
"""

import errno
import struct

from fakes.kernel import Device

# <linux/i2c-dev.h>, <linux/i2c.h>
I2C_RETRIES = 0x0701
I2C_TIMEOUT = 0x0702
I2C_SLAVE = 0x0703
I2C_FUNCS = 0x0705
I2C_RDWR = 0x0707
I2C_SMBUS = 0x0720
I2C_M_RD = 1
I2C_FUNC_I2C = 0x00000001
I2C_FUNC_SMBUS_QUICK = 0x00010000
I2C_FUNC_SMBUS_READ_BYTE = 0x00020000
I2C_FUNC_SMBUS_BYTE = 0x00060000
I2C_FUNC_SMBUS_BYTE_DATA = 0x00180000
I2C_FUNC_SMBUS_WORD_DATA = 0x00600000
I2C_FUNC_SMBUS_I2C_BLOCK = 0x0C000000
_QUICK, _BYTE, _BYTE_DATA, _WORD_DATA, _BLOCK = 0, 1, 2, 3, 8
_FUNCTION_OF = {
    _QUICK: I2C_FUNC_SMBUS_QUICK,
    _BYTE: I2C_FUNC_SMBUS_BYTE,
    _BYTE_DATA: I2C_FUNC_SMBUS_BYTE_DATA,
    _WORD_DATA: I2C_FUNC_SMBUS_WORD_DATA,
    _BLOCK: I2C_FUNC_SMBUS_I2C_BLOCK,
}
SMBUS_ONLY = sum(_FUNCTION_OF.values())
PLAIN = I2C_FUNC_I2C | SMBUS_ONLY
# drivers/i2c/busses/i2c-designware-master.c, the Raspberry Pi 5: I2C_AQ_NO_ZERO_LEN
PI_5 = PLAIN & ~I2C_FUNC_SMBUS_QUICK

_HEADER = struct.Struct("=HHH")  # address, flags, length
_ACCESS = struct.Struct("=BBI")  # read_write, command, size; the union follows
_UNION_BYTES = 34


class Nack(Exception):
    """A chip does not answer."""


class Chip:
    """Acknowledges its address and nothing else: the base of all chips."""

    def write(self, data):
        """Receives a message. Raises Nack."""

    def read(self, n):
        return bytes(n)


class Registers(Chip):
    """Registers of one byte; an address of `address_bytes` precedes the data and increments."""

    def __init__(self, values, address_bytes=1, size=None):
        self.registers = bytearray(size or 1 << 8 * address_bytes)
        for first, value in values.items():
            data = bytes([value]) if isinstance(value, int) else value
            self.registers[first : first + len(data)] = data
        self._address_bytes = address_bytes
        self.pointer = 0
        self.written = []

    def write(self, data):
        if len(data) >= self._address_bytes:
            self.pointer = int.from_bytes(data[: self._address_bytes], "big")
        for value in data[self._address_bytes :]:
            self.written.append((self.pointer, value))
            self.set(self._next(), value)

    def _next(self):
        at = self.pointer % len(self.registers)
        self.pointer = at + 1
        return at

    def set(self, register, value):
        self.registers[register] = value

    def get(self, register):
        return self.registers[register]

    def read(self, n):
        return bytes(self.get(self._next()) for _ in range(n))


class Words(Chip):
    """Registers of 16 bits, high byte first, as in many sensors; no address increment."""

    def __init__(self, values):
        self.registers = dict(values)
        self.pointer = 0

    def write(self, data):
        if data:
            self.pointer = data[0]
        if len(data) >= 3:
            self.set(self.pointer, int.from_bytes(data[1:3], "big"))

    def set(self, register, value):
        self.registers[register] = value

    def get(self, register):
        return self.registers.get(register, 0)

    def read(self, n):
        word = self.get(self.pointer).to_bytes(2, "big")
        return (word * (n // 2 + 1))[:n]


class FakeI2CBus(Device):
    def __init__(self, chips, functions=PLAIN, claimed=()):
        """`claimed` are the addresses with a kernel driver."""
        self.chips = chips
        self.functions = functions
        self.claimed = claimed
        self.transfers = []
        self.settings = []
        self.open_error = None
        self.error = None  # an errno with which every transfer fails from now on
        self.nack = errno.EREMOTEIO  # ENXIO on other adapters
        self._address = 0

    def open(self, flags):
        if self.open_error:
            raise OSError(self.open_error, "refused")

    def ioctl(self, request, value, data):
        if request == I2C_FUNCS:
            return struct.pack("@L", self.functions)
        if request in (I2C_TIMEOUT, I2C_RETRIES):
            self.settings.append((request, value))
            return b""
        if request == I2C_SLAVE:
            if value in self.claimed:
                raise OSError(errno.EBUSY, "a driver has it")
            self._address = value
            return b""
        if request == I2C_RDWR:
            return self._rdwr(data)
        if request == I2C_SMBUS:
            return self._smbus(data)
        return super().ioctl(request, value, data)

    def _rdwr(self, data):
        if not self.functions & I2C_FUNC_I2C:
            raise OSError(errno.EOPNOTSUPP, "no plain I2C")
        messages = []
        while data:
            address, flags, n = _HEADER.unpack_from(data)
            data = data[_HEADER.size :]
            if n > 8192:
                raise OSError(errno.EINVAL, "too long")
            if n == 0 and not self.functions & I2C_FUNC_SMBUS_QUICK:
                raise OSError(errno.EOPNOTSUPP, "an address alone")
            if flags & I2C_M_RD:
                messages.append((address, n))
            else:
                messages.append((address, data[:n]))
                data = data[n:]
        return len(messages), b"".join(self._transfer(messages))

    def _transfer(self, messages):
        """From start to stop; a message is (address, number to read) or (address, bytes)."""
        if self.error:
            raise OSError(self.error, "the bus")
        self.transfers.append(messages)
        answers = []
        try:
            for address, what in messages:
                if address not in self.chips:
                    raise Nack
                chip = self.chips[address]
                if isinstance(what, int):
                    answers.append(chip.read(what))
                else:
                    chip.write(what)
        except Nack:
            raise OSError(self.nack, "no acknowledge")
        return answers

    def _smbus(self, data):
        reads, command, size = _ACCESS.unpack_from(data)
        union = bytearray(data[_ACCESS.size :])
        if not self.functions & _FUNCTION_OF.get(size, 0):
            raise OSError(errno.EOPNOTSUPP, "not of this adapter")
        at = 1 if size == _BLOCK else 0
        n = {_QUICK: 0, _BYTE: 0, _BYTE_DATA: 1, _WORD_DATA: 2, _BLOCK: union[0]}[size]
        if size == _BLOCK and not 1 <= n <= 32:
            raise OSError(errno.EINVAL, "length of a block")
        chip = self._address
        if not reads:
            register = b"" if size == _QUICK else bytes([command])
            self._transfer([(chip, register + union[at : at + n])])
            return b""
        if size in (_QUICK, _BYTE):
            answer = self._transfer([(chip, 1 if size == _BYTE else 0)])[0]
        else:
            answer = self._transfer([(chip, bytes([command])), (chip, n)])[0]
        union[at : at + len(answer)] = answer
        assert len(union) == _UNION_BYTES
        return bytes(union)
