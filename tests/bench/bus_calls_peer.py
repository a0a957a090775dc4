# SPDX-License-Identifier: MIT
"""The peers of machine's buses in CPython: gpiod, smbus2 and spidev, as Debian packages them.

usage: bus_calls_peer.py CALLS

For each line on stdin it makes CALLS calls of each kind, and prints a JSON list of the process CPU
time of one call in ns. It uses each binding's fastest suitable call: set_values() is faster than
set_value(), xfer2() of a list than xfer3() or of bytes, and i2c_rdwr(), which makes the same ioctl
as machine.I2C, is no slower than read_word_data(), which makes SMBus's.
"""

import json
import sys
import time

import gpiod
import smbus2
import spidev

LINE = 17
ADDRESS = 0x40
REGISTER = 5
SENT = [0x5A] * 1024


def pin(request, calls):
    on, off = {LINE: gpiod.line.Value.ACTIVE}, {LINE: gpiod.line.Value.INACTIVE}
    start = time.process_time_ns()
    for _ in range(calls // 2):
        request.set_values(on)
        request.set_values(off)
    return (time.process_time_ns() - start) / calls


def register(bus, number, word, calls):
    start = time.process_time_ns()
    for _ in range(calls):
        bus.i2c_rdwr(number, word)
    return (time.process_time_ns() - start) / calls


def transfer(spi, calls):
    start = time.process_time_ns()
    for _ in range(calls):
        spi.xfer2(SENT)
    return (time.process_time_ns() - start) / calls


def main(calls):
    settings = gpiod.LineSettings(direction=gpiod.line.Direction.OUTPUT)
    request = gpiod.request_lines("/dev/gpiochip0", config={LINE: settings})
    bus = smbus2.SMBus(1)
    number = smbus2.i2c_msg.write(ADDRESS, [REGISTER])
    word = smbus2.i2c_msg.read(ADDRESS, 2)
    spi = spidev.SpiDev()
    spi.open(0, 0)
    # On another kernel than the bench's, the figures would mean nothing.
    bus.i2c_rdwr(number, word)
    assert bytes(word) == bytes((REGISTER, REGISTER + 1))
    assert spi.xfer2(SENT) == SENT
    for _ in sys.stdin:
        pin_ns = pin(request, calls)
        register_ns = register(bus, number, word, calls)
        print(json.dumps((pin_ns, register_ns, transfer(spi, calls))), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
