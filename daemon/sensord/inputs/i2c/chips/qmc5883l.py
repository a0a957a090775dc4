# SPDX-License-Identifier: MIT
"""QST QMC5883L: the magnetic field. Datasheet 13-52-04, revision 1.0."""

import asyncio

from ....errors import Fault
from ....schema.values import Choice
from ....values.field import Field, Invalid
from ..chip import STUCK, identify, int16

DOC = "QST QMC5883L: the magnetic field in three directions; most boards sold as HMC5883L have it."
ADDRESSES = (0x0D,)
KEYS = {"range": Choice("The strongest field, in µT.", (200, 800), 800)}

_DATA, _STATUS, _CONTROL, _CONTROL_2, _PERIOD, _IDENTIFIER = 0x00, 0x06, 0x09, 0x0A, 0x0B, 0x0D
_READY, _OVERFLOW = 0x01, 0x02
_RESET = 0x80
_QMC5883L = 0xFF  # 9.2.6
_RECOMMENDED_PERIOD = 0x01  # 9.2.5
_CONTINUOUS_50 = 0x05  # 512 samples averaged, 50 Hz
# Range in µT: its bits, and digits per µT (2.2)
_RANGES = {200: (0x00, 120), 800: (0x10, 30)}
_SAMPLE_MS = 22
_TRIES = 5


def fields(settings):
    limits = (-settings["range"], settings["range"])
    return [Field("magnetic_field_%s_ut" % axis, limits) for axis in "xyz"]


class QMC5883L:
    def __init__(self, i2c, address=ADDRESSES[0], range=800):
        self._i2c, self._address = i2c, address
        bits, self._per_ut = _RANGES[range]
        self._control = _CONTINUOUS_50 | bits
        self._range_ut = range

    def _read(self, register):
        return self._i2c.readfrom_mem(self._address, register, 1)[0]

    def _write(self, register, value):
        self._i2c.writeto_mem(self._address, register, bytes((value,)))

    async def start(self):
        self._write(_CONTROL_2, _RESET)
        await asyncio.sleep_ms(1)
        # Its identifier is FFh, as that of a bus that is stuck: the registers after a reset and
        # the settings are the other signs of it.
        identify(self._read(_IDENTIFIER), _QMC5883L, "QMC5883L", self._address)
        found = self._read(_CONTROL)
        if found:
            text = "the chip at 0x%02x is no QMC5883L: it does not take a reset" % self._address
            raise Fault(text + ("; " + STUCK % "ones" if found == 0xFF else ""))
        self._write(_PERIOD, _RECOMMENDED_PERIOD)
        self._write(_CONTROL, self._control)

    async def read(self):
        if self._read(_CONTROL) != self._control:
            # Its supply was off, or another chip has taken its place.
            await self.start()
        for _ in range(_TRIES):
            status = self._read(_STATUS)
            if status & _READY:
                break
            await asyncio.sleep_ms(_SAMPLE_MS)
        else:
            raise Fault("the QMC5883L at 0x%02x does not measure" % self._address)
        data = self._i2c.readfrom_mem(self._address, _DATA, 6)
        strong = Invalid(
            "a field stronger than %d µT, the range: is a magnet near?" % self._range_ut
        )
        found = []
        for i, axis in enumerate("xyz"):
            value = round(int16((data[2 * i + 1], data[2 * i])) / self._per_ut, 2)
            found.append(("magnetic_field_%s_ut" % axis, strong if status & _OVERFLOW else value))
        return found


DRIVER = QMC5883L
