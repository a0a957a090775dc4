# SPDX-License-Identifier: MIT
"""machine.Timer: callbacks at times, from the asyncio loop."""

from collections.abc import Callable
from typing import Any

class Timer:
    ONE_SHOT: int
    PERIODIC: int
    id: int
    expired: int
    def __init__(self, id: int = -1, **settings: Any) -> None:
        """Makes the timer and, if there are settings, starts it as init() does."""
    def init(
        self,
        *,
        mode: int = ...,
        freq: float = -1,
        period: int = -1,
        callback: Callable[[Timer], object] | None = None,
        hard: bool = False,
    ) -> None:
        """Starts anew: `callback(timer)` once or each period. ValueError for bad settings."""
    def deinit(self) -> None:
        """Stops the timer. Idempotent."""
