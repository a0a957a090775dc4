# SPDX-License-Identifier: MIT
"""Real time clock chips, /dev/rtcN: time and alarm, in UTC to the second."""

from typing_extensions import Self

RTC_RD_TIME: int
RTC_SET_TIME: int
RTC_WKALM_SET: int
RTC_WKALM_RD: int

def epoch_seconds(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Seconds since 1970 of a time in UTC: time.mktime() would take it as local."""

class Chip:
    """One clock, open. Times are seconds since 1970."""

    path: str
    def __init__(self, path: str) -> None: ...
    def time(self) -> int: ...
    def set_time(self, seconds: int) -> None: ...
    def alarm(self) -> tuple[int, bool]:
        """(seconds, enabled) of the alarm."""
    def set_alarm(self, seconds: int, enabled: bool = True) -> None: ...
    def fileno(self) -> int:
        """The descriptor; it becomes readable when the alarm goes off."""
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
