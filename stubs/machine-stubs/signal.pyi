# SPDX-License-Identifier: MIT
"""machine.Signal: a pin that is on or off, whichever level that is."""

from typing import Any, overload

from ._types import AnyPin

class Signal:
    def __init__(self, pin: AnyPin, *args: Any, invert: bool = False, **kwargs: Any) -> None:
        """Raises what Pin() raises."""
    @overload
    def value(self) -> int:
        """Sets the signal, or gets it: 1 for active."""
    @overload
    def value(self, x: object) -> None: ...
    @overload
    def __call__(self) -> int: ...
    @overload
    def __call__(self, x: object) -> None: ...
    def on(self) -> None:
        """Activates the signal."""
    def off(self) -> None:
        """Deactivates the signal."""
