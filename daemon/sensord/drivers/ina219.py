# SPDX-License-Identifier: MIT
"""Texas Instruments INA219: voltage, current and power. SBOS448G."""

import asyncio

from . import Fault, int16

_CONFIG = 0x00
_SHUNT = 0x01
_BUS = 0x02
# 8.6.2.1: reset value; 32 V, 320 mV, the mean of 128 samples of both, continuously
_RESET_VALUE = 0x399F
_SETTINGS = 0x3FFF
_CONVERT_MS = 140  # table 5: 68.1 ms each
_SHUNT_LSB_V = 0.00001
_BUS_LSB_V = 0.004
_OVERFLOW = 0x01  # 8.6.3.2


class INA219:
    ADDRESS = 0x40

    def __init__(self, i2c, address, settings):
        self._i2c, self._address = i2c, address
        self._shunt_ohm = settings["shunt_ohm"]
        self._data = bytearray(2)

    def _word(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._data)
        return int16(self._data)

    async def start(self):
        self._i2c.writeto_mem(self._address, _CONFIG, b"\x80\x00")
        await asyncio.sleep_ms(1)
        value = self._word(_CONFIG)
        if value != _RESET_VALUE:
            raise Fault(
                "the chip at 0x%02x is no INA219: its configuration is 0x%04x after a reset"
                % (self._address, value & 0xFFFF)
            )
        self._i2c.writeto_mem(self._address, _CONFIG, _SETTINGS.to_bytes(2, "big"))
        await asyncio.sleep_ms(_CONVERT_MS)

    async def read(self):
        bus = self._word(_BUS) & 0xFFFF
        voltage = (bus >> 3) * _BUS_LSB_V
        # Ohm's law here instead of in the chip: its calibration register would only round.
        current = self._word(_SHUNT) * _SHUNT_LSB_V / self._shunt_ohm
        return [
            ("voltage_v", round(voltage, 3)),
            ("current_a", round(current, 6)),
            ("power_w", round(voltage * current, 6)),
            ("overload", bool(bus & _OVERFLOW)),
        ]
