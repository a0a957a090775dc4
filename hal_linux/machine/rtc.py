# SPDX-License-Identifier: MIT
"""machine.RTC: the system clock, or a clock chip.

| MicroPython | on Linux |
|---|---|
| RTC(), RTC(0)     | the system clock, which the kernel keeps and NTP sets |
| RTC("/dev/rtc0")  | the clock chip itself |
| datetime()        | (year, month, day, weekday, hours, minutes, seconds, subseconds) in UTC: weekday 0 is Monday, subseconds are microseconds (0 from a chip) |
| datetime(tuple)   | sets the clock; the weekday is not used. Needs CAP_SYS_TIME, else OSError(EPERM) |
| init(tuple), now()| (year, month, day, hour, minute, second, microsecond, tzinfo), as documented; tzinfo is None |
| alarm(id, time)   | the alarm of the chip, or of /dev/rtc0: ms from now, rounded up to seconds, or a tuple as for init. It wakes a board that sleeps |
| alarm_left, cancel| as documented |
| alarm(repeat=True)| an error: chips cannot repeat an alarm |
| irq               | an error: wait for the time with asyncio; the alarm is for waking up |
| memory            | an error: Linux has no access to the chip's memory |
| deinit            | an error: it would set the clock to 2015 |
"""  # noqa: E501

import struct
import time

from linux import libc
from linux.explain import EINVAL, EOPNOTSUPP, EPERM, explained, failure
from linux.rtcdev import Chip, epoch_seconds

CLOCK_REALTIME = 0  # <time.h>
# If a long has 32 bits, so has clock_settime()'s time, which ends in January 2038: use the libc's
# 64-bit function. Its struct timespec is two 64-bit numbers, as on 64-bit systems.
_clock_settime = libc._libc.func(
    "i", "clock_settime" if struct.calcsize("l") == 8 else "__clock_settime64", "ip"
)
_HINTS = {
    EPERM: "setting the clock needs root or CAP_SYS_TIME (AmbientCapabilities= of a service)",
    EINVAL: "not a time this clock can hold",
}
_CHIP = "/dev/rtc0"


def _checked(year, month, day, hour, minute, second, microsecond):
    """Seconds since 1970; ValueError for a date that does not exist."""
    seconds = epoch_seconds(year, month, day, hour, minute, second)
    exists = time.gmtime(seconds)[:6] == (year, month, day, hour, minute, second)
    if not exists or not 0 <= microsecond < 1000000:
        raise ValueError("RTC: no such date and time")
    return seconds


def _full(fields):
    """The seven fields of a documented (year, month, day[, hour[, …[, tzinfo]]]) tuple."""
    if not 3 <= len(fields) <= 8 or len(fields) == 8 and fields[7] is not None:
        raise ValueError("RTC: (year, month, day, hour, minute, second, microsecond, None)")
    return (tuple(fields) + (0, 0, 0, 0))[:7] if len(fields) < 7 else tuple(fields[:7])


class RTC:
    ALARM0 = 0

    def __init__(self, id=0, datetime=None):
        """Opens the system clock, or a chip by path; sets it if `datetime` is given, as init()."""
        if id != 0 and not isinstance(id, str):
            raise ValueError('RTC: id must be 0, the system\'s clock, or a path as "/dev/rtc0"')
        self._system = id == 0
        self._path = _CHIP if self._system else id
        if not self._system:
            Chip(self._path).close()  # raises now instead of at the first use
        if datetime is not None:
            self.init(datetime)

    def __repr__(self):
        return "RTC()" if self._system else "RTC(%r)" % self._path

    def datetime(self, datetimetuple=None):
        """Returns the time as MicroPython's 8-tuple, or sets it."""
        if datetimetuple is not None:
            if len(datetimetuple) != 8:
                raise ValueError("RTC: datetime() takes 8 numbers, with the weekday as the fourth")
            year, month, day, _, *rest = datetimetuple
            self._set(year, month, day, *rest)
            return None
        seconds, microseconds = self._now()
        year, month, day, hour, minute, second, weekday = time.gmtime(seconds)[:7]
        return (year, month, day, weekday, hour, minute, second, microseconds)

    def init(self, datetime):
        """Sets the time; see the module's table for the tuple."""
        self._set(*_full(datetime))

    def now(self):
        """The time as a tuple that init() takes."""
        seconds, microseconds = self._now()
        return time.gmtime(seconds)[:6] + (microseconds, None)

    def _now(self):
        if self._system:
            ns = time.time_ns()
            return ns // 1000000000, ns // 1000 % 1000000
        with Chip(self._path) as chip:
            return chip.time(), 0

    def _set(self, *fields):
        seconds = _checked(*fields)
        if not self._system:
            with Chip(self._path) as chip:
                chip.set_time(seconds)
            return
        timespec = struct.pack("qq", seconds, fields[6] * 1000)
        try:
            libc.check(_clock_settime(CLOCK_REALTIME, timespec), "clock_settime")
        except OSError as error:
            raise explained(error, _HINTS)

    def alarm(self, id=0, time=0, *, repeat=False):
        """Arms the alarm: `time` is ms from now or a tuple as for init()."""
        self._only(id)
        if repeat:
            raise ValueError("RTC: no alarm repeats by itself; arm it again")
        with Chip(self._path) as chip:
            if isinstance(time, int):
                # One more second: the current one is partly over.
                chip.set_alarm(chip.time() + (time + 999) // 1000 + (1 if time > 0 else 0))
            else:
                chip.set_alarm(_checked(*_full(time)))

    def alarm_left(self, alarm_id=0):
        """Milliseconds until the alarm, 0 if there is none or it has passed."""
        self._only(alarm_id)
        with Chip(self._path) as chip:
            at, enabled = chip.alarm()
            return max(0, at - chip.time()) * 1000 if enabled else 0

    def cancel(self, alarm_id=0):
        """Disarms the alarm."""
        self._only(alarm_id)
        with Chip(self._path) as chip:
            chip.set_alarm(chip.alarm()[0], False)

    def _only(self, id):
        if id != RTC.ALARM0:
            raise ValueError("RTC: there is one alarm, RTC.ALARM0")

    def irq(self, *, trigger=0, handler=None, wake=0):
        raise failure(EOPNOTSUPP, "RTC.irq", "use asyncio.sleep(); alarm() wakes a sleeping board")

    def memory(self, data=None):
        raise failure(EOPNOTSUPP, "RTC.memory", "use a file")

    def deinit(self):
        raise failure(EOPNOTSUPP, "RTC.deinit", "it would set the clock to the year 2015")
