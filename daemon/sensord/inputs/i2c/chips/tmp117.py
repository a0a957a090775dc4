# SPDX-License-Identifier: MIT
"""Texas Instruments TMP117: temperature. SNOSD82D.

At power on it converts once a second, eight averaged.
"""

import asyncio

from ....errors import Fault
from ....values.field import Field
from ..chip import WordRegisters, identify, stuck

DOC = "Texas Instruments TMP117: temperature to 0.1 degrees."
ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)
_FIELDS = (Field("temperature_c", (-55, 150)),)  # 7.3, recommended operating conditions

_TEMPERATURE = 0x00
_DEVICE, _TMP117 = 0x0F, 0x117  # 7.6.10
_NOTHING_YET = -32768  # 7.3.1: the result register before the first conversion
_FIRST_MS = 1000  # 7.3.2: the conversion cycle at power on
_TRIES = 3


def fields(_settings):
    return _FIELDS


class TMP117(WordRegisters):
    def __init__(self, i2c, address=ADDRESSES[0]):
        WordRegisters.__init__(self, i2c, address)

    def _device(self):
        return self._word(_DEVICE) & 0xFFF

    async def start(self):
        identify(self._device(), _TMP117, "TMP117", self._address)

    async def read(self):
        for _ in range(_TRIES):
            raw = self._word(_TEMPERATURE)
            wrong = stuck(self._data)
            # Each time: another chip may have taken its place.
            device = self._device()
            if wrong and device != _TMP117:
                return [("temperature_c", wrong)]
            identify(device, _TMP117, "TMP117", self._address)
            if raw != _NOTHING_YET:
                return [("temperature_c", round(raw * 0.0078125, 3))]
            await asyncio.sleep_ms(_FIRST_MS)
        raise Fault("the TMP117 at 0x%02x does not convert" % self._address)


DRIVER = TMP117
