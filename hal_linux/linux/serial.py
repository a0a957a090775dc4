# SPDX-License-Identifier: MIT
"""The settings of a serial line through termios2, which allows any number of baud."""

import struct

from . import libc

# <asm-generic/ioctls.h>
TCGETS2 = 0x802C542A
TCSETS2 = 0x402C542B
TCSBRK = 0x5409
TIOCOUTQ = 0x5411
TIOCINQ = 0x541B
TIOCSBRK = 0x5427
TIOCCBRK = 0x5428
TIOCSERGETLSR = 0x5459
TIOCSER_TEMT = 1  # <asm-generic/ioctls.h>: the transmitter is empty

# <asm-generic/termbits.h>
CS5 = 0o0
CSIZE = 0o60
CSTOPB = 0o100
CREAD = 0o200
PARENB = 0o400
PARODD = 0o1000
CLOCAL = 0o4000
BOTHER = 0o10000
CRTSCTS = 0o20000000000
IGNBRK = 0o1
IGNPAR = 0o4
INPCK = 0o20
VMIN = 6
# struct termios2: input, output, control and local flags, line discipline, c_cc, speeds
_TERMIOS2 = "<IIIIB19sII"
# The c_cflag bits that the driver must have accepted.
_CHECKED = CSIZE | CSTOPB | PARENB | PARODD | CRTSCTS
_EINVAL = 22
_TOLERANCE = 0.03  # of the speed: beyond it the last bit of a character is misread


def configure(fd, path, baudrate, bits, parity, stop, flow):
    """Makes the line raw with these settings; the kernel drops characters with wrong parity.

    parity is None, 0 (even) or 1 (odd), flow is whether to use RTS and CTS. OSError(EINVAL) names
    the setting that the driver does not support.
    """
    control = CREAD | CLOCAL | BOTHER | CS5 + ((bits - 5) << 4)
    if stop == 2:
        control |= CSTOPB
    if parity is not None:
        control |= PARENB | (PARODD if parity else 0)
    if flow:
        control |= CRTSCTS
    reading = IGNBRK | (0 if parity is None else INPCK | IGNPAR)
    # VMIN 1: a read without data is EAGAIN, and 0 bytes mean that the line has hung up.
    characters = bytearray(19)
    characters[VMIN] = 1
    settings = struct.pack(
        _TERMIOS2, reading, 0, control, 0, 0, bytes(characters), baudrate, baudrate
    )
    libc.ioctl(fd, TCSETS2, settings, path)
    # tcsetattr(3): success means only that some of the settings were made.
    taken = bytearray(len(settings))
    libc.ioctl(fd, TCGETS2, taken, path)
    fields = struct.unpack(_TERMIOS2, taken)
    if (fields[2] ^ control) & _CHECKED:
        raise OSError(_EINVAL, path + ": " + _refused(fields[2] ^ control))
    if abs(fields[7] - baudrate) > baudrate * _TOLERANCE:
        raise OSError(_EINVAL, "%s: the driver gives %d baud" % (path, fields[7]))


def _refused(difference):
    if difference & CRTSCTS:
        return "the driver has no RTS/CTS flow control"
    if difference & (PARENB | PARODD):
        return "the driver does not support this parity"
    return "the driver does not support these bits and stop bits"


def queued(fd, request, path):
    """The number of bytes queued: TIOCINQ received, TIOCOUTQ to be sent."""
    number = bytearray(4)
    libc.ioctl(fd, request, number, path)
    return int.from_bytes(number, "little")


def transmitter_empty(fd):
    """Whether the last bit has left the hardware; True if the driver cannot report it."""
    number = bytearray(4)
    try:
        libc.ioctl(fd, TIOCSERGETLSR, number)
    except OSError:
        return True
    return bool(number[0] & TIOCSER_TEMT)
