# SPDX-License-Identifier: MIT
"""I2C messages carried out by SMBus accesses, for adapters without plain I2C."""

from typing_extensions import Buffer

I2C_SLAVE: int
I2C_SMBUS: int
I2C_M_RD: int
I2C_FUNC_SMBUS_QUICK: int
I2C_FUNC_SMBUS_READ_BYTE: int
I2C_FUNC_SMBUS_READ_BYTE_DATA: int
I2C_FUNC_SMBUS_READ_WORD_DATA: int
I2C_FUNC_SMBUS_READ_I2C_BLOCK: int
I2C_SMBUS_READ: int
I2C_SMBUS_WRITE: int
I2C_SMBUS_QUICK: int
I2C_SMBUS_BYTE: int
I2C_SMBUS_BYTE_DATA: int
I2C_SMBUS_WORD_DATA: int
I2C_SMBUS_I2C_BLOCK_DATA: int
I2C_SMBUS_BLOCK_MAX: int

class SMBus:
    """Carries out messages on one open adapter with the given I2C_FUNCS."""

    has_quick: bool
    def __init__(self, fd: int, functions: int) -> None: ...
    def select(self, address: int) -> None:
        """Says which chip the following calls mean. OSError(EBUSY) if a kernel driver has it."""
    def quick(self) -> None:
        """Sends the address alone, as for a write."""
    def receive_byte(self) -> int:
        """Reads a byte without naming a register."""
    def transfer(self, first: Buffer | None, message: Buffer) -> None:
        """`first`, if any, is a write that a read follows; both are struct i2c_msg."""
