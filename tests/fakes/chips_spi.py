# SPDX-License-Identifier: MIT
"""Models of chips on SPI: `exchange` gets what the controller sends while the chip is selected."""

from fakes.environment import _Timed


class Line:
    """MISO at one level: no chip, or none with a supply."""

    def __init__(self, byte):
        self._byte = byte

    def selected(self):
        pass

    def exchange(self, data):
        return bytes([self._byte]) * len(data)


class MAX31855:
    """Degrees of the thermocouple and of the chip, and bits of a fault."""

    def __init__(self, celsius=100.0, internal=25.0, fault=0, extra=0):
        word = (round(celsius * 4) & 0x3FFF) << 18 | (round(internal * 16) & 0xFFF) << 4 | fault
        self.word = word | (0x10000 if fault else 0) | extra

    def selected(self):
        self._at = 0

    def exchange(self, data):
        shifted = self.word.to_bytes(4, "big")[self._at : self._at + len(data)]
        self._at += len(data)
        return shifted.ljust(len(data), b"\0")


class Registers:
    """An address, with the high bit to write, and the registers from there on."""

    def __init__(self, values):
        self.registers = bytearray(16)
        for first, value in values.items():
            self.registers[first : first + len(value)] = value

    def selected(self):
        self._address = None

    def exchange(self, data):
        answer = bytearray()
        for byte in data:
            if self._address is None:
                self._address = byte
                answer.append(0xFF)
            elif self._address & 0x80:
                self.set(self._address & 0x0F, byte)
                self._address += 1
                answer.append(0xFF)
            else:
                answer.append(self.get(self._address & 0x0F))
                self._address += 1
        return bytes(answer)

    def set(self, register, value):
        self.registers[register] = value

    def get(self, register):
        return self.registers[register]


class MAX31856(Registers):
    """One measurement takes 185 ms; its type of thermocouple must be `kind`."""

    def __init__(self, celsius=100.0, internal=25.0, status=0, kind=3):
        super().__init__({0x02: b"\xff", 0x01: b"\x03"})
        self._measured = (round(celsius * 128) & 0x7FFFF) << 5
        self._internal = (round(internal * 64) & 0x3FFF) << 2
        self._status, self._kind = status, kind
        self._measuring = _Timed()

    def set(self, register, value):
        super().set(register, value & 0xBF if register == 0 else value)
        if register == 0 and value & 0x40:
            self._measuring.begin(0.2)

    def get(self, register):
        if register >= 0x0A and self._measuring._at and not self._measuring.running:
            measured = self._measured if self.registers[1] & 15 == self._kind else 0
            self.registers[0x0A:0x0C] = self._internal.to_bytes(2, "big")
            self.registers[0x0C:0x0F] = measured.to_bytes(3, "big")
            self.registers[0x0F] = self._status
        return super().get(register)


class MAX31865(Registers):
    """An element of so many ohms, with a current only while the bias is on for 10 ms."""

    def __init__(self, ohm=100.0, reference=430.0, fault=0):
        super().__init__({0x03: b"\xff\xff"})
        self._ratio = min(32767, round(ohm / reference * 32768))
        self._fault = fault
        self._biasing, self._measuring = _Timed(), _Timed()
        self._has_measured = False

    def set(self, register, value):
        if register == 0:
            before = self.registers[0]
            if value & 0x80 and not before & 0x80:
                self._biasing.begin(0.010)
            if value & 0x02:
                self.registers[7] = 0
            if value & 0x0C == 0x04 and not self._biasing.running:
                self.registers[7] = self._fault
            if value & 0x20 and value & 0x80:
                self._has_measured = not self._biasing.running
                self._measuring.begin(0.0625)
            value &= 0xD1
        super().set(register, value)

    def get(self, register):
        if register == 0:
            return self.registers[0] | (0x20 if self._measuring.running else 0)
        if register == 1 and self._has_measured and not self._measuring.running:
            self.registers[1:3] = (self._ratio << 1).to_bytes(2, "big")
        return super().get(register)


class MCP3:
    """Voltages at the inputs of an MCP3008 or MCP3208, bit by bit as in the datasheets."""

    def __init__(self, volts, reference=3.3, bits=10):
        self.volts, self._reference, self._bits = volts, reference, bits

    def selected(self):
        self._received, self._answer = [], []

    def _convert(self):
        """After the start bit and four more: a bit of sampling, a zero, the number."""
        single, *channel = self._received[1:5]
        number = channel[0] << 2 | channel[1] << 1 | channel[2]
        volts = self.volts[number % len(self.volts)]
        if not single:
            volts -= self.volts[number ^ 1]
        full = (1 << self._bits) - 1
        value = max(0, min(full, int(volts / self._reference * (1 << self._bits))))
        self._answer = [1, 0] + [value >> bit & 1 for bit in range(self._bits - 1, -1, -1)]

    def exchange(self, data):
        answer = bytearray()
        for byte in data:
            shifted = 0
            for bit in range(7, -1, -1):
                out = self._answer.pop(0) if self._answer else 1
                shifted = shifted << 1 | out
                level = byte >> bit & 1
                if len(self._received) < 5 and (self._received or level):
                    self._received.append(level)
                    if len(self._received) == 5:
                        self._convert()
            answer.append(shifted)
        return bytes(answer)
