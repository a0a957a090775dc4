# SPDX-License-Identifier: MIT
"""Runs in MicroPython: makes the calls of machine that bus_speed.py measures.

usage: bus_calls_ours.py CALLS

First prints a JSON list of the bytes that a call left on the heap, averaged over CALLS calls: pin,
register, transfer. Then for each line on stdin it makes CALLS calls of each kind, and prints such
a list of the process CPU time of one call in ns.
"""

import gc
import json
import sys
from array import array

import ffi

from machine import I2C, SPI, Pin

ADDRESS = 0x40
REGISTER = 5

CLOCK_PROCESS_CPUTIME_ID = 2  # <linux/time.h>

_clock_gettime = ffi.open(None).func("i", "clock_gettime", "iP")
_timespec = array("l", (0, 0))


def cpu_ns():
    """CPU time of this process; time.clock() counts milliseconds."""
    _clock_gettime(CLOCK_PROCESS_CPUTIME_ID, _timespec)
    return _timespec[0] * 1000000000 + _timespec[1]


def toggle(pin, calls):
    for _ in range(calls):
        pin.toggle()


def read_register(i2c, calls):
    word = _word
    for _ in range(calls):
        i2c.readfrom_mem_into(ADDRESS, REGISTER, word)


def exchange(spi, calls):
    sent, received = _sent, _received
    for _ in range(calls):
        spi.write_readinto(sent, received)


_word = bytearray(2)
_sent = bytearray(b"\x5a" * 1024)
_received = bytearray(1024)


def bytes_a_call(run, bus, calls):
    gc.collect()
    gc.disable()
    run(bus, 1)  # the first call allocates things that are kept
    before = gc.mem_alloc()
    run(bus, calls)
    used = gc.mem_alloc() - before
    gc.enable()
    return used / calls


def ns_a_call(run, bus, calls):
    start = cpu_ns()
    run(bus, calls)
    return (cpu_ns() - start) / calls


def main(calls):
    jobs = (
        (toggle, Pin("gpiochip0:17", Pin.OUT)),
        (read_register, I2C(1)),
        (exchange, SPI(0)),
    )
    print(json.dumps([bytes_a_call(run, bus, calls) for run, bus in jobs]))
    # On another kernel than the bench's, the figures would mean nothing.
    assert _word == bytes((REGISTER, REGISTER + 1)) and _received == _sent
    while sys.stdin.readline():
        print(json.dumps([ns_a_call(run, bus, calls) for run, bus in jobs]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
