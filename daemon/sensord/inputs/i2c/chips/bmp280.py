# SPDX-License-Identifier: MIT
"""Bosch BMP280: temperature and pressure. BST-BMP280-DS001."""

from .bme280 import BME280, PRESSURE, TEMPERATURE

DOC = "Bosch BMP280: temperature and air pressure."
ADDRESSES = (0x76, 0x77)
_FIELDS = (TEMPERATURE, PRESSURE)


def fields(_settings):
    return _FIELDS


class BMP280(BME280):
    _CHIP, _NAME = 0x58, "BMP280"


DRIVER = BMP280
