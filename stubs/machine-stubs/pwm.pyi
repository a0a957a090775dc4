# SPDX-License-Identifier: MIT
"""machine.PWM: pulses from the hardware, through /sys/class/pwm."""

from typing import overload

from ._types import AnyPin

class PWM:
    def __init__(
        self,
        dest: AnyPin,
        *,
        freq: int = -1,
        duty_u16: int = -1,
        duty_ns: int = -1,
        invert: bool = False,
    ) -> None:
        """Takes the channel; pulses begin when both freq and a duty are set."""
    def init(
        self, *, freq: int = -1, duty_u16: int = -1, duty_ns: int = -1, invert: bool | None = None
    ) -> None:
        """Changes what is given; takes the channel again after deinit()."""
    @overload
    def freq(self) -> int:
        """The frequency in Hz, or sets it."""
    @overload
    def freq(self, value: int) -> None: ...
    @overload
    def duty_u16(self) -> int:
        """The ratio of the pulse to the period, 0 to 65535, or sets it."""
    @overload
    def duty_u16(self, value: int) -> None: ...
    @overload
    def duty_ns(self) -> int:
        """The length of the pulse in nanoseconds, or sets it."""
    @overload
    def duty_ns(self, value: int) -> None: ...
    def deinit(self) -> None:
        """Stops the pulses and gives the channel back. Idempotent."""
