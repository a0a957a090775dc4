# SPDX-License-Identifier: MIT
"""The buses on the pins of a Raspberry Pi's header, for SoftI2C and SoftSPI."""

import os

from linux import files

_MODEL = "/sys/firmware/devicetree/base/model"
# GPIO numbers: (SCL, SDA) and (SCK, MOSI)
_BUSES = {"I2C": {(3, 2): 1, (1, 0): 0}, "SPI": {(11, 10): 0, (21, 20): 1}}


def _gpio(pin):
    """The number of a Pin, of a name such as "GPIO3", or of a number; None if there is none."""
    pin = getattr(pin, "id", pin)
    if isinstance(pin, str):
        digits = pin[4:] if pin.startswith("GPIO") else pin
        return int(digits) if digits.isdigit() else None
    return pin


def bus(kind, first, second):
    """The number or path of the I2C or SPI bus with these pins.

    MACHINE_I2C and MACHINE_SPI in the environment take precedence. ValueError if there is no such
    bus.
    """
    variable = "MACHINE_" + kind
    id = os.getenv(variable)
    if id is None and (files.read_text(_MODEL) or "").startswith("Raspberry Pi"):
        id = _BUSES[kind].get((_gpio(first), _gpio(second)))
    if id is None:
        raise ValueError(
            "%s: no known bus has the pins %s and %s. Give its number, as in %s(1) or "
            "Soft%s(id=1), or set %s=1 in the environment"
            % (kind, first, second, kind, kind, variable)
        )
    return id
