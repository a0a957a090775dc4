# SPDX-License-Identifier: MIT
"""machine.WDT: the watchdog that restarts the board when the program stops feeding it."""

WDIOC_GETSUPPORT: int
WDIOC_SETTIMEOUT: int
WDIOC_GETTIMEOUT: int
WDIOC_SETOPTIONS: int
WDIOS_DISABLECARD: int
WDIOC_KEEPALIVE: int

class WDT:
    path: str
    timeout: int
    def __init__(self, id: int | str = 0, timeout: int = 5000) -> None:
        """Starts the watchdog with a timeout in ms. OSError as in the module's table."""
    def feed(self) -> None:
        """Starts the timeout anew."""
    def deinit(self, stop: bool = False) -> None:
        """Closes the watchdog; only `stop` stops it. Idempotent."""
