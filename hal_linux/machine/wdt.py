# SPDX-License-Identifier: MIT
"""machine.WDT: the watchdog that restarts the board when the program stops feeding it.

| MicroPython | on Linux |
|---|---|
| WDT(id, timeout) | /dev/watchdogN, started by opening it; or a path. timeout in ms is rounded up to seconds; a longer one than the hardware has is an error, and leaves the watchdog stopped |
| feed()           | WDIOC_KEEPALIVE |

Beyond MicroPython: `timeout`, in ms, as the driver has set it; deinit(stop=True) stops the
watchdog, which only a driver without "nowayout" allows; deinit() lets it run, and the board
restarts unless a new WDT feeds it in time. The same happens when the program ends.
"""  # noqa: E501

import struct

from linux import libc
from linux.explain import (
    EACCES,
    EBUSY,
    EINVAL,
    ENODEV,
    ENOENT,
    ENOTTY,
    EOPNOTSUPP,
    explained,
    failure,
    open_device,
)

# <linux/watchdog.h>
WDIOC_GETSUPPORT = 0x80285700
WDIOC_SETTIMEOUT = 0xC0045706
WDIOC_GETTIMEOUT = 0x80045707
WDIOC_SETOPTIONS = 0x80045704
WDIOS_DISABLECARD = 0x0001
WDIOC_KEEPALIVE = 0x80045705
_MAGIC = b"V"  # Documentation/watchdog/watchdog-api.rst

_MISSING = "on a Raspberry Pi put dtparam=watchdog=on into config.txt"
_HINTS = {
    EACCES: "run as root, or add a udev rule for the subsystem watchdog",
    EBUSY: "in use; systemd has it if RuntimeWatchdogSec= is set, or a watchdog daemon runs",
    ENOENT: _MISSING,
    ENODEV: _MISSING,
}


class WDT:
    def __init__(self, id=0, timeout=5000):
        """Starts the watchdog with a timeout in ms. OSError as in the module's table."""
        if timeout <= 0:
            raise ValueError("WDT: timeout must be positive")
        self.path = "/dev/watchdog%d" % id if isinstance(id, int) else id
        self._file = open_device(self.path, libc.O_WRONLY, _HINTS)
        self._fd = self._file.fileno()
        self._argument = bytearray(4)
        try:
            support = bytearray(40)  # struct watchdog_info: options, firmware version, identity
            libc.ioctl(self._fd, WDIOC_GETSUPPORT, support, self.path)
        except OSError as error:
            self.deinit()
            raise failure(error.errno, self.path, "not a watchdog")
        try:
            self._set_timeout(timeout)
        except OSError as error:
            # Opening started it: stop it, or the board restarts after the program has ended.
            try:
                self.deinit(stop=True)
            except OSError as runs:
                raise OSError(error.errno, "%s; %s" % (error.args[1], runs.args[1]))
            raise

    def _set_timeout(self, timeout_ms):
        seconds = (timeout_ms + 999) // 1000
        what = "%s: a timeout of %d s" % (self.path, seconds)
        try:
            libc.ioctl(self._fd, WDIOC_SETTIMEOUT, struct.pack("<i", seconds), what)
        except OSError as error:
            raise explained(error, {EINVAL: "more than the hardware can; a Raspberry Pi has 15 s"})
        libc.ioctl(self._fd, WDIOC_GETTIMEOUT, self._argument, self.path)
        self.timeout = self._number() * 1000
        if self.timeout < timeout_ms:
            raise failure(EINVAL, what, "the driver made it %d ms" % self.timeout)

    def _number(self):
        return struct.unpack("<i", self._argument)[0]

    def __repr__(self):
        return "WDT(%r, timeout=%d)" % (self.path, self.timeout)

    def feed(self):
        """Starts the timeout anew."""
        if self._file is None:
            raise failure(ENODEV, self.path, "deinitialised")
        libc.ioctl(self._fd, WDIOC_KEEPALIVE, self._argument, self.path)

    def deinit(self, stop=False):
        """Closes the watchdog; it runs on unless `stop` is given. Idempotent.

        OSError(EBUSY) if it cannot be stopped: then it stays open and can be fed.
        """
        if self._file is None:
            return
        if stop:
            self._stop()
        self._file.close()
        self._file = None

    def _stop(self):
        option = struct.pack("<i", WDIOS_DISABLECARD)
        try:
            libc.ioctl(self._fd, WDIOC_SETOPTIONS, option, self.path)
        except OSError as error:
            if error.errno == EBUSY:
                raise failure(EBUSY, self.path, "it runs on: the driver has nowayout set")
            if error.errno not in (ENOTTY, EOPNOTSUPP):
                raise
        libc.write(self._fd, _MAGIC, 1, self.path)
