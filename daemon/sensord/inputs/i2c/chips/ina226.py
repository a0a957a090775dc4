# SPDX-License-Identifier: MIT
"""Texas Instruments INA226: voltage, current and power. SBOS547A."""

import asyncio

from ....errors import Fault
from ....schema.values import Number
from ....values.field import BOOLEAN, Field, Invalid
from ..chip import WordRegisters, identify, stuck

DOC = "Texas Instruments INA226: voltage up to 36 V, and current through a shunt; power of both."
ADDRESSES = tuple(range(0x40, 0x50))
KEYS = {"shunt_ohm": Number("The resistor that the current flows through.", 0.0001, 1000.0, 0.1)}

_CONFIG, _SHUNT, _BUS, _MASK, _MAKER, _DIE = 0x00, 0x01, 0x02, 0x06, 0xFE, 0xFF
_TEXAS_INSTRUMENTS, _INA226 = 0x5449, 0x2260  # 7.6.9 and 7.6.10
_REVISION = 0x000F
# 7.6.1: the mean of 16 samples of both, 1.1 ms each, continuously
_SETTINGS = 0x4527
_CONVERT_MS = 39  # 6.5: 16 * 2 * 1.21 ms at most
_TRIES = 5
_READY = 0x0008  # 7.6.7: a conversion has finished since the register was read last
_SHUNT_LSB_V, _BUS_LSB_V = 2.5e-6, 1.25e-3
_SHUNT_FULL_SCALE, _SHUNT_FULL_SCALE_V = 32767, 0.0819175
_BUS_FULL_SCALE_V = 36


def fields(settings):
    most_a = _SHUNT_FULL_SCALE_V / settings["shunt_ohm"]
    return (
        Field("voltage_v", (0, _BUS_FULL_SCALE_V)),
        Field("current_a", (-most_a, most_a)),
        Field("power_w"),
        Field("overload", kind=BOOLEAN),
    )


class INA226(WordRegisters):
    def __init__(self, i2c, address=ADDRESSES[0], shunt_ohm=0.1):
        WordRegisters.__init__(self, i2c, address)
        self._shunt_ohm = shunt_ohm

    async def start(self):
        identify(self._word(_MAKER), _TEXAS_INSTRUMENTS, "INA226", self._address)
        identify(self._word(_DIE) & 0xFFFF & ~_REVISION, _INA226, "INA226", self._address)
        # Writing it begins a conversion.
        self._i2c.writeto_mem(self._address, _CONFIG, _SETTINGS.to_bytes(2, "big"))

    async def read(self):
        if self._word(_CONFIG) != _SETTINGS:
            # Its supply was off, or another chip has taken its place.
            await self.start()
        for _ in range(_TRIES):
            status = self._word(_MASK)
            if not stuck(self._data) and status & _READY:
                break
            await asyncio.sleep_ms(_CONVERT_MS)
        else:
            raise Fault("the INA226 at 0x%02x does not convert" % self._address)
        voltage = self._word(_BUS) * _BUS_LSB_V
        shunt = self._word(_SHUNT)
        overload = abs(shunt) >= _SHUNT_FULL_SCALE
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
            ("voltage_v", high or round(voltage, 5)),
            ("current_a", beyond or round(current, 7)),
            ("power_w", beyond or high or round(voltage * current, 7)),
            ("overload", overload),
        ]


DRIVER = INA226
