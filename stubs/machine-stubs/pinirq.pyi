# SPDX-License-Identifier: MIT
"""The callback object of Pin.irq(), and the asyncio task that calls its handler."""

from collections.abc import Callable

from linux import gpiochip, gpiosysfs

from .pin import Pin

class Irq:
    """The callback object of Pin.irq(). Calling it calls the handler."""
    def __init__(
        self,
        pin: Pin,
        line: gpiochip.Line | gpiosysfs.Line,
        handler: Callable[[Pin], object],
        trigger: int,
    ) -> None: ...
    def __call__(self) -> None: ...
    def flags(self) -> int:
        """Pin.IRQ_RISING or IRQ_FALLING: the edge the handler was last called for."""
    def timestamp_ns(self) -> int:
        """When that edge was: the kernel's time on CLOCK_MONOTONIC."""
    def trigger(self, trigger: int | None = None) -> int:
        """The edges the handler is called for, before they are changed to `trigger` if given."""
    def take(self) -> bool:
        """Takes the next edge; False if there is none."""
    def stop(self) -> None:
        """Ends the delivery. May be called from the handler."""
