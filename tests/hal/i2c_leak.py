# SPDX-License-Identifier: MIT
"""Opens, fails and closes 10,000 times; prints how many descriptors remain open."""

import gc
import os

from machine.i2c import I2C


def descriptors():
    return len(os.listdir("/proc/self/fd"))


I2C(1).deinit()
before = descriptors()
for i in range(10000):
    i2c = I2C(1)
    if i % 4 == 0:
        i2c.readfrom_mem(0x40, 0, 1)
    elif i % 4 == 1:
        try:
            i2c.writeto(0x41, b"nobody")
        except OSError:
            pass
    i2c.deinit()
for _ in range(100):
    try:
        I2C(99)
    except OSError:
        pass
    I2C(1)  # dropped, not closed
    i2c = None
    gc.collect()
i2c = I2C(1)
gc.collect()
i2c.deinit()
print(max(0, descriptors() - before - 1))  # one may still be on the stack
