# SPDX-License-Identifier: MIT
"""The cost of a pin toggle, an I2C register read and an SPI transfer, beside CPython's bindings.

hal_linux is responsible for all of a call except the ioctl's own work, so that work is next to
nothing here: bus_kernel.c is preloaded in every program, makes one cheap call of the real kernel,
and answers in the program itself. Hardware, or a fake kernel in another process, would take far
longer than the few microseconds of interest. Without any call of the kernel the figures would
flatter an interpreter, because it pays for the caches and branch predictors that entering the
kernel disturbs.

The programs run in turns and count their process's CPU time. Peers are the bindings as packaged by
Debian.
"""

import contextlib
import json
import os
import statistics
import subprocess

from results import result
from support import MICROPYTHON, STOCK_MICROPYTHON, TOP

CALLS = 2000  # of each kind in a round
ROUNDS = 25

_HERE = TOP / "tests/bench"
# With CPython's binding (smbus2 is Python, the others C), and the most of its time for ours.
_JOBS = (
    ("pin toggle", "gpiod", 1.5),
    ("I2C register read", "smbus2", 1.5),
    ("1 kB SPI transfer", "spidev", 0.25),
)
_CFLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]


class Program:
    """A program that makes a round of calls for each input line, and prints the time of one."""

    def __init__(self, command, kernel, environment=None):
        self.rounds = []
        self.process = subprocess.Popen(
            [*command, str(CALLS)],
            env={**os.environ, "LD_PRELOAD": str(kernel), **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read(self):
        return json.loads(self.process.stdout.readline())

    def round(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.rounds.append(self.read())

    def medians_us(self):
        return [statistics.median(values) / 1000 for values in zip(*self.rounds)]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        status = self.process.wait()
        self.process.stdout.close()
        # At its end it may have found that the answers were not from the bench's kernel.
        if kind is None and status != 0:
            raise AssertionError(f"{self.process.args[0]} ended with {status}")


def _compile(source, to, *options):
    subprocess.run(["gcc", *_CFLAGS, *options, "-o", to, _HERE / source], check=True)
    return to


def _machine(interpreter, kernel):
    # The bench's kernel has no list of chips in which to find GPIO.
    environment = {"SENSORD_GPIO": "chip", "MICROPYPATH": f".frozen:{TOP}/hal_linux"}
    return Program([interpreter, _HERE / "bus_calls_ours.py"], kernel, environment)


def measure(folder):
    kernel = _compile("bus_kernel.c", folder / "bus_kernel.so", "-shared", "-fPIC")
    in_c = _compile("bus_calls.c", folder / "bus_calls")
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(_machine(MICROPYTHON, kernel))
        stock = stack.enter_context(_machine(STOCK_MICROPYTHON, kernel))
        c = stack.enter_context(Program([in_c], kernel))
        peer_command = ["/usr/bin/python3", _HERE / "bus_calls_peer.py"]
        peer = stack.enter_context(Program(peer_command, kernel))
        ours_bytes, stock_bytes = ours.read(), stock.read()
        for _ in range(ROUNDS):
            for program in (c, ours, stock, peer):
                program.round()
    return [*_times(c, ours, stock, peer), *_allocations(ours_bytes, stock_bytes)]


def _times(c, ours, stock, peer):
    medians = zip(_JOBS, *(p.medians_us() for p in (c, ours, stock, peer)))
    return [
        result(
            f"{job}: time",
            ours_us / peer_us,
            "ratio",
            goal,
            f"{binding} in CPython: {peer_us:.2f} us; ours {ours_us:.2f} us, in Debian's "
            f"micropython {stock_us:.2f} us; the ioctl from C {c_us:.2f} us",
            peer_us,
        )
        for (job, binding, goal), c_us, ours_us, stock_us, peer_us in medians
    ]


def _allocations(ours_bytes, stock_bytes):
    return [
        result(
            f"{job}: allocation",
            ours_b,
            "bytes a call",
            0,
            f"in Debian's micropython {stock_b:g}",
            stock_b,
        )
        for (job, _, _), ours_b, stock_b in zip(_JOBS, ours_bytes, stock_bytes)
    ]
