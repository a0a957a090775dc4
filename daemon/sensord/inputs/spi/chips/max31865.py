# SPDX-License-Identifier: MIT
"""Maxim MAX31865: the temperature of a Pt100 or Pt1000. Datasheet 19-6478, revision 3.

The resistance is converted by the equation of Callendar and Van Dusen with the coefficients of
IEC 60751.
"""

import asyncio
import math

from ....schema.values import Choice, Number
from ....values.field import Field, Invalid
from ..chip import Registers

DOC = "Maxim MAX31865: the temperature of a Pt100 or Pt1000 with two, three or four wires."
MODE, BAUDRATE = 1, 5000000
_NOMINAL_OHM = {"pt100": 100.0, "pt1000": 1000.0}
KEYS = {
    "element": Choice("The platinum element.", ("pt100", "pt1000"), "pt100"),
    "wires": Choice("How many wires go to it; boards have jumpers for these.", (2, 3, 4)),
    "reference_ohm": Number(
        "The reference resistor; 430 for a Pt100 and 4300 for a Pt1000 if not given.",
        10.0,
        100000.0,
        None,
    ),
    "mains_hz": Choice("The mains whose hum is filtered, in Hz.", (50, 60), 50),
}
_LOWEST_C, _HIGHEST_C = -200, 850  # IEC 60751
_FIELDS = (Field("temperature_c", (_LOWEST_C, _HIGHEST_C)), Field("resistance_ohm"))

_CONFIG, _RATIO, _HIGH_THRESHOLD, _FAULT = 0x00, 0x01, 0x03, 0x07
# Tables 2 and 3
_BIAS, _ONE_SHOT, _THREE_WIRES, _TEST, _CLEAR, _50_HZ = 0x80, 0x20, 0x10, 0x04, 0x02, 0x01
_TEST_BITS = 0x0C
_KEPT = _BIAS | _THREE_WIRES | _50_HZ
_THRESHOLDS = (0xFF, 0xFF, 0x00, 0x00)  # as after power on: no fault by the ratio alone
_BIAS_MS = 11  # "RTD inputs": five time constants with 100 nF are below it
_TEST_MS = 2  # table 3: about 600 us
_CONVERT_MS = 67  # 66 ms at 50 Hz
_FULL_SCALE = 1 << 15
_FAULTS = (
    (0x04, "a voltage at the element is too high or too low: is a wire shorted to the supply?"),
    (0x20, "the element is open, or a wire to FORCE+ or RTDIN+"),
    (0x10, "the wire to FORCE- is open, or a wire is shorted to ground"),
    (0x08, "the wire to RTDIN- is open, or a wire is shorted to ground"),
    (0x80, "the element is open"),
    (0x40, "the element has a short circuit"),
)
# R = R0 (1 + A t + B t^2 + C (t - 100) t^3), the last part below 0 only
_A, _B, _C = 3.9083e-3, -5.775e-7, -4.183e-12
_STEPS = 4  # of Newton's method: exact to 1e-9 degrees at -200


def fields(_settings):
    return _FIELDS


def _ratio(t):
    """R / R0 below 0 degrees."""
    return 1 + t * (_A + t * (_B + t * _C * (t - 100)))


def celsius(ratio):
    """The temperature at which the element has `ratio` times its resistance at 0 degrees."""
    t = (-_A + math.sqrt(max(0.0, _A * _A - 4 * _B * (1 - ratio)))) / (2 * _B)
    if ratio >= 1:
        return t
    for _ in range(_STEPS):
        slope = _A + t * (2 * _B + t * _C * (4 * t - 300))
        t -= (_ratio(t) - ratio) / slope
    return t


class MAX31865(Registers):
    _NAME = "MAX31865"

    def __init__(self, spi, wires, element="pt100", reference_ohm=None, mains_hz=50):
        Registers.__init__(self, spi)
        self._nominal_ohm = _NOMINAL_OHM[element]
        self._reference_ohm = reference_ohm or 4.3 * self._nominal_ohm
        self._config = (_THREE_WIRES if wires == 3 else 0) | (_50_HZ if mains_hz == 50 else 0)

    async def start(self):
        self._write(_CONFIG, self._config)
        self._write(_HIGH_THRESHOLD, *_THRESHOLDS)
        self._require(_CONFIG, self._config)
        self._require(_HIGH_THRESHOLD, _THRESHOLDS[0])

    def _wrong(self, fault, ohm):
        """Why the resistance is none of an element, or None."""
        for bit, words in _FAULTS:
            if fault & bit:
                return words
        most = self._nominal_ohm * (1 + _HIGHEST_C * (_A + _HIGHEST_C * _B))
        if ohm > most:
            return "%.1f Ω: the element is open, or not a Pt%d" % (ohm, self._nominal_ohm)
        if ohm < self._nominal_ohm * _ratio(_LOWEST_C):
            return "%.1f Ω: the element has a short circuit, or is not a Pt%d" % (
                ohm, self._nominal_ohm,
            )  # fmt: skip
        return None

    async def read(self):
        # Each time: its supply may have been off.
        await self.start()
        config = self._config | _BIAS
        # The current flows only for the measurement: it heats the element.
        self._write(_CONFIG, config | _CLEAR)
        await asyncio.sleep_ms(_BIAS_MS)
        self._write(_CONFIG, config | _TEST)
        await asyncio.sleep_ms(_TEST_MS)
        fault = self._read(_FAULT)[0]
        self._write(_CONFIG, config | _ONE_SHOT)
        await asyncio.sleep_ms(_CONVERT_MS)
        self._require(_CONFIG, config)
        data = self._read(_RATIO, 2)
        fault |= self._read(_FAULT)[0]
        self._write(_CONFIG, self._config)
        self._require(_CONFIG, self._config)
        ohm = (int.from_bytes(data, "big") >> 1) * self._reference_ohm / _FULL_SCALE
        wrong = self._wrong(fault, ohm)
        if wrong:
            return [("temperature_c", Invalid(wrong)), ("resistance_ohm", Invalid(wrong))]
        return [
            ("temperature_c", round(celsius(ohm / self._nominal_ohm), 3)),
            ("resistance_ohm", round(ohm, 3)),
        ]


DRIVER = MAX31865
