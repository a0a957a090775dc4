# SPDX-License-Identifier: MIT
"""machine.UART: serial ports."""

from typing import NoReturn

from typing_extensions import Buffer

from ._types import AnyPin

class UART:
    RTS: int
    CTS: int
    INV_TX: int
    INV_RX: int
    path: str
    def __init__(
        self,
        id: int | str,
        baudrate: int = 9600,
        bits: int = 8,
        parity: int | None = None,
        stop: int = 1,
        *,
        tx: AnyPin | None = None,
        rx: AnyPin | None = None,
        rts: AnyPin | None = None,
        cts: AnyPin | None = None,
        timeout: int = 0,
        timeout_char: int = 0,
        flow: int = 0,
        rxbuf: int = 0,
        txbuf: int = 0,
        invert: int = 0,
    ) -> None:
        """Opens the port. ValueError: Linux cannot do that; OSError: this port cannot."""
    def init(
        self,
        baudrate: int = 9600,
        bits: int = 8,
        parity: int | None = None,
        stop: int = 1,
        *,
        tx: AnyPin | None = None,
        rx: AnyPin | None = None,
        rts: AnyPin | None = None,
        cts: AnyPin | None = None,
        timeout: int = 0,
        timeout_char: int = 0,
        flow: int = 0,
        rxbuf: int = 0,
        txbuf: int = 0,
        invert: int = 0,
    ) -> None:
        """Sets the port up with other settings, and opens it again after deinit()."""
    def deinit(self) -> None:
        """Closes the port. Idempotent."""
    def close(self) -> None:
        """Closes the port. Idempotent."""
    def any(self) -> int:
        """How many characters can be read at once."""
    def read(self, nbytes: int = -1) -> bytes | None:
        """Reads `nbytes`, or all there is; bytes, or None if nothing came in time."""
    def readinto(self, buf: Buffer, nbytes: int = -1) -> int | None:
        """Reads into `buf`, at most `nbytes`; how many, or None if nothing came in time."""
    def readline(self, size: int = -1) -> bytes | None:
        """Reads up to a newline; what came if the timeout passes first, None for nothing."""
    def write(self, buf: Buffer, nbytes: int = -1) -> int | None:
        """Writes all of `buf`, or its first `nbytes`; returns how many the kernel took."""
    def txdone(self) -> bool:
        """Whether everything has been sent."""
    def flush(self) -> None:
        """Waits until everything has been sent. OSError(ETIMEDOUT) if the line stands still."""
    def sendbreak(self) -> None:
        """Holds the line low for two characters, after what was written."""
    def irq(self, handler: object = None, trigger: int = 0, hard: bool = False) -> NoReturn:
        """Linux interrupts no program for a character: always OSError(EOPNOTSUPP)."""
    def ioctl(self, request: int, argument: int) -> int: ...
