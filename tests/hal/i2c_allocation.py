# SPDX-License-Identifier: MIT
"""Prints the bytes that 1000 calls of each method left on the heap."""

import gc

from machine.i2c import I2C

i2c = I2C(1)
register = bytearray(2)
view = memoryview(bytearray(6))
value = bytearray(1)


def read_register():
    i2c.readfrom_mem_into(0x18, 5, register)


def read_into_view():
    i2c.readfrom_mem_into(0x40, 0, view)


def read_wide_address():
    i2c.readfrom_mem_into(0x40, 0, register, addrsize=16)


def write_register():
    i2c.writeto_mem(0x40, 7, value)


def write_then_read():
    i2c.writeto(0x40, value, False)
    i2c.readfrom_into(0x40, register)


def nothing():
    pass


def cost(call):
    gc.collect()
    gc.disable()
    call()
    before = gc.mem_alloc()
    for _ in range(1000):
        call()
    after = gc.mem_alloc()
    gc.enable()
    return after - before


calls = (read_register, read_into_view, read_wide_address, write_register, write_then_read)
for call in calls:
    cost(call)  # the first run allocates things that are kept
base = cost(nothing)
print(*[cost(call) - base for call in calls])
