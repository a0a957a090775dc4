# SPDX-License-Identifier: MIT
"""Bosch BME280 and BMP280: temperature, pressure, and on the BME280 humidity.

BST-BME280-DS002 and BST-BMP280-DS001; the sections named are the BME280's.
"""

import asyncio
import struct

from . import Fault, identify

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
_START_MS = 2  # 1.1, start-up time
_TRIES = 20
# 4.2.3 and 5.4.7: what the data registers hold when a measurement is skipped
_SKIPPED_20 = 0x80000
_SKIPPED_16 = 0x8000


class BME280:
    ADDRESS = 0x76
    _CHIP, _NAME = 0x60, "BME280"

    def __init__(self, i2c, address, _settings):
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
        self._t = struct.unpack("<Hhh", self._get(_CALIBRATION, 6))
        self._p = struct.unpack("<Hhhhhhhhh", self._get(_CALIBRATION + 6, 18))
        if self._CHIP == 0x60:
            h2, h3, e4, e5, e6, h6 = struct.unpack("<hBbBbb", self._get(_CALIBRATION_H2, 7))
            h1 = self._get(_CALIBRATION_H1)[0]
            self._h = (h1, h2, h3, e4 << 4 | e5 & 15, e6 << 4 | e5 >> 4, h6)
        self._put(_CONFIG, 0)

    async def read(self):
        if self._CHIP == 0x60:
            self._put(_CTRL_HUM, _OVERSAMPLING_H)
        self._put(_CTRL_MEAS, _OVERSAMPLING | _FORCED)
        await asyncio.sleep_ms(_MEASURING_MS)
        await self._wait_until_clear(_MEASURING)
        data = self._data
        self._i2c.readfrom_mem_into(self._address, _DATA, data)
        pressure = data[0] << 12 | data[1] << 4 | data[2] >> 4
        temperature = data[3] << 12 | data[4] << 4 | data[5] >> 4
        fine = None if temperature == _SKIPPED_20 else self._fine(temperature)
        fields = [("temperature_c", None if fine is None else round(fine / 5120, 2))]
        if self._CHIP == 0x60:
            humidity = data[6] << 8 | data[7]
            known = fine is not None and humidity != _SKIPPED_16
            fields.append(("humidity_percent", self._humidity(humidity, fine) if known else None))
        known = fine is not None and pressure != _SKIPPED_20
        fields.append(("pressure_hpa", self._pressure(pressure, fine) if known else None))
        return fields

    # 8.1, compensation formulas in floating point

    def _fine(self, raw):
        t1, t2, t3 = self._t
        a = (raw / 16384 - t1 / 1024) * t2
        b = raw / 131072 - t1 / 8192
        return a + b * b * t3

    def _pressure(self, raw, fine):
        p1, p2, p3, p4, p5, p6, p7, p8, p9 = self._p
        a = fine / 2 - 64000
        b = a * a * p6 / 32768 + a * p5 * 2
        b = b / 4 + p4 * 65536
        a = (p3 * a * a / 524288 + p2 * a) / 524288
        a = (1 + a / 32768) * p1
        if a <= 0:
            return None  # no parameters: the division would be by zero
        p = (1048576 - raw - b / 4096) * 6250 / a
        p += (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16
        return round(p / 100, 2)

    def _humidity(self, raw, fine):
        h1, h2, h3, h4, h5, h6 = self._h
        h = fine - 76800
        h = (raw - (h4 * 64 + h5 / 16384 * h)) * (
            h2 / 65536 * (1 + h6 / 67108864 * h * (1 + h3 / 67108864 * h))
        )
        h *= 1 - h1 * h / 524288
        return round(min(max(h, 0), 100), 1)


class BMP280(BME280):
    _CHIP, _NAME = 0x58, "BMP280"
