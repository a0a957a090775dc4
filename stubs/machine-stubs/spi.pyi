# SPDX-License-Identifier: MIT
"""machine.SPI and machine.SoftSPI: the kernel's spidev, /dev/spidevBUS.CS."""

from collections.abc import Sequence

from typing_extensions import Buffer

from ._types import AnyPin

SPI_IOC_MESSAGE_1: int
SPI_IOC_WR_BITS_PER_WORD: int
SPI_IOC_WR_MAX_SPEED_HZ: int
SPI_IOC_RD_MODE32: int
SPI_IOC_WR_MODE32: int
SPI_CPHA: int
SPI_CPOL: int
SPI_LSB_FIRST: int
SPI_NO_CS: int

class SPI:
    MSB: int
    LSB: int
    CONTROLLER: int
    path: str
    kernel_selects: bool
    def __init__(
        self,
        id: int | str,
        baudrate: int = 1000000,
        *,
        polarity: int = 0,
        phase: int = 0,
        bits: int = 8,
        firstbit: int = 0,
        sck: AnyPin | None = None,
        mosi: AnyPin | None = None,
        miso: AnyPin | None = None,
        pins: Sequence[AnyPin] | None = None,
        cs: int | None = None,
    ) -> None:
        """Opens a bus; the module's table says what the arguments mean."""
    def init(
        self,
        baudrate: int | None = None,
        *,
        polarity: int | None = None,
        phase: int | None = None,
        bits: int | None = None,
        firstbit: int | None = None,
        sck: AnyPin | None = None,
        mosi: AnyPin | None = None,
        miso: AnyPin | None = None,
        pins: Sequence[AnyPin] | None = None,
    ) -> None:
        """Changes settings, and opens the bus if it was closed."""
    def deinit(self) -> None:
        """Closes the bus. Idempotent."""
    def read(self, nbytes: int, write: int = 0) -> bytes:
        """`nbytes` bytes, while the byte `write` is sent for each."""
    def readinto(self, buf: Buffer, write: int = 0) -> None:
        """Fills `buf`, while the byte `write` is sent for each."""
    def write(self, buf: Buffer) -> None:
        """Sends `buf`."""
    def write_readinto(self, write_buf: Buffer, read_buf: Buffer) -> None:
        """Sends `write_buf` while it fills `read_buf`, which has the same length."""

class SoftSPI(SPI):
    def __init__(
        self,
        baudrate: int = 500000,
        *,
        polarity: int = 0,
        phase: int = 0,
        bits: int = 8,
        firstbit: int = 0,
        sck: AnyPin | None = None,
        mosi: AnyPin | None = None,
        miso: AnyPin | None = None,
        id: int | str | None = None,
        cs: int | None = None,
    ) -> None:
        """As SPI, on the bus that has these pins, or `id`. ValueError if they name no bus."""
