# SPDX-License-Identifier: MIT
"""Kernel errors with advice on what to do about them."""

from . import libc

# <asm-generic/errno-base.h>, <asm-generic/errno.h>: MicroPython's errno has only some of these
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
    """The OSError, with the advice for its errno from the dict `hints`."""
    hint = hints.get(error.errno)
    return OSError(error.errno, "%s: %s" % (error.args[1], hint)) if hint else error


def failure(number, what, hint):
    """An OSError that says where it failed, why, and what to do."""
    return OSError(number, "%s: %s: %s" % (what, libc.strerror(number), hint))


def open_device(path, flags, hints):
    """A device as a file object, closed when it is collected; `hints` as for explained()."""
    try:
        fd = libc.open_device(path, flags)
    except OSError as error:
        raise explained(error, hints)
    return open(fd, "r+b")
