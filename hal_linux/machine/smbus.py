# SPDX-License-Identifier: MIT
"""I2C messages as SMBus accesses, for adapters without plain I2C."""

import struct

import uctypes

from linux import libc

# <linux/i2c-dev.h>, <linux/i2c.h>
I2C_SLAVE = 0x0703
I2C_SMBUS = 0x0720
I2C_M_RD = 0x0001
I2C_FUNC_SMBUS_QUICK = 0x00010000
I2C_FUNC_SMBUS_READ_BYTE = 0x00020000  # WRITE is the next bit, here and below
I2C_FUNC_SMBUS_READ_BYTE_DATA = 0x00080000
I2C_FUNC_SMBUS_READ_WORD_DATA = 0x00200000
I2C_FUNC_SMBUS_READ_I2C_BLOCK = 0x04000000
I2C_SMBUS_READ = 1
I2C_SMBUS_WRITE = 0
I2C_SMBUS_QUICK = 0
I2C_SMBUS_BYTE = 1
I2C_SMBUS_BYTE_DATA = 2
I2C_SMBUS_WORD_DATA = 3
I2C_SMBUS_I2C_BLOCK_DATA = 8
I2C_SMBUS_BLOCK_MAX = 32

# The pointer comes last in the struct, at a multiple of 8; a long is as wide as a pointer.
_POINTER = struct.calcsize("P")
_ACCESS = {
    "read_write": 0 | uctypes.UINT8,
    "command": 1 | uctypes.UINT8,
    "size": 4 | uctypes.UINT32,
    "data": 8 | uctypes.ULONG,
}

_EOPNOTSUPP = 95


class SMBus:
    """Carries out messages on an open adapter with the given I2C_FUNCS."""

    def __init__(self, fd, functions):
        self._fd = fd
        self._functions = functions
        self._data = bytearray(I2C_SMBUS_BLOCK_MAX + 2)  # union i2c_smbus_data
        self._arguments = bytearray(8 + _POINTER)  # struct i2c_smbus_ioctl_data
        self._struct = uctypes.struct(uctypes.addressof(self._arguments), _ACCESS, uctypes.NATIVE)
        self._struct.data = uctypes.addressof(self._data)

        self.has_quick = functions & I2C_FUNC_SMBUS_QUICK

    def select(self, address):
        """Selects the chip for the following calls. OSError(EBUSY) if a kernel driver has it."""
        libc.ioctl_int(self._fd, I2C_SLAVE, address)

    def quick(self):
        """Sends the address alone, as for a write."""
        self._access(I2C_SMBUS_WRITE, 0, I2C_SMBUS_QUICK)

    def receive_byte(self):
        """Reads a byte without a register."""
        self._access(I2C_SMBUS_READ, 0, I2C_SMBUS_BYTE)
        return self._data[0]

    def _access(self, read_write, command, size):
        self._struct.read_write = read_write
        self._struct.command = command
        self._struct.size = size
        libc.ioctl(self._fd, I2C_SMBUS, self._arguments)

    def transfer(self, first, message):
        """`first`, if given, is a write followed by a read; both are struct i2c_msg."""
        n = message.len
        data = uctypes.bytearray_at(message.buf, n)
        read = I2C_SMBUS_READ if message.flags & I2C_M_RD else I2C_SMBUS_WRITE
        self.select(message.addr)
        if first is not None and not (read and first.len == 1 and first.addr == message.addr):
            self._refuse("a write of %d bytes and then %d more" % (first.len, n))
        if first is None and n == 0:
            self._need(I2C_FUNC_SMBUS_QUICK, True, "an address alone")
            self._access(read, 0, I2C_SMBUS_QUICK)
        elif first is None and n == 1:
            self._need(I2C_FUNC_SMBUS_READ_BYTE, read, "a single byte")
            if read:
                data[0] = self.receive_byte()
            else:
                self._access(read, data[0], I2C_SMBUS_BYTE)
        elif first is not None:
            size, at = self._form(True, n, "a register of %d bytes" % n)
            self._data[0] = n
            self._access(read, uctypes.bytearray_at(first.buf, 1)[0], size)
            data[:] = self._data[at : at + n]
        elif read:
            self._refuse("a read of %d bytes without a register" % n)
        else:
            size, at = self._form(False, n - 1, "a write of %d bytes" % n)
            self._data[0] = n - 1
            self._data[at : at + n - 1] = data[1:]
            self._access(read, data[0], size)

    def _form(self, read, n, what):
        """(size of the SMBus access, where its bytes start) to move n bytes of a register."""
        if n == 1 and self._has(I2C_FUNC_SMBUS_READ_BYTE_DATA, read):
            return I2C_SMBUS_BYTE_DATA, 0
        if n == 2 and self._has(I2C_FUNC_SMBUS_READ_WORD_DATA, read):
            return I2C_SMBUS_WORD_DATA, 0
        if not 0 < n <= I2C_SMBUS_BLOCK_MAX:
            self._refuse(what)
        self._need(I2C_FUNC_SMBUS_READ_I2C_BLOCK, read, what)
        return I2C_SMBUS_I2C_BLOCK_DATA, 1

    def _has(self, flag, read):
        return self._functions & (flag if read else flag << 1)

    def _need(self, flag, read, what):
        if not self._has(flag, read):
            self._refuse(what)

    def _refuse(self, what):
        raise OSError(_EOPNOTSUPP, "the adapter has SMBus only, which cannot do %s" % what)
