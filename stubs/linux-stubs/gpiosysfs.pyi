# SPDX-License-Identifier: MIT
"""GPIO lines through /sys/class/gpio, for kernels without the character device's version 2."""

from .gpio import State

def check() -> None:
    """Raises OSError where this interface is missing or forbidden."""

class Line:
    """An exported line. It is unexported by close(), if it was this program that exported it."""

    timestamp_ns: int
    state: State
    name: str
    def __init__(self, id: int | str) -> None:
        """Exports the line if it is not yet. ValueError if there is none; OSError(EBUSY)."""
    def get(self) -> int:
        """The level, 0 or 1."""
    def set(self, level: int) -> None:
        """Sets an output to 0 or 1. An input remembers it for when it becomes an output."""
    def configure(self, flags: int, level: int | None = None, debounce_us: int = 0) -> None:
        """As gpiochip.Line's; ValueError for what sysfs does not know."""
    def fileno(self) -> int:
        """A descriptor that is readable when there is an edge to take."""
    def take(self) -> int:
        """Takes the last edge: 1 rising, 2 falling, 0 for none. `timestamp_ns` is now."""
    def close(self) -> None:
        """Unexports the line if this program exported it. Idempotent."""
