# SPDX-License-Identifier: MIT
"""Texas Instruments ADS1015: as the ADS1115, in 12 bits. SBAS473E."""

from . import ads1115

DOC = "Texas Instruments ADS1015: four voltages or the differences of two, 12 bits."
ADDRESSES = ads1115.ADDRESSES
KEYS = ads1115.KEYS
fields = ads1115.fields


class ADS1015(ads1115.ADS1115):
    _NAME = "ADS1015"
    _RATE_128 = 0x0000  # table 8: its slowest rate, of the least noise
    _STEP = 16  # 7.3.1: the last four bits are zeros


DRIVER = ADS1015
