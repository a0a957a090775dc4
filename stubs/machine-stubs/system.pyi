# SPDX-License-Identifier: MIT
"""The functions of `machine`: sleep, reset, identity, time."""

from typing import NoReturn

from .pin import Pin

PWRON_RESET: int
HARD_RESET: int
WDT_RESET: int
DEEPSLEEP_RESET: int
SOFT_RESET: int
WDIOF_CARDRESET: int

def lightsleep(time_ms: int | None = None) -> None:
    """Suspends the board until the time is over or a wake-up source fires."""

def deepsleep(time_ms: int | None = None) -> NoReturn:
    """Powers the board off, until the time is over or someone switches it on. Never returns."""

def reset() -> NoReturn:
    """Restarts the board. Never returns."""

def reset_cause() -> int:
    """WDT_RESET or PWRON_RESET; see the module's table."""

def unique_id() -> bytes:
    """8 bytes that no other board has. OSError(ENOENT) if there is nothing to make them from."""

def freq(hz: int | None = None) -> int:
    """The frequency of the processor in Hz."""

def time_pulse_us(pin: Pin, pulse_level: int, timeout_us: int = 1000000) -> int:
    """The length of a pulse in microseconds; -2 if none begins, -1 if it does not end, in time."""

def disable_irq() -> bool:
    """The state to give to enable_irq(). It masks nothing: see the module's table."""

def enable_irq(state: bool = True) -> None:
    """Takes back the state that disable_irq() gave."""
