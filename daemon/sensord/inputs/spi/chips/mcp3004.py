# SPDX-License-Identifier: MIT
"""Microchip MCP3004: four voltages or the differences of two, 10 bits. DS21295D."""

from . import mcp3008

DOC = (
    "Microchip MCP3004: four voltages or the differences of two, 10 bits. It has no "
    "identifier: 0 V is a chip that is absent as well."
)
MODE, BAUDRATE = mcp3008.MODE, mcp3008.BAUDRATE
KEYS = mcp3008.keys(4)
fields = mcp3008.fields


class MCP3004(mcp3008.MCP3008):
    _NAME = "MCP3004"


DRIVER = MCP3004
