# SPDX-License-Identifier: MIT
"""Real-time clock chips, /dev/rtcN: time and alarm, in UTC to the second."""

import struct
import time

from . import libc
from .explain import EACCES, EBUSY, EINVAL, ENODEV, ENOENT, ENOTTY, ENXIO, explained, open_device

# <linux/rtc.h>
RTC_RD_TIME = 0x80247009
RTC_SET_TIME = 0x4024700A
RTC_WKALM_SET = 0x4028700F
RTC_WKALM_RD = 0x80287010
# struct rtc_time: second, minute, hour, day, month from 0, year - 1900, then unused fields
_TIME = "<iiiiiiiii"
# struct rtc_wkalrm: enabled, pending, struct rtc_time
_ALARM = "<BBxx" + _TIME[1:]

_NO_ALARM = "this clock has no alarm, or its interrupt line is not connected"
_HINTS = {
    EACCES: "run as root",
    ENOENT: "a Raspberry Pi before 5 has no clock chip; dtoverlay=i2c-rtc,ds3231 adds one",
    EBUSY: "another program has it open",
    ENXIO: "no such clock",
    ENODEV: "no such clock",
    ENOTTY: _NO_ALARM,
    EINVAL: _NO_ALARM,
}
_BAD_TIME = {EINVAL: "the clock does not hold a valid time; set it", EACCES: "setting needs root"}


def _pack(seconds):
    year, month, day, hour, minute, second = time.gmtime(seconds)[:6]
    return (second, minute, hour, day, month - 1, year - 1900, 0, 0, 0)


def _unpack(fields):
    second, minute, hour, day, month, year = fields[:6]
    return epoch_seconds(year + 1900, month + 1, day, hour, minute, second)


def epoch_seconds(year, month, day, hour, minute, second):
    """Seconds since 1970 of a time in UTC; time.mktime() takes local time."""
    # Howard Hinnant's days_from_civil: years begin in March, so the leap day is the last.
    year -= month <= 2
    of_era = year % 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = year // 400 * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return ((days * 24 + hour) * 60 + minute) * 60 + second


class Chip:
    """One clock, open. Times are seconds since 1970."""

    def __init__(self, path):
        self.path = path
        self._file = open_device(path, libc.O_RDONLY, _HINTS)
        self._fd = self._file.fileno()

    def _call(self, request, argument, hints):
        try:
            libc.ioctl(self._fd, request, argument, self.path)
        except OSError as error:
            raise explained(error, hints)

    def time(self):
        data = bytearray(36)
        self._call(RTC_RD_TIME, data, _BAD_TIME)
        return _unpack(struct.unpack(_TIME, data))

    def set_time(self, seconds):
        self._call(RTC_SET_TIME, struct.pack(_TIME, *_pack(seconds)), _BAD_TIME)

    def alarm(self):
        """(seconds, enabled) of the alarm."""
        data = bytearray(40)
        self._call(RTC_WKALM_RD, data, _HINTS)
        fields = struct.unpack(_ALARM, data)
        return _unpack(fields[2:]), bool(fields[0])

    def set_alarm(self, seconds, enabled=True):
        self._call(RTC_WKALM_SET, struct.pack(_ALARM, int(enabled), 0, *_pack(seconds)), _HINTS)

    def fileno(self):
        """The descriptor; it becomes readable when the alarm goes off."""
        return self._fd

    def close(self):
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
