# SPDX-License-Identifier: MIT
"""Signals as something to wait for, instead of handlers that interrupt."""

class Signals:
    """Blocks some signals for the process and delivers them in turn."""
    def __init__(self, *numbers: int) -> None: ...
    async def next(self) -> int:
        """Waits for the next signal and returns its number."""
    def close(self) -> None: ...
