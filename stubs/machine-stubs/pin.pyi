# SPDX-License-Identifier: MIT
"""machine.Pin: a GPIO line."""

from collections.abc import Callable
from typing import overload

from ._types import PinId
from .pinirq import Irq

class Pin:
    IN: int
    OUT: int
    OPEN_DRAIN: int
    ALT: int
    ALT_OPEN_DRAIN: int
    ANALOG: int
    OPEN_SOURCE: int
    PULL_UP: int
    PULL_DOWN: int
    PULL_HOLD: int
    DRIVE_0: int
    DRIVE_1: int
    DRIVE_2: int
    IRQ_RISING: int
    IRQ_FALLING: int
    IRQ_LOW_LEVEL: int
    IRQ_HIGH_LEVEL: int
    id: PinId
    def __init__(
        self,
        id: PinId,
        mode: int = -1,
        pull: int = -1,
        *,
        value: int | None = None,
        drive: int = 0,
        alt: int = -1,
    ) -> None:
        """See the module's table. Without more than the id, the line stays as it is."""
    def init(
        self,
        mode: int = -1,
        pull: int = -1,
        *,
        value: int | None = None,
        drive: int = 0,
        alt: int = -1,
    ) -> None:
        """Changes what is given and leaves the rest as it is."""
    @overload
    def value(self) -> int:
        """Gets the level, 0 or 1, or sets the output to the truth of `x`."""
    @overload
    def value(self, x: object) -> None: ...
    @overload
    def __call__(self) -> int: ...
    @overload
    def __call__(self, x: object) -> None: ...
    def on(self) -> None:
        """Sets the output to 1."""
    def off(self) -> None:
        """Sets the output to 0."""
    def high(self) -> None:
        """Sets the output to 1."""
    def low(self) -> None:
        """Sets the output to 0."""
    def toggle(self) -> None:
        """Sets the output to the opposite of what was set last."""
    @overload
    def mode(self) -> int:
        """Gets or sets the mode."""
    @overload
    def mode(self, mode: int) -> None: ...
    @overload
    def pull(self) -> int | None:
        """Gets or sets the pull resistor."""
    @overload
    def pull(self, pull: int | None) -> None: ...
    def irq(
        self,
        handler: Callable[[Pin], object] | None = ...,
        trigger: int = ...,
        *,
        priority: int = 1,
        wake: int | None = None,
        hard: bool = False,
        debounce: int = 0,
    ) -> Irq | None:
        """Calls handler(pin) for each edge, from the asyncio loop or poll_events()."""
    async def edge(self, trigger: int = ..., debounce: int = 0) -> tuple[bool, int]:
        """Waits for the next edge: (True if rising, its time on CLOCK_MONOTONIC in ns)."""
    def poll_events(self, timeout_ms: int = 0) -> int:
        """Calls the handler for the edges so far; returns how many there were."""
    @property
    def lost_edges(self) -> int:
        """How many edges the kernel dropped because nobody took them in time."""
    def ioctl(self, request: int, argument: int) -> int: ...
    def deinit(self) -> None:
        """Gives the line back and ends its irq. Idempotent."""
