# SPDX-License-Identifier: MIT
"""Errors of the kernel with what to do about them."""

from . import libc

# <asm-generic/errno-base.h>, <asm-generic/errno.h>: those MicroPython's errno lacks as well
EPERM = 1
ENOENT = 2
EIO = 5
ENXIO = 6
EBADF = 9
EAGAIN = 11
EACCES = 13
EBUSY = 16
ENODEV = 19
EINVAL = 22
ENOTTY = 25
EOPNOTSUPP = 95
ETIMEDOUT = 110


def explained(error, hints):
    """The OSError with the advice that `hints`, a dict by errno, has for it."""
    hint = hints.get(error.errno)
    return OSError(error.errno, "%s: %s" % (error.args[1], hint)) if hint else error


def failure(number, what, hint):
    """An OSError that says what failed, why, and what to do."""
    return OSError(number, "%s: %s: %s" % (what, libc.strerror(number), hint))


def open_device(path, flags, hints):
    """A file object of a device, closed when it is collected; `hints` as for explained()."""
    try:
        fd = libc.open_device(path, flags)
    except OSError as error:
        raise explained(error, hints)
    return open(fd, "r+b")
