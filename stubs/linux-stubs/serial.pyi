# SPDX-License-Identifier: MIT
"""The settings of a serial line by termios2, whose speed is any number of baud."""

TCGETS2: int
TCSETS2: int
TCSBRK: int
TIOCOUTQ: int
TIOCINQ: int
TIOCSBRK: int
TIOCCBRK: int
TIOCSERGETLSR: int
TIOCSER_TEMT: int
CS5: int
CSIZE: int
CSTOPB: int
CREAD: int
PARENB: int
PARODD: int
CLOCAL: int
BOTHER: int
CRTSCTS: int
IGNBRK: int
IGNPAR: int
INPCK: int
VMIN: int

def configure(
    fd: int, path: str, baudrate: int, bits: int, parity: int | None, stop: int, flow: bool
) -> None:
    """Makes the line raw with these settings; characters with a wrong parity are dropped."""

def queued(fd: int, request: int, path: str) -> int:
    """The bytes that wait: TIOCINQ to be read, TIOCOUTQ to be sent."""

def transmitter_empty(fd: int) -> bool:
    """Whether the last bit has left the hardware; True where the driver cannot tell."""
