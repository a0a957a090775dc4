# SPDX-License-Identifier: MIT
"""MicroPython's `machine` for Linux boards.

| class | on Linux |
|---|---|
| Pin, Signal | GPIO lines: /dev/gpiochipN, or sysfs if the board has nothing else |
| I2C, SoftI2C | /dev/i2c-N |
| SPI, SoftSPI | /dev/spidevB.C |
| UART | serial ports |
| PWM | /sys/class/pwm |
| ADC, ADCBlock | converters with a driver in the kernel's IIO |
| I2S | ALSA through `arecord` and `aplay`; `id` is an ALSA PCM name such as "default" |
| RTC | the system's clock, and /dev/rtc |
| Timer | timers of the asyncio loop |
| WDT | /dev/watchdogN |
| SDCard | a block device or an image file, for vfs.mount() |

The table in each module's docstring lists how its API maps to Linux. idle(), reset(), unique_id()
and the like are in `machine.system`. The Unix port's own mem8, mem16 and mem32 are here too.
"""

from umachine import *

_MODULES = {
    "ADC": "adc",
    "ADCBlock": "adc",
    "I2C": "i2c",
    "I2S": "i2s",
    "PWM": "pwm",
    "Pin": "pin",
    "RTC": "rtc",
    "SDCard": "sdcard",
    "SPI": "spi",
    "Signal": "signal",
    "SoftI2C": "i2c",
    "SoftSPI": "spi",
    "Timer": "timer",
    "UART": "uart",
    "WDT": "wdt",
    "DEEPSLEEP_RESET": "system",
    "HARD_RESET": "system",
    "PWRON_RESET": "system",
    "SOFT_RESET": "system",
    "WDT_RESET": "system",
    "deepsleep": "system",
    "disable_irq": "system",
    "enable_irq": "system",
    "freq": "system",
    "lightsleep": "system",
    "reset": "system",
    "reset_cause": "system",
    "time_pulse_us": "system",
    "unique_id": "system",
}
# Remove the Unix port's versions, which do less; __getattr__ runs only for names missing here.
for _name in ("Signal", "time_pulse_us"):
    globals().pop(_name, None)


def __getattr__(name):
    # Loaded when first used: a program pays only for the peripherals it has.
    if name not in _MODULES:
        raise AttributeError("'machine' has no '%s'" % name)
    value = getattr(__import__("machine." + _MODULES[name], None, None, (name,)), name)
    globals()[name] = value
    return value
