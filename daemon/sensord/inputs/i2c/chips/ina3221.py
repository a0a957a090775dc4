# SPDX-License-Identifier: MIT
"""Texas Instruments INA3221: three voltages, currents and powers. SBOS576B."""

import asyncio

from ....errors import Fault
from ....schema.compound import Several
from ....schema.values import Integer, Number
from ....values.field import BOOLEAN, Field, Invalid
from ..chip import WordRegisters, identify, stuck

DOC = (
    "Texas Instruments INA3221: three voltages up to 26 V, and the currents through three shunts."
)
ADDRESSES = (0x40, 0x41, 0x42, 0x43)
KEYS = {
    "channels": Several("The inputs to measure.", Integer("", 1, 3, None), [1, 2, 3]),
    "shunt_ohm": Number("The resistor of each input.", 0.0001, 1000.0, 0.1),
}

_CONFIG, _SHUNT_1, _BUS_1, _MASK, _MAKER, _DIE = 0x00, 0x01, 0x02, 0x0F, 0xFE, 0xFF
_TEXAS_INSTRUMENTS, _INA3221 = 0x5449, 0x3220  # 8.6.2.18 and 8.6.2.19
# 8.6.2.1: three inputs, the mean of 16 samples, 1.1 ms each, continuously
_SETTINGS = 0x7527
_CONVERT_MS = 117  # 16 * 6 * 1.21 ms at most
_TRIES = 5
_READY = 0x0001  # 8.6.2.17: a conversion has finished since the register was read last
_SHUNT_LSB_V, _BUS_LSB_V = 40e-6, 8e-3  # of the numbers without their last three bits
_SHUNT_FULL_SCALE, _SHUNT_FULL_SCALE_V, _BUS_FULL_SCALE_V = 4095, 0.1638, 26


def fields(settings):
    most_a = _SHUNT_FULL_SCALE_V / settings["shunt_ohm"]
    found = []
    for channel in settings["channels"]:
        found.append(Field("voltage%d_v" % channel, (0, _BUS_FULL_SCALE_V)))
        found.append(Field("current%d_a" % channel, (-most_a, most_a)))
        found.append(Field("power%d_w" % channel))
    return found + [Field("overload", kind=BOOLEAN)]


class INA3221(WordRegisters):
    def __init__(self, i2c, address=ADDRESSES[0], channels=(1, 2, 3), shunt_ohm=0.1):
        WordRegisters.__init__(self, i2c, address)
        self._channels, self._shunt_ohm = channels, shunt_ohm

    async def start(self):
        identify(self._word(_MAKER), _TEXAS_INSTRUMENTS, "INA3221", self._address)
        identify(self._word(_DIE) & 0xFFFF, _INA3221, "INA3221", self._address)
        # Writing it begins a conversion.
        self._i2c.writeto_mem(self._address, _CONFIG, _SETTINGS.to_bytes(2, "big"))

    def _channel(self, channel):
        """The three fields of a channel, and whether its current is beyond the range."""
        shunt = self._word(_SHUNT_1 + 2 * (channel - 1)) >> 3
        voltage = (self._word(_BUS_1 + 2 * (channel - 1)) >> 3) * _BUS_LSB_V
        most_a = _SHUNT_FULL_SCALE_V / self._shunt_ohm
        overload = abs(shunt) >= _SHUNT_FULL_SCALE
        beyond = overload and Invalid("more current than %g A, the most at this shunt" % most_a)
        high = voltage > _BUS_FULL_SCALE_V and Invalid(
            "%g V, more than the %d V that it measures" % (voltage, _BUS_FULL_SCALE_V)
        )
        current = shunt * _SHUNT_LSB_V / self._shunt_ohm
        found = [
            ("voltage%d_v" % channel, high or round(voltage, 3)),
            ("current%d_a" % channel, beyond or round(current, 6)),
            ("power%d_w" % channel, beyond or high or round(voltage * current, 6)),
        ]
        return found, overload

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
            raise Fault("the INA3221 at 0x%02x does not convert" % self._address)
        found, is_over = [], False
        for channel in self._channels:
            values, overload = self._channel(channel)
            found += values
            is_over = is_over or overload
        return found + [("overload", is_over)]


DRIVER = INA3221
