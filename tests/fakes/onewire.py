# SPDX-License-Identifier: MIT
"""A DS2482-100, I2C to 1-Wire, with one DS18B20 thermometer on its wire.

Their commands and registers: Maxim's data sheets of the DS2482-100 and the DS18B20.
"""

from fakes.i2c import Chip, Nack

# DS2482: commands, registers by their read pointer, and bits of the status
_RESET, _SET_POINTER, _WRITE_CONFIG, _WIRE_RESET = 0xF0, 0xE1, 0xD2, 0xB4
_SINGLE_BIT, _WRITE_BYTE, _READ_BYTE, _TRIPLET = 0x87, 0xA5, 0x96, 0x78
_STATUS, _DATA, _CONFIG = 0xF0, 0xE1, 0xC3
_PRESENCE, _LOGIC_LEVEL, _WAS_RESET, _BIT, _SECOND_BIT, _DIRECTION = 2, 8, 0x10, 0x20, 0x40, 0x80
# DS18B20
_SEARCH_ROM, _MATCH_ROM, _SKIP_ROM, _READ_SCRATCHPAD = 0xF0, 0x55, 0xCC, 0xBE
_ROM_BYTES = 8


def crc8(data):
    """Maxim's application note 27: x^8 + x^5 + x^4 + 1, the lowest bit first."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8C if crc & 1 else 0)
    return crc


class DS18B20:
    """Always has a measurement of `celsius` ready; it is powered by its own supply."""

    def __init__(self, serial, celsius):
        rom = b"\x28" + serial.to_bytes(6, "little")
        self._rom = rom + bytes([crc8(rom)])
        self.celsius = celsius
        self.reset()

    def reset(self):
        self._selected = False
        self._left = 0  # bytes of the address still to come
        self._answer = b""
        self._bits = None

    def write(self, byte):
        if self._left:
            self._left -= 1
            self._selected = self._selected and byte == self._rom[_ROM_BYTES - self._left - 1]
        elif not self._selected:
            self._selected = byte in (_SKIP_ROM, _MATCH_ROM)
            self._left = _ROM_BYTES if byte == _MATCH_ROM else 0
            if byte == _SEARCH_ROM:
                self._bits = (byte >> i & 1 for byte in self._rom for i in range(8))
        elif byte == _READ_SCRATCHPAD:
            raw = round(self.celsius * 16) & 0xFFFF
            data = raw.to_bytes(2, "little") + b"\x4b\x46\x7f\xff\x0c\x10"
            self._answer = data + bytes([crc8(data)])

    def read(self):
        byte, self._answer = (self._answer or b"\xff")[0], self._answer[1:]
        return byte

    def search_bit(self):
        """The next bit of its address, None if it is not being searched for."""
        return next(self._bits, None) if self._bits else None


class DS2482(Chip):
    def __init__(self, slave):
        self._slave = slave
        self._pointer, self._status, self._data, self._config = _STATUS, 0, 0, 0

    def write(self, data):
        command, value = data[0], data[1] if len(data) > 1 else None
        if command == _RESET:
            self._pointer, self._config = _STATUS, 0
            self._status = _LOGIC_LEVEL | _WAS_RESET
        elif command == _SET_POINTER:
            self._pointer = value
        elif command == _WRITE_CONFIG:
            if value >> 4 != ~value & 15:
                raise Nack
            self._pointer, self._config = _CONFIG, value & 15
            self._status &= ~_WAS_RESET
        else:
            self._pointer = _STATUS
            self._on_wire(command, value)

    def _on_wire(self, command, value):
        self._status = _LOGIC_LEVEL | _PRESENCE
        if command == _WIRE_RESET:
            self._slave.reset()
        elif command == _WRITE_BYTE:
            self._slave.write(value)
        elif command == _READ_BYTE:
            self._data = self._slave.read()
        elif command == _SINGLE_BIT:
            self._status |= _BIT  # it has finished, and has its own supply
        elif command == _TRIPLET:
            bit = self._slave.search_bit()
            if bit is None:
                self._status |= _BIT | _SECOND_BIT | _DIRECTION
            else:
                self._status |= _BIT | _DIRECTION if bit else _SECOND_BIT
        else:
            raise Nack

    def read(self, n):
        registers = {_STATUS: self._status, _DATA: self._data, _CONFIG: self._config}
        return bytes([registers[self._pointer]]) * n
