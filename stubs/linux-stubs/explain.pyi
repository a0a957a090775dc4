# SPDX-License-Identifier: MIT
"""Errors of the kernel with what to do about them."""

from typing import IO

from ._types import Hints

EPERM: int
ENOENT: int
EIO: int
ENXIO: int
EBADF: int
EAGAIN: int
EACCES: int
EBUSY: int
ENODEV: int
EINVAL: int
ENOTTY: int
EOPNOTSUPP: int
ETIMEDOUT: int

def explained(error: OSError, hints: Hints) -> OSError:
    """The OSError with the advice that `hints`, a dict by errno, has for it."""

def failure(number: int, what: str, hint: str) -> OSError:
    """An OSError that says what failed, why, and what to do."""

def open_device(path: str, flags: int, hints: Hints) -> IO[bytes]:
    """A file object of a device, closed when it is collected; `hints` as for explained()."""
