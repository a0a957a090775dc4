# SPDX-License-Identifier: MIT
"""Signals to wait for, instead of handlers that interrupt."""

from . import libc
from .files import readable

_RECORD_BYTES = 128  # struct signalfd_siginfo, signalfd(2); ssi_signo is its first word


class Signals:
    """Blocks the given signals for the process and delivers them one after the other."""

    def __init__(self, *numbers):
        mask = libc.sigset(numbers)
        libc.sigprocmask(libc.SIG_BLOCK, mask)
        self._file = open(libc.signalfd(mask), "rb")
        self._record = bytearray(_RECORD_BYTES)

    async def next(self):
        """Waits for the next signal and returns its number."""
        while True:
            await readable(self._file)
            if self._file.readinto(self._record) == _RECORD_BYTES:
                return int.from_bytes(self._record[:4], "little")

    def close(self):
        self._file.close()
