# SPDX-License-Identifier: MIT
"""Devices of a board for FakeKernel: a watchdog and a clock chip."""

import errno
import struct

from fakes.kernel import Device


class Watchdog(Device):
    """drivers/watchdog/watchdog_dev.c: one user, started by opening, stopped by 'V' or ioctl."""

    GETSUPPORT, SETOPTIONS, KEEPALIVE = 0x80285700, 0x80045704, 0x80045705
    SETTIMEOUT, GETTIMEOUT = 0xC0045706, 0x80045707

    def __init__(self, longest_s=15, nowayout=False, refuses=None, gives=None):
        self.longest_s, self.nowayout = longest_s, nowayout
        self.refuses, self.gives = refuses, gives
        self.timeout, self.fed, self.running, self.magic = 10, 0, False, False
        self.users = 0

    def open(self, flags):
        if self.refuses or self.users:
            raise OSError(self.refuses or errno.EBUSY, "")
        self.users += 1
        self.running, self.magic = True, False

    def ioctl(self, request, value, data):
        if request == self.GETSUPPORT:
            return struct.pack("=II32s", 0x8180, 1, b"fake")
        if request == self.SETTIMEOUT:
            (asked,) = struct.unpack("=i", data)
            if asked > self.longest_s:
                raise OSError(errno.EINVAL, "")
            self.timeout = self.gives or asked
            return data
        if request == self.GETTIMEOUT:
            return struct.pack("=i", self.timeout)
        if request == self.KEEPALIVE:
            self.fed += 1
            return None
        if request == self.SETOPTIONS:
            # <linux/watchdog.h> declares the ioctl as a read, so the fake does not see the option.
            if self.nowayout:
                raise OSError(errno.EBUSY, "")
            self.running = False
            return None
        raise OSError(errno.ENOTTY, "")

    def received(self, data):
        self.magic = data == b"V"

    def close(self):
        self.users -= 1


class ClockChip(Device):
    """drivers/rtc/dev.c with a clock that does not advance."""

    RD_TIME, SET_TIME, WKALM_SET, WKALM_RD = 0x80247009, 0x4024700A, 0x4028700F, 0x80287010

    def __init__(self):
        self.time = struct.pack("=9i", 5, 4, 3, 2, 0, 126, 0, 0, 0)
        self.alarm = struct.pack("=BBxx", 0, 0) + self.time

    def ioctl(self, request, value, data):
        if request == self.RD_TIME:
            return self.time
        if request == self.WKALM_RD:
            return self.alarm
        if request == self.SET_TIME:
            self.time = data
        elif request == self.WKALM_SET:
            self.alarm = data
        else:
            raise OSError(errno.ENOTTY, "")
        return None
