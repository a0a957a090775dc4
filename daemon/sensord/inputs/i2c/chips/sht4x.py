# SPDX-License-Identifier: MIT
"""Sensirion SHT4x: temperature and humidity. Datasheet SHT4x, version 6.5."""

from .sht3x import FIELDS, SHT3x

DOC = "Sensirion SHT40, SHT41, SHT43 and SHT45: temperature and humidity."
ADDRESSES = (0x44, 0x45, 0x46)


def fields(_settings):
    return FIELDS


class SHT4x(SHT3x):
    _SOFT_RESET, _RESET_MS = 0x94, 2  # 4.5, and 3.1: 1 ms
    _MEASURE, _MEASURE_MS = 0xFD, 9  # 4.5, high precision; 3.1: 8.3 ms

    def _humidity(self, word):
        return -6 + 125 * word / 65535  # 4.6: it may leave 0 to 100 and is to be cut to that


DRIVER = SHT4x
