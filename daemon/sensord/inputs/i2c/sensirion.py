# SPDX-License-Identifier: MIT
"""The protocol of Sensirion's chips: commands, and answers of words with a CRC after each."""

import asyncio

from .chip import crc8, wrong_checksum

_WORD_BYTES = 3  # two and their CRC


class Sensirion:
    def __init__(self, i2c, address):
        self._i2c, self._address = i2c, address

    def _command(self, code):
        # The SHT4x has commands of one byte, the others of two.
        self._i2c.writeto(self._address, code.to_bytes(2 if code > 0xFF else 1, "big"))

    async def _request(self, code, wait_ms, n_words):
        """The words of the chip's answer to a command, after `wait_ms`."""
        self._command(code)
        await asyncio.sleep_ms(wait_ms)
        data = self._i2c.readfrom(self._address, _WORD_BYTES * n_words)
        words = []
        for i in range(0, len(data), _WORD_BYTES):
            if crc8(data[i : i + 2]) != data[i + 2]:
                raise wrong_checksum(self._address, data)
            words.append(data[i] << 8 | data[i + 1])
        return words


def temperature_c(word):
    """Degrees Celsius of a word, the same in all of them: SHT3x 4.13, SHT4x 4.6, SCD4x 3.6.2."""
    return round(-45 + 175 * word / 65535, 2)
