# SPDX-License-Identifier: MIT
"""The common parts of accelerometer drivers. An accelerometer is one module in chips/ with DOC,
ADDRESSES and DRIVER, as inputs/i2c/chip.py describes them, and a driver of the same form that
gives a stream:

    Driver(i2c, address=0x68, range=2, rate=100)   range in g, rate in samples a second
    await driver.start()            finds the chip, sets it up and starts its FIFO
    driver.read_samples(samples)    fills an int16 array with rows of x, y, z, where 32768 is the
                                    range; returns how many, or None when samples were lost
    driver.restart()                empties the FIFO
    driver.capacity                 how many rows the FIFO holds
"""

from ...errors import Fault

FOLDER = "inputs/acceleration/chips"
IIO = "iio"  # in place of a chip: a kernel driver
RANGES = {2: 0, 4: 1, 8: 2, 16: 3}  # in g, and the bits that mean them in all chips here


def unsupported_rate(chip, known):
    """A Fault for a rate that a chip cannot keep."""
    return Fault("the %s cannot take samples at this rate: it must be %s" % (chip, known))
