# SPDX-License-Identifier: MIT
"""machine.RTC: the system clock, or a clock chip."""

from typing import NoReturn, overload

from typing_extensions import Buffer

from ._types import DateTime

CLOCK_REALTIME: int

class RTC:
    ALARM0: int
    def __init__(self, id: int | str = 0, datetime: DateTime | None = None) -> None:
        """The system's clock, or a chip by path; sets it if `datetime` is given, as init()."""
    @overload
    def datetime(self) -> DateTime:
        """The time as MicroPython's 8-tuple, or sets it."""
    @overload
    def datetime(self, datetimetuple: DateTime) -> None: ...
    def init(self, datetime: DateTime) -> None:
        """Sets the time; see the module's table for the tuple."""
    def now(self) -> DateTime:
        """The time as a tuple that init() takes."""
    def alarm(self, id: int = 0, time: int | DateTime = 0, *, repeat: bool = False) -> None:
        """Arms the alarm: `time` is ms from now or a tuple as for init()."""
    def alarm_left(self, alarm_id: int = 0) -> int:
        """Milliseconds until the alarm, 0 if there is none or it has passed."""
    def cancel(self, alarm_id: int = 0) -> None:
        """Disarms the alarm."""
    def irq(self, *, trigger: int = 0, handler: object = None, wake: int = 0) -> NoReturn: ...
    def memory(self, data: Buffer | None = None) -> NoReturn: ...
    def deinit(self) -> NoReturn: ...
