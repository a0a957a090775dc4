# SPDX-License-Identifier: MIT
"""Prints the bytes that 1000 calls of each method left, then the descriptors of 10,000 opens."""

import gc
import os

from machine.spi import SPI

spi = SPI(0)
data = bytearray(1024)
view = memoryview(data)


def write():
    spi.write(data)


def read():
    spi.readinto(view)


def exchange():
    spi.write_readinto(data, data)


def nothing():
    pass


def cost(call):
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(1000):
        call()
    after = gc.mem_alloc()
    gc.enable()
    return after - before


def descriptors():
    return len(os.listdir("/proc/self/fd"))


calls = (write, read, exchange)
for call in calls:
    cost(call)  # the first run allocates things that are kept
base = cost(nothing)
print(*[cost(call) - base for call in calls])
spi.deinit()
before = descriptors()
for i in range(10000):
    spi = SPI(0)
    if i % 8 == 0:
        try:
            spi.init(bits=31)
        except OSError:
            pass
    spi.deinit()
print(descriptors() - before)
