# SPDX-License-Identifier: MIT
"""Texas Instruments INA219: voltage, current and power. SBOS448G."""

import asyncio

from ....errors import Fault
from ....schema.values import Number
from ....values.field import BOOLEAN, Field, Invalid
from ..chip import WordRegisters, stuck

DOC = "Texas Instruments INA219: voltage, and current through a shunt; power of both."
ADDRESSES = tuple(range(0x40, 0x50))
KEYS = {"shunt_ohm": Number("The resistor that the current flows through.", 0.0001, 1000.0, 0.1)}

_CONFIG = 0x00
_SHUNT = 0x01
_BUS = 0x02
# 8.6.2.1: reset value; 32 V, 320 mV, the mean of 128 samples of both, continuously
_RESET_VALUE = 0x399F
_SETTINGS = 0x3FFF
_CONVERT_MS = 140  # table 5: 68.1 ms each
_SHUNT_LSB_V = 0.00001
_BUS_LSB_V = 0.004
_OVERFLOW, _CONVERSION_READY = 0x01, 0x02  # 8.6.3.2
# 8.6.2.1: PGA of 320 mV, bus range of 32 V
_SHUNT_FULL_SCALE, _SHUNT_FULL_SCALE_V, _BUS_FULL_SCALE_V = 32000, 0.32, 32


def fields(settings):
    most_a = _SHUNT_FULL_SCALE_V / settings["shunt_ohm"]
    return (
        Field("voltage_v", (0, _BUS_FULL_SCALE_V)),
        Field("current_a", (-most_a, most_a)),
        Field("power_w"),
        Field("overload", kind=BOOLEAN),
    )


class INA219(WordRegisters):
    def __init__(self, i2c, address=ADDRESSES[0], shunt_ohm=0.1):
        WordRegisters.__init__(self, i2c, address)
        self._shunt_ohm = shunt_ohm

    async def start(self):
        self._i2c.writeto_mem(self._address, _CONFIG, b"\x80\x00")
        await asyncio.sleep_ms(1)
        value = self._word(_CONFIG)
        if value != _RESET_VALUE:
            wrong = stuck(self._data)
            raise Fault(
                "the chip at 0x%02x is no INA219: its configuration is 0x%04x after a reset%s"
                % (self._address, value & 0xFFFF, "; " + wrong.reason if wrong else "")
            )
        self._i2c.writeto_mem(self._address, _CONFIG, _SETTINGS.to_bytes(2, "big"))
        await asyncio.sleep_ms(_CONVERT_MS)

    async def read(self):
        if self._word(_CONFIG) != _SETTINGS:
            # Its supply was off, or another chip has taken its place.
            await self.start()
        bus = self._word(_BUS) & 0xFFFF
        wrong = stuck(self._data)
        if wrong is None and not bus & _CONVERSION_READY:
            wrong = Invalid("no conversion has finished")
        voltage = (bus >> 3) * _BUS_LSB_V
        shunt = self._word(_SHUNT)
        overload = bool(bus & _OVERFLOW) or abs(shunt) >= _SHUNT_FULL_SCALE
        # Ohm's law here instead of in the chip: its calibration register would only round.
        current = shunt * _SHUNT_LSB_V / self._shunt_ohm
        beyond = overload and Invalid(
            "more current than %g A, the most at this shunt"
            % (_SHUNT_FULL_SCALE_V / self._shunt_ohm)
        )
        high = voltage > _BUS_FULL_SCALE_V and Invalid(
            "%g V, more than the %d V that it measures" % (voltage, _BUS_FULL_SCALE_V)
        )
        return [
            ("voltage_v", wrong or high or round(voltage, 3)),
            ("current_a", wrong or beyond or round(current, 6)),
            ("power_w", wrong or beyond or high or round(voltage * current, 6)),
            ("overload", None if wrong else overload),
        ]


DRIVER = INA219
