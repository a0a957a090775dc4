# SPDX-License-Identifier: MIT
"""Bosch BME280: temperature, humidity and pressure. BST-BME280-DS002.

The BMP280 has the same registers but for those of humidity; see bmp280.py.
"""

import asyncio
import struct

from ....errors import Fault
from ....values.field import Field, Invalid
from ..chip import identify, stuck

DOC = "Bosch BME280: temperature, humidity and air pressure."
ADDRESSES = (0x76, 0x77)
# Table 1, 2 and 3: the ranges in which it operates
TEMPERATURE = Field("temperature_c", (-40, 85))
PRESSURE = Field("pressure_hpa", (300, 1100))
_FIELDS = (TEMPERATURE, Field("humidity_percent", (0, 100)), PRESSURE)

# 5.3 and 5.4, memory map
_ID = 0xD0
_RESET = 0xE0
_CTRL_HUM = 0xF2
_STATUS = 0xF3
_CTRL_MEAS = 0xF4
_CONFIG = 0xF5
_DATA = 0xF7
_CALIBRATION = 0x88
_CALIBRATION_H1 = 0xA1
_CALIBRATION_H2 = 0xE1
_RESET_WORD = 0xB6
_IM_UPDATE = 0x01
_MEASURING = 0x08
_FORCED = 1
# 3.5.3, indoor navigation: 2 x temperature, 16 x pressure, 1 x humidity
_OVERSAMPLING = 2 << 5 | 5 << 2
_OVERSAMPLING_H = 1
# 9.1: 1.25 + 2.3 * 2 + (2.3 * 16 + 0.575) + (2.3 + 0.575) ms
_MEASURING_MS = 47
# 5.4.6: t_sb, without a meaning in forced mode: a chip that was off or exchanged has lost it
_MARK = 1 << 5
_START_MS = 2  # 1.1, start-up time
_TRIES = 20
# 4.2.3 and 5.4.7: the content of the data registers when a measurement is skipped
_SKIPPED_20 = 0x80000
_SKIPPED_16 = 0x8000


def fields(_settings):
    return _FIELDS


def _uncalibrated():
    return Invalid("the chip has no calibration: its registers hold the same byte throughout")


class BME280:
    _CHIP, _NAME = 0x60, "BME280"

    def __init__(self, i2c, address=ADDRESSES[0]):
        self._i2c, self._address = i2c, address
        self._data = bytearray(8 if self._CHIP == 0x60 else 6)

    def _get(self, register, n=1):
        return self._i2c.readfrom_mem(self._address, register, n)

    def _put(self, register, value):
        self._i2c.writeto_mem(self._address, register, bytes((value,)))

    async def _wait_until_clear(self, bit):
        for _ in range(_TRIES):
            if not self._get(_STATUS)[0] & bit:
                return
            await asyncio.sleep_ms(_START_MS)
        raise Fault("the %s at 0x%02x does not get ready" % (self._NAME, self._address))

    async def start(self):
        identify(self._get(_ID)[0], self._CHIP, self._NAME, self._address)
        self._put(_RESET, _RESET_WORD)
        await asyncio.sleep_ms(_START_MS)
        await self._wait_until_clear(_IM_UPDATE)
        # 4.2.2, trimming parameters
        calibration = self._get(_CALIBRATION, 24)
        if stuck(calibration[:6]):
            raise Fault(
                "the %s at 0x%02x has no calibration: its registers hold the same byte throughout"
                % (self._NAME, self._address)
            )
        self._t = struct.unpack_from("<Hhh", calibration, 0)
        self._p = None
        if not stuck(calibration[6:]):
            self._p = struct.unpack_from("<Hhhhhhhhh", calibration, 6)
        if self._CHIP == 0x60:
            calibration = self._get(_CALIBRATION_H2, 7)
            h1 = self._get(_CALIBRATION_H1)[0]
            h2, h3, e4, e5, e6, h6 = struct.unpack("<hBbBbb", calibration)
            self._h = None
            if not stuck(calibration):
                self._h = (h1, h2, h3, e4 << 4 | e5 & 15, e6 << 4 | e5 >> 4, h6)
        self._put(_CONFIG, _MARK)

    async def read(self):
        if self._get(_CONFIG)[0] != _MARK:
            await self.start()
        if self._CHIP == 0x60:
            self._put(_CTRL_HUM, _OVERSAMPLING_H)
        self._put(_CTRL_MEAS, _OVERSAMPLING | _FORCED)
        await asyncio.sleep_ms(_MEASURING_MS)
        await self._wait_until_clear(_MEASURING)
        data = self._data
        self._i2c.readfrom_mem_into(self._address, _DATA, data)
        return self._values(data)

    def _values(self, data):
        pressure = data[0] << 12 | data[1] << 4 | data[2] >> 4
        temperature = data[3] << 12 | data[4] << 4 | data[5] >> 4
        wrong = stuck(data)
        if wrong is None and temperature == _SKIPPED_20:
            wrong = Invalid("the chip skipped the measurement")
        fine = None if wrong else self._fine(temperature)
        if not wrong and not TEMPERATURE.valid[0] <= fine / 5120 <= TEMPERATURE.valid[1]:
            # The others are compensated with it.
            wrong = Invalid("a temperature of %.1f °C, which it cannot measure" % (fine / 5120))
        fields = [("temperature_c", wrong or round(fine / 5120, 2))]
        if self._CHIP == 0x60:
            raw = data[6] << 8 | data[7]
            skipped = raw == _SKIPPED_16 and Invalid("the chip skipped the measurement")
            fields.append(("humidity_percent", wrong or skipped or self._humidity(raw, fine)))
        skipped = pressure == _SKIPPED_20 and Invalid("the chip skipped the measurement")
        fields.append(("pressure_hpa", wrong or skipped or self._pressure(pressure, fine)))
        return fields

    # 8.1, compensation formulas in floating point

    def _fine(self, raw):
        t1, t2, t3 = self._t
        a = (raw / 16384 - t1 / 1024) * t2
        b = raw / 131072 - t1 / 8192
        return a + b * b * t3

    def _pressure(self, raw, fine):
        if self._p is None:
            return _uncalibrated()
        p1, p2, p3, p4, p5, p6, p7, p8, p9 = self._p
        a = fine / 2 - 64000
        b = a * a * p6 / 32768 + a * p5 * 2
        b = b / 4 + p4 * 65536
        a = (p3 * a * a / 524288 + p2 * a) / 524288
        a = (1 + a / 32768) * p1
        if a <= 0:
            return Invalid("the calibration gives a division by zero")
        p = (1048576 - raw - b / 4096) * 6250 / a
        p += (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16
        return round(p / 100, 2)

    def _humidity(self, raw, fine):
        if self._h is None:
            return _uncalibrated()
        h1, h2, h3, h4, h5, h6 = self._h
        h = fine - 76800
        h = (raw - (h4 * 64 + h5 / 16384 * h)) * (
            h2 / 65536 * (1 + h6 / 67108864 * h * (1 + h3 / 67108864 * h))
        )
        h *= 1 - h1 * h / 524288
        return round(min(max(h, 0), 100), 1)


DRIVER = BME280
