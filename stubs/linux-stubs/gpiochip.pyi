# SPDX-License-Identifier: MIT
"""GPIO lines through the character devices /dev/gpiochipN."""

from .gpio import State

GPIO_V2_GET_LINE_IOCTL: int
GPIO_V2_LINE_SET_CONFIG_IOCTL: int
GPIO_V2_LINE_GET_VALUES_IOCTL: int
GPIO_V2_LINE_SET_VALUES_IOCTL: int
GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES: int
GPIO_V2_LINE_ATTR_ID_DEBOUNCE: int
F_DUPFD_CLOEXEC: int

def check() -> None:
    """Raises OSError where this interface is missing, too old or forbidden."""

class Line:
    """A line that is ours until close(), or until this object is collected."""

    timestamp_ns: int
    name: str
    state: State
    def __init__(self, id: int | str) -> None:
        """Takes the line without changing what it does."""
    def get(self) -> int:
        """The level, 0 or 1."""
    def set(self, level: int) -> None:
        """Sets an output to 0 or 1. An input remembers it for when it becomes an output."""
    def configure(self, flags: int, level: int | None = None, debounce_us: int = 0) -> None:
        """Gives the line other flags, and an output its level with the same ioctl: no glitch."""
    def take(self) -> int:
        """Takes the oldest edge: 1 rising, 2 falling, 0 for none. `timestamp_ns` is its time."""
    def fileno(self) -> int:
        """The descriptor that is readable when there is an edge to take."""
    def close(self) -> None:
        """Gives the line back, unless another Line shares it. Idempotent."""
