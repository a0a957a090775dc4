# SPDX-License-Identifier: MIT
"""The hardware that the kernel shows: a list of dicts for each class."""

from typing import Any

def board() -> dict[str, Any]:
    """{"model", "kernel", "pi"}: what the board calls itself, and whether it is a Raspberry Pi."""

def gpio_chips() -> list[dict[str, Any]]:
    """{"name", "label", "lines", "header"}: `header` is the chip that Pin(17) means."""

def i2c_adapters() -> list[str]:
    """The names of all I2C adapters, whether programs may use them or not."""

def i2c_buses() -> list[dict[str, Any]]:
    """{"device", "name", "drivers"}: `drivers` names what the kernel drives, by address."""

def spi_devices() -> list[dict[str, Any]]:
    """{"device"}: the chip selects that programs may use."""

def serial_ports() -> list[dict[str, Any]]:
    """{"device", "name", "console"}: ports with hardware behind them."""

def pwm_chips() -> list[dict[str, Any]]:
    """{"name", "channels"}"""

def iio_devices() -> list[dict[str, Any]]:
    """{"name", "chip", "channels"}: converters, and chips that the kernel has drivers for."""

def hwmon_devices() -> list[dict[str, Any]]:
    """{"name", "chip", "inputs"}: the kernel's own monitors, temperatures most of them."""

def places(folder: str) -> list[str]:
    """The names of a device in /sys that stay the same from boot to boot, the best first."""

def find(kind: str, entries: list[dict[str, Any]], root: str, wanted: str) -> str:
    """The name of the one device that `wanted` names."""

def is_numbered(wanted: str, name: str) -> bool:
    """Whether a text that find() took for the device `name` has nothing but its number."""

def one_wire_devices() -> list[dict[str, Any]]:
    """{"name"}: 1-Wire chips, 28-… are DS18B20 thermometers."""

def sound_inputs() -> list[dict[str, Any]]:
    """{"device", "name"}: `device` is the ALSA PCM name to record from."""

def video_devices() -> list[dict[str, Any]]:
    """{"device", "name", "formats"}: video devices that take pictures."""

def watchdogs() -> list[dict[str, Any]]:
    """{"device", "name"}"""

def clocks() -> list[dict[str, Any]]:
    """{"device", "name"}: clocks that run while the board is off."""
