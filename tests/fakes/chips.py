# SPDX-License-Identifier: MIT
"""Models of chips, by their datasheets' register maps, with values whose meaning is known."""

import struct
import time

from fakes.i2c import Chip, Nack, Registers, Words


def mcp9808(raw=0xC194):
    """25.25 degrees, above none of the limits."""
    return Words({0x05: raw, 0x06: 0x0054, 0x07: 0x0400})


class TMP117(Words):
    """25 degrees, data ready."""

    def __init__(self, raw=0x0C80, device=0x0117):
        super().__init__({0x00: raw, 0x01: 0x2220, 0x0F: device})

    def set(self, register, value):
        if register == 1 and value & 2:  # soft reset
            value = 0x2220
        super().set(register, value)


def tmp117():
    return TMP117()


def pct2075():
    """25.125 degrees."""
    return Words({0x00: 201 << 5})


def mlx90614():
    """295.16 K ambient, 309.76 K object: low byte first, followed by a packet error code."""

    class MLX90614(Words):
        def read(self, n):
            return (struct.pack("<H", self.get(self.pointer)) + b"\0")[:n]

    return MLX90614({0x06: 14758, 0x07: 15488})


class INA219(Words):
    """12.0 V, and 1.5 A through 0.1 Ohm. `shunt` and `current` are signed."""

    def __init__(self, shunt=15000, bus=3000 << 3 | 2, current=0):
        registers = {0x00: 0x1234, 0x01: shunt & 0xFFFF, 0x02: bus, 0x04: current & 0xFFFF}
        super().__init__(registers)

    def set(self, register, value):
        super().set(register, 0x399F if register == 0 and value & 0x8000 else value)


def ina219():
    """12 V, 1.5 A at 2 A full scale, the shunt at -10 mV."""
    return INA219(-1000, current=24576)


def lis2hh12():
    """One g downwards on Z, half a g on X, -0.25 g on Y at 0.061 mg."""
    raw = struct.pack("<hhh", 8197, -4098, 16393)
    return Registers({0x0F: 0x41, 0x28: raw})


def mpu6500():
    """One g on Z; 131 digits are one degree a second on X; 21 degrees."""

    class MPU6500(Registers):
        def set(self, register, value):
            super().set(register, value & 0x7F if register == 0x6B else value)

    return MPU6500({0x3B: struct.pack(">hhhhhhh", 0, 0, 16384, 0, 131, 0, -131), 0x75: 0x71})


def ak8963():
    """100, -200 and 300 digits of 0.15 microtesla, no adjustment."""
    return Registers(
        {0x00: 0x48, 0x03: struct.pack("<hhh", 100, -200, 300), 0x10: b"\x80\x80\x80"}
    )


def ds3231():
    """2024-02-29, the fourth day of the week, 23:59:58."""
    return Registers({0: b"\x58\x59\x23\x04\x29\x02\x24"}, size=0x13)


def tcs34725():
    """Clear 4000, red 1000, green 1500, blue 800; a register's top bit marks a command."""

    class TCS34725(Registers):
        def write(self, data):
            super().write(bytes([data[0] & 0x1F]) + data[1:])

    return TCS34725({0x12: 0x4D, 0x13: 0x01, 0x14: struct.pack("<HHHH", 4000, 1000, 1500, 800)})


def bme280():
    """The worked example of the BMP280's datasheet, section 3.12: 25.08 degrees, 100653.27 Pa."""
    calibration = struct.pack(
        "<HhhHhhhhhhhh", 27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600,
        6000,
    )  # fmt: skip
    pressure = (415148 << 4).to_bytes(3, "big")
    temperature = (519888 << 4).to_bytes(3, "big")
    return Registers(
        {
            0x88: calibration,
            0xA1: 75,
            0xD0: 0x60,
            0xE1: struct.pack("<hBBBBb", 362, 0, 0x14, 0x25, 0x03, 30),
            0xF7: pressure + temperature + b"\x6f\x00",
        }
    )


def bmp180():
    """The worked example of its datasheet, section 3.5: 15.0 degrees, 69964 Pa."""

    class BMP180(Registers):
        def set(self, register, value):
            super().set(register, value)
            if register == 0xF4:
                result = 27898 if value == 0x2E else 23843
                self.registers[0xF6:0xF8] = result.to_bytes(2, "big")

    calibration = struct.pack(
        ">hhhHHHhhhhh", 408, -72, -14383, 32741, 32757, 23153, 6190, 4, -32768, -8711, 2868
    )
    return BMP180({0xAA: calibration, 0xD0: 0x55})


class AHT20(Chip):
    """50 % and 25 degrees; nothing to read before it is initialised and triggered."""

    def __init__(self):
        self.status = 0x10
        self.data = bytes(5)

    def write(self, data):
        if data[:1] in (b"\xbe", b"\xe1") and data[1:] == b"\x08\x00":
            self.status |= 0x08
        elif data == b"\xac\x33\x00":
            self.data = (0x80000 << 20 | 0x60000).to_bytes(5, "big")

    def read(self, n):
        return (bytes([self.status]) + self.data)[:n]


class HDC1080(Words):
    """26 degrees and 50 %. Selecting register 0 or 1 starts a conversion; until its end a NACK."""

    CONVERSION_S = 0.0065

    def __init__(self):
        super().__init__({0x00: 0x6666, 0x01: 0x8000, 0x02: 0x1000, 0xFE: 0x5449, 0xFF: 0x1050})
        self._ready_at = 0

    def write(self, data):
        super().write(data)
        if data[0] < 2:
            self._ready_at = time.monotonic() + self.CONVERSION_S

    def read(self, n):
        if self.pointer < 2 and time.monotonic() < self._ready_at:
            raise Nack
        return super().read(n)


def sensirion_crc(data):
    """CRC-8 of Sensirion's chips: polynomial 31h, start FFh."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc << 1 ^ 0x31 if crc & 0x80 else crc << 1
        crc &= 0xFF
    return crc


class Sensirion(Chip):
    """Commands of 16 bits; each word of arguments and responses is followed by a CRC."""

    def __init__(self, answers):
        """`answers` are the words of each command's response."""
        self.answers = answers
        self.commands = []
        self._answer = b""

    def write(self, data):
        if not data:
            return
        command = int.from_bytes(data[:2], "big")
        words = []
        for at in range(2, len(data), 3):
            if sensirion_crc(data[at : at + 2]) != data[at + 2]:
                raise Nack
            words.append(int.from_bytes(data[at : at + 2], "big"))
        self.commands.append((command, words))
        self._answer = b""
        for word in self.answers.get(command, ()):
            packed = word.to_bytes(2, "big")
            self._answer += packed + bytes([sensirion_crc(packed)])

    def read(self, n):
        return self._answer[:n].ljust(n, b"\xff")


def scd30():
    """The example of its interface description: 439.09 ppm, 27.24 degrees, 48.81 %."""
    return Sensirion(
        {
            0x0202: [1],
            0x0300: [0x43DB, 0x8C2E, 0x41D9, 0xE7FF, 0x4243, 0x3A1B],
            0x4600: [2],
        }
    )


def sgp40():
    return Sensirion({0x260F: [30000], 0x280E: [0xD400]})


class SSD1306(Chip):
    """128x64; the control byte says whether the next byte is a command or data."""

    def __init__(self):
        self.commands = bytearray()
        self.memory = bytearray(1024)
        self._at = 0

    def write(self, data):
        if not data:
            return
        if data[0] & 0x40:
            for value in data[1:]:
                self.memory[self._at % 1024] = value
                self._at += 1
        else:
            self.commands += data[1:]


class MAX7219:
    """On SPI: words of register and value, latched when the chip select rises."""

    def __init__(self):
        self.registers = bytearray(16)
        self._shifted = b""

    def selected(self):
        pass

    def exchange(self, data):
        self._shifted = (self._shifted + data)[-2:]
        self.registers[self._shifted[0] & 0x0F] = self._shifted[1]
        return bytes(len(data))
