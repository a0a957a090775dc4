# SPDX-License-Identifier: MIT
"""machine.I2C for drivers of chips: a transfer that a chip did not acknowledge is tried again."""

from machine import I2C

from ...errors import ENODEV

# A loose contact swallows one transfer of several, and a measurement takes several of them.
_TRIES = 4


def _tried(transfer, *arguments, **keywords):
    # Without an acknowledge the chip has taken nothing and given nothing: no sample is lost, and
    # none comes twice. After any other error this is uncertain.
    for _ in range(_TRIES - 1):
        try:
            return transfer(*arguments, **keywords)
        except OSError as error:
            if error.errno != ENODEV:
                raise
    return transfer(*arguments, **keywords)


class Bus(I2C):
    """As machine.I2C."""

    _is_joined = False  # whether the next transfer begins with a held-back write

    def readfrom_into(self, addr, buf, stop=True):
        if self._is_joined:
            self._is_joined = False
            return I2C.readfrom_into(self, addr, buf, stop)
        return _tried(I2C.readfrom_into, self, addr, buf, stop)

    def writeto(self, addr, buf, stop=True):
        if self._is_joined or not stop:
            self._is_joined = not stop
            return I2C.writeto(self, addr, buf, stop)
        return _tried(I2C.writeto, self, addr, buf)

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        return _tried(I2C.readfrom_mem_into, self, addr, memaddr, buf, addrsize=addrsize)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        return _tried(I2C.writeto_mem, self, addr, memaddr, buf, addrsize=addrsize)
