# SPDX-License-Identifier: MIT
"""machine.I2C and machine.SoftI2C: the kernel's I2C buses, /dev/i2c-N."""

from collections.abc import Sequence

from typing_extensions import Buffer

from ._types import AnyPin

I2C_RETRIES: int
I2C_TIMEOUT: int
I2C_FUNCS: int
I2C_RDWR: int
I2C_M_RD: int
I2C_FUNC_I2C: int

class I2C:
    path: str
    def __init__(
        self,
        id: int | str | None = None,
        *,
        scl: AnyPin | None = None,
        sda: AnyPin | None = None,
        freq: int = 400000,
        timeout: int | None = None,
        retries: int | None = None,
    ) -> None:
        """Opens a bus; the module's table says what the arguments mean."""
    def init(
        self,
        scl: AnyPin | None = None,
        sda: AnyPin | None = None,
        *,
        freq: int = 400000,
        timeout: int | None = None,
        retries: int | None = None,
    ) -> None:
        """Opens the bus again, with other settings."""
    def deinit(self) -> None:
        """Closes the bus, after a write that was kept. Idempotent."""
    def scan(self) -> list[int]:
        """The addresses from 0x08 to 0x77 that answer."""
    def readfrom(self, addr: int, nbytes: int, stop: bool = True) -> bytes:
        """`nbytes` bytes from the chip at `addr`."""
    def readfrom_into(self, addr: int, buf: Buffer, stop: bool = True) -> None:
        """Fills `buf` from the chip at `addr`."""
    def writeto(self, addr: int, buf: Buffer, stop: bool = True) -> int:
        """Writes `buf`; returns the number of its bytes. With stop=False see the module."""
    def writevto(self, addr: int, vector: Sequence[Buffer], stop: bool = True) -> int:
        """Writes the buffers of `vector` as one; returns the number of bytes."""
    def readfrom_mem(self, addr: int, memaddr: int, nbytes: int, *, addrsize: int = 8) -> bytes:
        """`nbytes` bytes from register `memaddr`, which has `addrsize` bits."""
    def readfrom_mem_into(
        self, addr: int, memaddr: int, buf: Buffer, *, addrsize: int = 8
    ) -> None:
        """Fills `buf` from register `memaddr`."""
    def writeto_mem(self, addr: int, memaddr: int, buf: Buffer, *, addrsize: int = 8) -> None:
        """Writes `buf` to register `memaddr`."""

class SoftI2C(I2C):
    def __init__(
        self,
        scl: AnyPin | None = None,
        sda: AnyPin | None = None,
        *,
        id: int | str | None = None,
        freq: int = 400000,
        timeout: int | None = None,
        retries: int | None = None,
    ) -> None:
        """As I2C; a number alone, SoftI2C(1), is the bus."""
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def readinto(self, buf: Buffer, nack: bool = True) -> None: ...
    def write(self, buf: Buffer) -> None: ...
