# SPDX-License-Identifier: MIT
"""A virtual machine with something to measure on all its buses."""

import contextlib
import math
import pathlib
import struct
import threading

from bench import Bench
from bridge import Bridge
from fakes.chips import bme280
from fakes.environment import BME280, lm75
from fakes.motion import MPU
from fakes.onewire import DS18B20, DS2482

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
RAIN_LINE, LAMP_LINE = 2, 5  # of the bridge's GPIO
_WEATHER_S = 0.25


class _Endless:
    """A recording that starts again at its end."""

    def __init__(self, samples):
        self._samples = samples

    def __len__(self):
        return 1 << 40

    def __getitem__(self, i):
        return self._samples[i % len(self._samples)]


def _squats():
    """A recording of squats, in the units of the activity tracker's chip."""
    data = (DATA / "har/exercise/2024-12-01T160415_squat.npy").read_bytes()
    (header,) = struct.unpack_from("<H", data, 8)
    return list(struct.iter_unpack("<hhh", data[10 + header :]))


def _shaking():
    """6 Hz and one g, at 50 samples a second."""
    return [(int(3000 * math.sin(2 * math.pi * 6 * n / 50)), 0, 16384) for n in range(50)]


class BridgedBench(Bench):
    """A machine with a `bridge` and, among the chips on it, `climate`."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.climate = BME280()
        chips = {
            0x76: self.climate,
            0x77: bme280(),
            0x49: lm75(0x1980),
            0x18: DS2482(DS18B20(0x5E2502, 12.25)),
            0x68: MPU(_Endless(_squats())),
            0x69: MPU(_Endless(_shaking()), 0x19, 2),
        }
        self.bridge = Bridge(self.machine.ports["bridge"], chips)
        self._over = threading.Event()
        self._weather = threading.Thread(target=self._make_weather, daemon=True)
        self._weather.start()

    def _make_weather(self):
        """Sends a drop of rain twice a second, and a line on the serial port."""
        level = 0
        while not self._over.wait(_WEATHER_S):
            level ^= 1
            self.bridge.pins.apply(RAIN_LINE, level)
            with contextlib.suppress(OSError):
                if level:
                    self.machine.ports["serial"].send(b"T=-3.5\r\n")

    def close(self):
        self._over.set()
        # First: the weather thread waits while the serial port is not read.
        super().close()
        self._weather.join()
