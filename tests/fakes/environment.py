# SPDX-License-Identifier: MIT
"""Models of the chips that sensord has drivers for. Measurements take time: like a real chip, one
that is read too early does not answer, or returns its previous value."""

import struct
import time

from fakes import chips
from fakes.chips import Sensirion, bme280, sensirion_crc
from fakes.i2c import Chip, Nack, Registers, Words


class _Timed:
    """Something that is ready some time after it began."""

    def __init__(self):
        self._at = None

    def begin(self, seconds):
        self._at = time.monotonic() + seconds

    @property
    def running(self):
        return self._at is not None and time.monotonic() < self._at


class BME280(Registers):
    """The values of fakes.chips.bme280(), available only after a forced measurement of 40 ms."""

    def __init__(self, chip_id=0x60):
        model = bme280()
        super().__init__({0: bytes(model.registers)})
        self.registers[0xD0] = chip_id
        self.measured = bytes(self.registers[0xF7:0xFF])
        self.registers[0xF7:0xFF] = b"\x80\0\0\x80\0\0\x80\0"  # 5.4.7: reset values
        self._measuring = _Timed()

    def set(self, register, value):
        super().set(register, value)
        if register == 0xF4 and value & 3:
            self._measuring.begin(0.040)
            # 4: the chip goes back to sleep; without oversampling a value stays skipped
            assert value >> 5 and value >> 2 & 7
            assert self.registers[0xF2] & 7 or self.registers[0xD0] == 0x58

    def get(self, register):
        if register == 0xF3:
            return 8 if self._measuring.running else 0
        if 0xF7 <= register and not self._measuring.running and self._measuring._at:
            return self.measured[register - 0xF7]
        return super().get(register)


class SHT(Chip):
    """An SHT3x or SHT4x: `command` starts a measurement that takes `seconds`."""

    def __init__(self, command, seconds, words):
        self._command, self._seconds = command, seconds
        self.words = words
        self.damaged = False
        self._measuring = _Timed()
        self._asked = False

    def write(self, data):
        if data == self._command:
            self._measuring.begin(self._seconds)
            self._asked = True

    def read(self, n):
        if self._measuring.running or not self._asked:
            raise Nack  # 4.4: not acknowledged until the value is ready
        self._asked = False
        data = b""
        for word in self.words:
            packed = word.to_bytes(2, "big")
            data += packed + bytes([sensirion_crc(packed) ^ self.damaged])
        return data[:n]


def sht3x():
    """23.0 degrees, 40 %."""
    return SHT(b"\x24\x00", 0.0125, [25466, 26214])


def sht4x():
    """23.0 degrees, and 101 %, which is 100."""
    return SHT(b"\xfd", 0.0075, [25466, 56098])


class AHT20(Chip):
    """50 % and 25 degrees, 75 ms after the trigger."""

    def __init__(self, calibrated=False):
        self.status = 0x18 if calibrated else 0x10
        self.damaged = False
        self._measuring = _Timed()
        self._data = bytes(5)

    def write(self, data):
        if data == b"\xbe\x08\x00":
            self.status |= 0x08
        elif data == b"\xac\x33\x00" and self.status & 0x08:
            self._measuring.begin(0.075)
            self._data = (0x80000 << 20 | 0x60000).to_bytes(5, "big")

    def read(self, n):
        busy = 0x80 if self._measuring.running else 0
        answer = bytes([self.status | busy]) + (bytes(5) if busy else self._data)
        return (answer + bytes([sensirion_crc(answer) ^ self.damaged]))[:n]


# Their values are there at once.
mcp9808 = chips.mcp9808
INA219 = chips.INA219


class TMP117(chips.TMP117):
    """-25 degrees, 0.2 s after the start."""

    def __init__(self):
        super().__init__(0x10000 - 3200, 0x1117)
        self._converting = _Timed()
        self._converting.begin(0.2)

    def get(self, register):
        return 0x8000 if register == 0 and self._converting.running else super().get(register)


def lm75(raw=0xE720):
    """-24.875 degrees in eleven bits."""
    return Words({0x00: raw})


class BH1750(Chip):
    """1234.2 lx, 120 ms after a one-time measurement began."""

    def __init__(self, count=1481):
        self.count = count
        self._on = False
        self._last = 0
        self._measuring = _Timed()

    def write(self, data):
        if data == b"\x01":
            self._on = True
        elif data == b"\x20" and self._on:
            self._measuring.begin(0.120)

    def read(self, n):
        if not self._measuring.running:
            self._last = self.count
        return self._last.to_bytes(2, "big")[:n]


class ADS1115(Words):
    """Voltages at its inputs; the range of the request determines the number."""

    RANGES = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)

    def __init__(self, volts):
        super().__init__({0x01: 0x8583})
        self.volts = volts
        self._converting = _Timed()

    def set(self, register, value):
        super().set(register, value)
        if register == 1 and value & 0x8000:
            self._converting.begin(0.0078)
            channel = (value >> 12 & 7) - 4
            full = self.RANGES[value >> 9 & 7]
            number = round(self.volts[channel] / full * 32768)
            self._result = max(-32768, min(32767, number)) & 0xFFFF

    def get(self, register):
        if register == 1:
            return super().get(1) & 0x7FFF | (0 if self._converting.running else 0x8000)
        if register == 0 and not self._converting.running:
            self.registers[0] = self._result
        return super().get(register)


class SCD4x(Sensirion):
    """500 ppm, 25 degrees, 37 %: the datasheet's example. A new value every 0.3 s here."""

    def __init__(self):
        super().__init__({0x3682: [0xF896, 0x9F07, 0x3BBE], 0xEC05: [500, 0x6667, 0x5EB9]})
        self._measuring = _Timed()
        self.started = False

    def write(self, data):
        command = int.from_bytes(data[:2], "big")
        if command == 0x21B1:
            self.started = True
            self._measuring.begin(0.3)
        elif command == 0x3F86:
            self.started = False
        elif command == 0x3682 and self.started:
            raise Nack  # 3.5: while it measures it accepts few commands
        ready = self.started and not self._measuring.running
        self.answers[0xE4B8] = [0x8006 if ready else 0x8000]
        super().write(data)
        if command == 0xEC05:
            if not ready:
                raise Nack
            self._measuring.begin(0.3)


def bme280_expected(model):
    """(degrees, percent, hPa) by the integer formulas of BST-BME280-DS002, section 4.2.3.

    Written from the text of the datasheet, in exact integers: an independent check of a driver
    that uses the floating-point formulas.
    """
    registers = model.registers
    t1, t2, t3 = struct.unpack_from("<Hhh", registers, 0x88)
    p = struct.unpack_from("<Hhhhhhhhh", registers, 0x8E)
    h1 = registers[0xA1]
    h2, h3, e4, e5, e6, h6 = struct.unpack_from("<hBbBbb", registers, 0xE1)
    h4, h5 = e4 << 4 | e5 & 15, e6 << 4 | e5 >> 4
    raw = model.measured
    adc_p = int.from_bytes(raw[0:3], "big") >> 4
    adc_t = int.from_bytes(raw[3:6], "big") >> 4
    adc_h = int.from_bytes(raw[6:8], "big")

    fine = ((adc_t >> 3) - (t1 << 1)) * t2 >> 11
    fine += (((adc_t >> 4) - t1) * ((adc_t >> 4) - t1) >> 12) * t3 >> 14
    a = fine - 128000
    b = a * a * p[5] + (a * p[4] << 17) + (p[3] << 35)
    a = (a * a * p[2] >> 8) + (a * p[1] << 12)
    a = ((1 << 47) + a) * p[0] >> 33
    pressure = ((1048576 - adc_p << 31) - b) * 3125 // a
    a = p[8] * (pressure >> 13) * (pressure >> 13) >> 25
    pressure = (pressure + a + (p[7] * pressure >> 19) >> 8) + (p[6] << 4)
    v = fine - 76800
    scaled = (adc_h << 14) - (h4 << 20) - h5 * v + 16384 >> 15
    slope = ((v * h6 >> 10) * ((v * h3 >> 11) + 32768) >> 10) + 2097152
    v = scaled * (slope * h2 + 8192 >> 14)
    v -= ((v >> 15) * (v >> 15) >> 7) * h1 >> 4
    v = min(max(v, 0), 419430400)
    return (fine * 5 + 128 >> 8) / 100, (v >> 12) / 1024, pressure / 25600
