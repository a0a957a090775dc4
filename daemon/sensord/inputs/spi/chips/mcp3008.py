# SPDX-License-Identifier: MIT
"""Microchip MCP3008: eight voltages or the differences of two, 10 bits. DS21295D.

The base of its three relatives: MCP3004, MCP3204 and MCP3208 (DS21298E).
"""

from ....errors import Fault
from ....schema.compound import Several
from ....schema.values import Number
from ....values.field import Field, Invalid
from ...analog import Input, voltage_field
from ..chip import exchanged

DOC = (
    "Microchip MCP3008: eight voltages or the differences of two, 10 bits. It has no identifier: "
    "0 V is a chip that is absent as well."
)
MODE, BAUDRATE = 0, 1000000  # 1.35 MHz at 2.7 V; 1 MHz of the MCP3208


def keys(count):
    """The KEYS of a converter with `count` inputs."""
    pairs = []
    for first in range(0, count, 2):
        # Table 5-2: the neighbours, in both directions
        pairs += ["%d-%d" % (first, first + 1), "%d-%d" % (first + 1, first)]
    return {
        "channels": Several(
            'The inputs to measure: 0 to %d, or the differences of neighbours, "0-1", "1-0" and '
            "so on, of which only positive ones can be measured." % (count - 1),
            Input(count, pairs),
            list(range(count)),
        ),
        "reference_v": Number("The voltage at VREF.", 0.25, 5.5, 3.3),
    }


KEYS = keys(8)


def fields(settings):
    limits = (0, settings["reference_v"])
    return [Field(voltage_field(channel), limits) for channel in settings["channels"]]


class MCP3008:
    _NAME = "MCP3008"
    _BITS = 10

    def __init__(self, spi, channels, reference_v=3.3):
        self._spi, self._channels, self._reference_v = spi, channels, reference_v

    async def start(self):
        self._voltage(self._channels[0])

    def _voltage(self, channel):
        if isinstance(channel, str):
            # "M-N" has the number of M, as the pairs are neighbours.
            inputs = int(channel.split("-")[0])
        else:
            inputs = 0x08 | channel
        # 5.0: a start bit, five bits, a bit of waiting and a zero; then the number. They begin so
        # that it ends with a byte.
        command = (0x10 | inputs) << self._BITS + 2
        data = exchanged(self._spi, command.to_bytes(3, "big"))
        found = int.from_bytes(data, "big") & (2 << self._BITS) - 1
        if found >> self._BITS:
            raise Fault(
                "no %s answers: all bits are ones; is it wired to this chip select?" % self._NAME
            )
        if found == (1 << self._BITS) - 1:
            return Invalid("the input is at VREF or above, %g V" % self._reference_v)
        return round(found * self._reference_v / (1 << self._BITS), 5)

    async def read(self):
        return [(voltage_field(channel), self._voltage(channel)) for channel in self._channels]


DRIVER = MCP3008
