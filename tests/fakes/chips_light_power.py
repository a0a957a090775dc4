# SPDX-License-Identifier: MIT
"""Models of chips for power, light, angle and magnetic fields. A chip that is read before its
measurement has ended gives the values before."""

import struct

from fakes.environment import ADS1115, _Timed
from fakes.i2c import Chip, Registers, Words


class ADS1015(ADS1115):
    """Of the ADS1115's numbers, the upper twelve bits."""

    def get(self, register):
        value = super().get(register)
        return value & 0xFFF0 if register == 0 else value


class Differences(ADS1115):
    """An ADS1115 that measures the differences too."""

    PAIRS = ((0, 1), (0, 3), (1, 3), (2, 3))

    def set(self, register, value):
        if register == 1 and not value & 0x4000:
            first, second = self.PAIRS[value >> 12 & 3]
            self.volts.append(self.volts[first] - self.volts[second])
            value_of_last = value & 0x8FFF | 0x4000  # input 0, replaced for this conversion
            kept, self.volts[0] = self.volts[0], self.volts.pop()
            super().set(register, value_of_last)
            self.volts[0] = kept
            self.registers[1] = value
        else:
            super().set(register, value)


class PowerMonitor(Words):
    """A chip of words that converts continuously: `result` is there once a conversion ended."""

    def __init__(self, registers, result, config, ready, seconds):
        super().__init__({**registers, config[0]: config[1]})
        self.result, self._ready, self._seconds = result, ready, seconds
        self._config = config[0]
        self._converting = _Timed()
        self._has_result = False
        self.works = True

    def set(self, register, value):
        super().set(register, value)
        if register == self._config and self.works:
            self._converting.begin(self._seconds)
            self._has_result = True

    def get(self, register):
        is_done = self._has_result and not self._converting.running
        if register == self._ready[0]:
            if not is_done:
                return super().get(register)
            self._converting.begin(self._seconds)
            return super().get(register) | self._ready[1]
        if register in self.result:
            return self.result[register] & 0xFFFF if self._has_result else 0
        return super().get(register)


def ina226(shunt=20000, bus=9600):
    """12 V, and 0.5 A through 0.1 Ohm."""
    return PowerMonitor(
        {0xFE: 0x5449, 0xFF: 0x2260}, {1: shunt, 2: bus}, (0, 0x4127), (6, 0x0008), 0.035
    )


def ina3221(shunts=(1250, -1250, 0), volts=(1500, 625, 0)):
    """12 V and 0.5 A, 5 V and -0.5 A, nothing."""
    result = {}
    for i in range(3):
        result[1 + 2 * i] = shunts[i] << 3
        result[2 + 2 * i] = volts[i] << 3
    return PowerMonitor({0xFE: 0x5449, 0xFF: 0x3220}, result, (0, 0x7127), (0x0F, 0x0001), 0.1)


class INA228(Chip):
    """12 V, 2 A through 0.015 Ohm, 25 degrees, an hour of it."""

    SIZES = {4: 3, 5: 3, 7: 3, 8: 3, 9: 5, 10: 5}

    def __init__(self, shunt=96000, bus=61440, device=0x2281):
        ampere = 312.5e-9 / 0.015
        self.registers = {
            0: 0, 1: 0xFB68, 2: 0x1000, 6: 3200, 0x0B: 0x0001, 0x3E: 0x5449, 0x3F: device,
            4: (shunt & 0xFFFFF) << 4, 5: (bus & 0xFFFFF) << 4,
            9: round(24 * 3600 / (51.2 * ampere)), 10: round(-2 * 3600 / ampere) & (1 << 40) - 1,
        }  # fmt: skip
        self._pointer = 0
        self._converting = _Timed()
        self._converting.begin(0.003)

    def write(self, data):
        if data:
            self._pointer = data[0]
        if len(data) == 3:
            self.registers[self._pointer] = int.from_bytes(data[1:], "big")
            if self._pointer == 1:
                self._converting.begin(0.05)

    def read(self, n):
        register = self._pointer
        value = self.registers.get(register, 0)
        if register == 0x0B and not self._converting.running:
            value |= 2
            self._converting.begin(0.05)
        return value.to_bytes(self.SIZES.get(register, 2), "big")[:n]


class VEML7700(Chip):
    """A light of so many lux by its counts; `times` are the integrations that were used."""

    GAINS = {0: 1, 1: 2, 2: 0.125, 3: 0.25}
    TIMES = {12: 25, 8: 50, 0: 100, 1: 200, 2: 400, 3: 800}

    def __init__(self, lx, identifier=0xC481):
        self.lx = lx
        self.registers = {0: 0x0001, 3: 0, 4: 0, 7: identifier}
        self._pointer = 0
        self._integrating = _Timed()
        self._next = 0

    def write(self, data):
        if data:
            self._pointer = data[0]
        if len(data) == 3:
            value = self.registers[self._pointer] = data[1] | data[2] << 8
            if self._pointer == 0 and not value & 1:
                gain, time = self.GAINS[value >> 11 & 3], self.TIMES[value >> 6 & 15]
                self._integrating.begin(time / 1000)
                self._next = min(65535, round(self.lx * gain * time / 1600 / 0.0042))

    def read(self, n):
        if self._pointer == 4 and not self._integrating.running and not self.registers[0] & 1:
            self.registers[4] = self._next
        return self.registers.get(self._pointer, 0).to_bytes(2, "little")[:n]


class TSL(Registers):
    """The base of TSL2561 and TSL2591: the upper bits of an address are a command's."""

    def write(self, data):
        if data:
            assert data[0] & 0x80, "no command"
            super().write(bytes([data[0] & 0x1F]) + data[1:])


class TSL2561(TSL):
    """Counts of both channels at 402 ms and 16-fold gain."""

    TIMES = ((0.0137, 5047), (0.101, 37177), (0.402, 65535))

    def __init__(self, both, infrared, identifier=0x50):
        super().__init__({0x0A: identifier}, size=0x20)
        self.light = (both, infrared)
        self._integrating = _Timed()

    def set(self, register, value):
        super().set(register, value)
        if register == 0:
            self.registers[0x0C:0x10] = bytes(4)
            if value & 3 == 3:
                self._integrating.begin(self.TIMES[self.registers[1] & 3][0])

    def get(self, register):
        if register == 0x0C and self.registers[0] & 3 == 3 and not self._integrating.running:
            seconds, most = self.TIMES[self.registers[1] & 3]
            gain = 16 if self.registers[1] & 0x10 else 1
            counts = [min(most, round(n * seconds / 0.402 * gain / 16)) for n in self.light]
            self.registers[0x0C:0x10] = struct.pack("<HH", *counts)
        return super().get(register)


class TSL2591(TSL):
    """Counts of both channels at gain 1 and 100 ms."""

    GAINS = (1, 25, 428, 9876)

    def __init__(self, both, infrared, identifier=0x50):
        super().__init__({0x12: identifier}, size=0x20)
        self.light = (both, infrared)
        self._integrating = _Timed()

    def set(self, register, value):
        super().set(register, value)
        if register == 0:
            self.registers[0x13] = 0
            self.registers[0x14:0x18] = bytes(4)
            if value & 3 == 3:
                self._integrating.begin(0.105)

    def get(self, register):
        is_on = self.registers[0] & 3 == 3
        if register == 0x13 and is_on and not self._integrating.running:
            gain = self.GAINS[self.registers[1] >> 4 & 3]
            counts = [min(36863, round(n * gain)) for n in self.light]
            self.registers[0x14:0x18] = struct.pack("<HH", *counts)
            self.registers[0x13] = 1
        return super().get(register)


class LTR390(Registers):
    """A UV index, and lux."""

    GAINS = (1, 3, 6, 9, 18)
    TIMES = (0.4, 0.2, 0.1, 0.05, 0.025)

    def __init__(self, uv_index, lx, part=0xB2):
        super().__init__({0x06: part, 0x04: 0x22, 0x05: 1})
        self.uv_index, self.lx = uv_index, lx
        self._measuring = _Timed()

    def set(self, register, value):
        super().set(register, value)
        if register == 0:
            self.registers[7] = 0
            if value & 2:
                self._measuring.begin(self.TIMES[self.registers[4] >> 4 & 7])

    def get(self, register):
        if register == 7 and self.registers[0] & 2 and not self._measuring.running:
            resolution = self.registers[4] >> 4 & 7
            gain, time = self.GAINS[self.registers[5]], self.TIMES[resolution]
            most = (1 << 20 - resolution) - 1
            is_uv = self.registers[0] & 8
            counts = (
                self.uv_index * 2300 * gain / 18 * time / 0.4
                if is_uv
                else self.lx * gain * time / 0.1 / 0.6
            )
            at = 0x10 if is_uv else 0x0D
            self.registers[at : at + 3] = min(most, round(counts)).to_bytes(3, "little")
            return 8
        return super().get(register)


def as5600(raw=1024, status=0x20, gain=100):
    """90 degrees, the magnet at its best."""
    return Registers({0x0B: status, 0x0C: raw.to_bytes(2, "big"), 0x1A: gain})


def crc8_smbus(data):
    """The packet error code of SMBus 2.0, by its polynomial x^8 + x^2 + x + 1 as a division."""
    remainder = int.from_bytes(data, "big") << 8
    for bit in range(8 * len(data) + 7, 7, -1):
        if remainder >> bit & 1:
            remainder ^= 0x107 << bit - 8
    return remainder


class MLX90614(Words):
    """22.01 degrees of the chip, 36.61 of the object."""

    def __init__(self, ambient=14758, object_=15488):
        super().__init__({0x06: ambient, 0x07: object_})
        self.damaged = False

    def read(self, n):
        data = self.get(self.pointer).to_bytes(2, "little")
        code = crc8_smbus(bytes([0xB4, self.pointer, 0xB5]) + data)
        return (data + bytes([code ^ self.damaged]))[:n]


class QMC5883L(Registers):
    """A field in µT."""

    def __init__(self, x=20.0, y=-30.5, z=45.0):
        super().__init__({0x0D: 0xFF})
        self.field = (x, y, z)
        self._measuring = _Timed()

    def set(self, register, value):
        if register == 0x0A and value & 0x80:
            self.registers[0:0x0D] = bytes(0x0D)
            return
        super().set(register, value)
        if register == 9 and value & 1:
            self._measuring.begin(0.02)

    def get(self, register):
        if register == 6 and self.registers[9] & 1 and not self._measuring.running:
            per_ut = 30 if self.registers[9] & 0x10 else 120
            raw = [round(value * per_ut) for value in self.field]
            over = 2 if any(abs(value) > 32767 for value in raw) else 0
            raw = [max(-32768, min(32767, value)) for value in raw]
            self.registers[0:6] = struct.pack("<hhh", *raw)
            self._measuring.begin(0.02)
            return 1 | over
        return super().get(register)


class HMC5883L(Registers):
    """20, -30 and 45 µT by the numbers of 1090 a gauss; -4096 is too much."""

    def __init__(self, x=218, y=-327, z=490):
        super().__init__({0x0A: b"H43", 0x02: 0x01})
        self.raw = (x, z, y)
        self._measuring = _Timed()

    def set(self, register, value):
        super().set(register, value)
        if register == 2 and value == 1:
            self._measuring.begin(0.006)

    def get(self, register):
        if register == 9 and self._measuring._at and not self._measuring.running:
            self.registers[3:9] = struct.pack(">hhh", *self.raw)
            return 1
        return super().get(register)
