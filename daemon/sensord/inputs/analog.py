# SPDX-License-Identifier: MIT
"""The inputs of an analog-to-digital converter: single ones, and the difference of two."""

from ..schema.values import Kind, toml_type


class Input(Kind):
    """An input N, or "M-N", the voltage of M against N."""

    def __init__(self, count, pairs):
        """`count` inputs, and the `pairs`, such as "0-1", that the chip can measure."""
        Kind.__init__(self, "")
        self._count, self._pairs = count, pairs
        self.form = 'an input from 0 to %d, or two of them such as "%s"' % (count - 1, pairs[0])

    def parse(self, value):
        if isinstance(value, str):
            if value in self._pairs:
                return value
            raise ValueError('must be one of "%s", not "%s"' % ('", "'.join(self._pairs), value))
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("must be %s, not %s" % (self.form, toml_type(value)))
        if not 0 <= value < self._count:
            raise ValueError("must be from 0 to %d, not %d" % (self._count - 1, value))
        return value


def voltage_field(channel):
    """The name of a channel's field: "voltage0_v", "voltage0-voltage1_v" as the kernel has it."""
    names = ["voltage" + number for number in str(channel).split("-")]
    return "-".join(names) + "_v"
