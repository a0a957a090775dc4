# SPDX-License-Identifier: MIT
"""Microchip MCP3208: eight voltages or the differences of two, 12 bits. DS21298E."""

from . import mcp3008

DOC = (
    "Microchip MCP3208: eight voltages or the differences of two, 12 bits. It has no "
    "identifier: 0 V is a chip that is absent as well."
)
MODE, BAUDRATE = mcp3008.MODE, mcp3008.BAUDRATE
KEYS = mcp3008.keys(8)
fields = mcp3008.fields


class MCP3208(mcp3008.MCP3008):
    _NAME = "MCP3208"
    _BITS = 12


DRIVER = MCP3208
