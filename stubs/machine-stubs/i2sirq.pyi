# SPDX-License-Identifier: MIT
"""The buffers that I2S.irq()'s handler waits for, and the asyncio task that calls it."""

from collections.abc import Awaitable, Callable

from typing_extensions import Buffer

from .i2s import I2S

class Irq:
    """Moves buffers one after the other; the handler is called once for each."""
    def __init__(
        self,
        i2s: I2S,
        move: Callable[[memoryview], int | None],
        ready: Callable[[], Awaitable[None]],
        handler: Callable[[I2S], object],
    ) -> None:
        """`move(view)` moves what it can now: the bytes, or None for none."""
    def __call__(self) -> None: ...
    @property
    def idle(self) -> bool:
        """Whether no buffer is left."""
    def add(self, buf: Buffer, view: memoryview) -> None:
        """Takes a buffer, begins with it if it is the only one, and returns at once."""
    def take(self) -> bool:
        """Takes the next buffer that is done; False if there is none."""
    def stop(self) -> None:
        """Ends the delivery. May be called from the handler."""
