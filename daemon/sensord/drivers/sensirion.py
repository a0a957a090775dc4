# SPDX-License-Identifier: MIT
"""Sensirion's chips: SHT3x and SHT4x (humidity, temperature), SCD4x (carbon dioxide as well)."""

import asyncio

from . import Fault, crc8

_WORD_BYTES = 3  # two and their CRC


class _Sensirion:
    """Commands to a chip, and answers of words with a CRC behind each."""

    def __init__(self, i2c, address, _settings):
        self._i2c, self._address = i2c, address

    def _command(self, code):
        # The SHT4x has commands of one byte, the others of two.
        self._i2c.writeto(self._address, code.to_bytes(2 if code > 0xFF else 1, "big"))

    async def _ask(self, code, wait_ms, n_words):
        self._command(code)
        await asyncio.sleep_ms(wait_ms)
        data = self._i2c.readfrom(self._address, _WORD_BYTES * n_words)
        words = []
        for i in range(0, len(data), _WORD_BYTES):
            if crc8(data[i : i + 2]) != data[i + 2]:
                raise Fault(
                    "the chip at 0x%02x sent a wrong checksum: is the cable too long?"
                    % self._address
                )
            words.append(data[i] << 8 | data[i + 1])
        return words


def _temperature(word):
    return round(-45 + 175 * word / 65535, 2)


class SHT3x(_Sensirion):
    """Datasheet SHT3x-DIS, version 7."""

    ADDRESS = 0x44
    _SOFT_RESET, _RESET_MS = 0x30A2, 2  # 4.9, and 2.2: 1.5 ms
    _MEASURE, _MEASURE_MS = (
        0x2400,
        16,
    )  # 4.3, high repeatability, no clock stretching; 2.2: 15.5 ms

    async def start(self):
        self._command(self._SOFT_RESET)
        await asyncio.sleep_ms(self._RESET_MS)

    def _humidity(self, word):
        return 100 * word / 65535  # 4.13

    async def read(self):
        temperature, humidity = await self._ask(self._MEASURE, self._MEASURE_MS, 2)
        humidity = min(max(self._humidity(humidity), 0), 100)
        return [
            ("temperature_c", _temperature(temperature)),
            ("humidity_percent", round(humidity, 1)),
        ]


class SHT4x(SHT3x):
    """Datasheet SHT4x, version 6.5."""

    _SOFT_RESET, _RESET_MS = 0x94, 2  # 4.5, and 3.1: 1 ms
    _MEASURE, _MEASURE_MS = 0xFD, 9  # 4.5, high precision; 3.1: 8.3 ms

    def _humidity(self, word):
        return -6 + 125 * word / 65535  # 4.6: it may leave 0 to 100


class SCD4x(_Sensirion):
    """Datasheet SCD4x, version 1.7. It measures every 5 s on its own."""

    ADDRESS = 0x62
    # 3.5 to 3.10: command and how long it takes
    _STOP, _STOP_MS = 0x3F86, 500
    _START = 0x21B1
    _READ, _READ_MS = 0xEC05, 1
    _IS_READY, _IS_READY_MS = 0xE4B8, 1
    _SERIAL, _SERIAL_MS = 0x3682, 1
    _POLL_MS = 250
    _LATEST_MS = 12000  # two periods and what clocks differ

    async def start(self):
        # After a restart of the board, but not of the chip, it still measures.
        self._command(self._STOP)
        await asyncio.sleep_ms(self._STOP_MS)
        await self._ask(self._SERIAL, self._SERIAL_MS, 3)
        self._command(self._START)

    async def read(self):
        for _ in range(self._LATEST_MS // self._POLL_MS):
            (status,) = await self._ask(self._IS_READY, self._IS_READY_MS, 1)
            if status & 0x7FF:
                break
            await asyncio.sleep_ms(self._POLL_MS)
        else:
            raise Fault("the SCD4x at 0x%02x has stopped measuring" % self._address)
        co2, temperature, humidity = await self._ask(self._READ, self._READ_MS, 3)
        return [
            ("co2_ppm", co2),
            ("temperature_c", _temperature(temperature)),
            ("humidity_percent", round(100 * humidity / 65535, 1)),
        ]
