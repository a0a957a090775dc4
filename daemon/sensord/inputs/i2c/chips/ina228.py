# SPDX-License-Identifier: MIT
"""Texas Instruments INA228: voltage, current, power, energy and charge in 20 and 40 bits.
SLYS021A."""

import asyncio

from ....errors import Fault
from ....schema.values import Number
from ....values.field import BOOLEAN, Field, Invalid
from ..chip import identify, stuck

DOC = (
    "Texas Instruments INA228: voltage up to 85 V, current through a shunt, power, and the energy "
    "and charge since it was switched on."
)
ADDRESSES = tuple(range(0x40, 0x50))
KEYS = {"shunt_ohm": Number("The resistor that the current flows through.", 0.00001, 100.0, 0.015)}

_CONFIG, _ADC_CONFIG, _CALIBRATION, _SHUNT, _BUS, _TEMPERATURE = 0x00, 0x01, 0x02, 0x04, 0x05, 0x06
_ENERGY, _CHARGE, _DIAGNOSIS, _MAKER, _DEVICE = 0x09, 0x0A, 0x0B, 0x3E, 0x3F
_TEXAS_INSTRUMENTS, _INA228 = 0x5449, 0x2280
_REVISION = 0x000F
# 7.6.1.2: all continuously, 1052 us each, the mean of 16
_SETTINGS = 0xFB6A
_CONVERT_MS = 56  # 16 * 3 * 1.052 ms and 10 %
_TRIES = 5
_READY, _MEMORY_IS_RIGHT = 0x0002, 0x0001  # 7.6.1.12
# 7.6.1.5 to 7.6.1.10, at the range of 163.84 mV
_SHUNT_LSB_V, _BUS_LSB_V, _TEMPERATURE_LSB_C = 312.5e-9, 195.3125e-6, 7.8125e-3
_SHUNT_FULL_SCALE, _SHUNT_FULL_SCALE_V = (1 << 19) - 1, 0.16384
_BUS_FULL_SCALE_V = 85
# 8.1.2: 13107.2e6 * resistor * current of one digit, which is here that of the shunt's voltage:
# the same for all resistors
_CALIBRATED = 4096
_ENERGY_LSB = 16 * 3.2
_S_PER_H = 3600


def fields(settings):
    most_a = _SHUNT_FULL_SCALE_V / settings["shunt_ohm"]
    return (
        Field("voltage_v", (0, _BUS_FULL_SCALE_V)),
        Field("current_a", (-most_a, most_a)),
        Field("power_w"),
        Field("energy_wh_total"),
        Field("charge_ah"),
        Field("temperature_c", (-40, 125)),
        Field("overload", kind=BOOLEAN),
    )


class INA228:
    def __init__(self, i2c, address=ADDRESSES[0], shunt_ohm=0.015):
        self._i2c, self._address, self._shunt_ohm = i2c, address, shunt_ohm

    def _number(self, register, n_bytes, is_signed=False):
        data = self._i2c.readfrom_mem(self._address, register, n_bytes)
        value = int.from_bytes(data, "big")
        if is_signed and data[0] & 0x80:
            value -= 1 << 8 * n_bytes
        return value

    def _write(self, register, value):
        self._i2c.writeto_mem(self._address, register, value.to_bytes(2, "big"))

    def _identify(self):
        identify(self._number(_MAKER, 2, True), _TEXAS_INSTRUMENTS, "INA228", self._address)
        identify(self._number(_DEVICE, 2) & ~_REVISION, _INA228, "INA228", self._address)

    def _is_set_up(self):
        # Not only at the start: after a loss of supply it has its reset values.
        return (
            self._number(_ADC_CONFIG, 2) == _SETTINGS
            and self._number(_CALIBRATION, 2) == _CALIBRATED
            and self._number(_CONFIG, 2) == 0
        )

    async def start(self):
        self._identify()
        if not self._is_set_up():
            # Only then: energy and charge go on over a restart of the daemon.
            self._write(_CONFIG, 0)
            self._write(_CALIBRATION, _CALIBRATED)
            self._write(_ADC_CONFIG, _SETTINGS)

    async def read(self):
        if not self._is_set_up():
            await self.start()
        for _ in range(_TRIES):
            data = self._i2c.readfrom_mem(self._address, _DIAGNOSIS, 2)
            wrong = stuck(data)
            if wrong:
                raise Fault("the INA228 at 0x%02x: %s" % (self._address, wrong.reason))
            if data[1] & _READY:
                break
            await asyncio.sleep_ms(_CONVERT_MS)
        else:
            raise Fault("the INA228 at 0x%02x does not convert" % self._address)
        if not data[1] & _MEMORY_IS_RIGHT:
            raise Fault(
                "the INA228 at 0x%02x has lost its calibration: its memory has a wrong checksum"
                % self._address
            )
        # 20 bits, and four zeros below
        shunt = self._number(_SHUNT, 3, True) >> 4
        voltage = (self._number(_BUS, 3, True) >> 4) * _BUS_LSB_V
        ampere = _SHUNT_LSB_V / self._shunt_ohm
        current = shunt * ampere
        overload = abs(shunt) >= _SHUNT_FULL_SCALE
        beyond = overload and Invalid(
            "more current than %g A, the most at this shunt"
            % (_SHUNT_FULL_SCALE_V / self._shunt_ohm)
        )
        high = voltage > _BUS_FULL_SCALE_V and Invalid(
            "%g V, more than the %d V that it measures" % (voltage, _BUS_FULL_SCALE_V)
        )
        energy_j = self._number(_ENERGY, 5) * _ENERGY_LSB * ampere
        charge_as = self._number(_CHARGE, 5, True) * ampere
        return [
            ("voltage_v", high or round(voltage, 5)),
            ("current_a", beyond or round(current, 7)),
            ("power_w", beyond or high or round(voltage * current, 6)),
            ("energy_wh_total", round(energy_j / _S_PER_H, 6)),
            ("charge_ah", round(charge_as / _S_PER_H, 6)),
            ("temperature_c", round(self._number(_TEMPERATURE, 2, True) * _TEMPERATURE_LSB_C, 2)),
            ("overload", overload),
        ]


DRIVER = INA228
