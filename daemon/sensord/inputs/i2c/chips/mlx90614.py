# SPDX-License-Identifier: MIT
"""Melexis MLX90614: the temperature of what it looks at, without touching it. Datasheet
3901090614, revision 13."""

from ....errors import Fault
from ....values.field import Field, Invalid
from ..chip import crc8, stuck, wrong_checksum

DOC = "Melexis MLX90614: the temperature of an object by its infrared light, and the chip's own."
ADDRESSES = (0x5A,)
_FIELDS = (
    Field("object_temperature_c", (-70, 380)),
    Field("ambient_temperature_c", (-40, 125)),
)

_AMBIENT, _OBJECT = 0x06, 0x07  # 8.3.4: RAM
_ERROR = 0x8000
_LSB_K, _ZERO_C = 0.02, 273.15
_SMBUS_POLYNOMIAL = 0x07


def fields(_settings):
    return _FIELDS


class MLX90614:
    def __init__(self, i2c, address=ADDRESSES[0]):
        self._i2c, self._address = i2c, address

    def _celsius(self, register):
        data = self._i2c.readfrom_mem(self._address, register, 3)
        # 8.4.1: the packet error code is also over both addresses and the register.
        sent = bytes((self._address << 1, register, self._address << 1 | 1)) + data[:2]
        if crc8(sent, 0x00, _SMBUS_POLYNOMIAL) != data[2]:
            raise wrong_checksum(self._address, data)
        if stuck(data[:2]):
            # 0 K
            raise Fault("the MLX90614 at 0x%02x: %s" % (self._address, stuck(data[:2]).reason))
        raw = data[0] | data[1] << 8
        if raw & _ERROR:
            return Invalid("the chip marks the measurement as wrong")
        return round(raw * _LSB_K - _ZERO_C, 2)

    async def start(self):
        self._celsius(_AMBIENT)

    async def read(self):
        return [
            ("object_temperature_c", self._celsius(_OBJECT)),
            ("ambient_temperature_c", self._celsius(_AMBIENT)),
        ]


DRIVER = MLX90614
