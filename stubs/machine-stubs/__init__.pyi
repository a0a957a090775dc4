# SPDX-License-Identifier: MIT
"""MicroPython's `machine` for Linux boards."""

from .adc import ADC as ADC
from .adc import ADCBlock as ADCBlock
from .i2c import I2C as I2C
from .i2c import SoftI2C as SoftI2C
from .i2s import I2S as I2S
from .pin import Pin as Pin
from .pwm import PWM as PWM
from .rtc import RTC as RTC
from .sdcard import SDCard as SDCard
from .signal import Signal as Signal
from .spi import SPI as SPI
from .spi import SoftSPI as SoftSPI
from .system import DEEPSLEEP_RESET as DEEPSLEEP_RESET
from .system import HARD_RESET as HARD_RESET
from .system import PWRON_RESET as PWRON_RESET
from .system import SOFT_RESET as SOFT_RESET
from .system import WDT_RESET as WDT_RESET
from .system import deepsleep as deepsleep
from .system import disable_irq as disable_irq
from .system import enable_irq as enable_irq
from .system import freq as freq
from .system import lightsleep as lightsleep
from .system import reset as reset
from .system import reset_cause as reset_cause
from .system import time_pulse_us as time_pulse_us
from .system import unique_id as unique_id
from .timer import Timer as Timer
from .uart import UART as UART
from .wdt import WDT as WDT

class _Memory:
    def __getitem__(self, address: int) -> int: ...
    def __setitem__(self, address: int, value: int) -> None: ...

# The Unix port's own.
mem8: _Memory
mem16: _Memory
mem32: _Memory

class PinBase: ...

def idle() -> None:
    """Gives other programs the processor for a moment."""

def soft_reset() -> None:
    """Ends the program, as an exception SystemExit does."""
