# SPDX-License-Identifier: MIT
"""Accelerometers with their FIFOs: each plays a recording at its configured rate."""

import time

from fakes.i2c import Registers


class _Player(Registers):
    """`samples` are (x, y, z) of int16. `restarts` counts how often the FIFO was emptied; `began`
    is when the recording began (time.monotonic())."""

    def __init__(self, samples, identity, capacity):
        super().__init__(identity)
        self.samples, self.capacity = samples, capacity
        self.rate = None
        self.restarts = 0
        self.overflow = False
        self._taken = 0
        self.began = None

    def begin(self):
        """Empties the FIFO. The first call starts the recording."""
        now = time.monotonic()
        if self.began is None:
            self.began = now
        else:
            self._taken = self._due()
        self.overflow = False
        self.restarts += 1

    def _due(self):
        return min(len(self.samples), int((time.monotonic() - self.began) * self.rate))

    def stored(self):
        """How many samples are in the FIFO now."""
        if self.began is None:
            return 0
        waiting = self._due() - self._taken
        if waiting > self.capacity:
            self.overflow = True
        return min(waiting, self.capacity)

    def next_sample(self):
        sample = self.samples[self._taken]
        self._taken += 1
        return sample


class MPU(_Player):
    """MPU6050, or with `extra` bytes a sample MPU6886."""

    def __init__(self, samples, identity=0x68, extra=0):
        super().__init__(samples, {0x75: identity, 0x6B: 0x40}, 1024 // (6 + extra))
        self._extra = extra
        self._pending = b""

    def set(self, register, value):
        super().set(register, value)
        if register == 0x19:
            self.rate = 1000 / (value + 1)
        elif register == 0x6B and value & 0x80:
            self.registers[0x6B] = 0x40  # after a reset it sleeps
        elif register == 0x6A and value & 0x40:
            assert self.registers[0x23] == 8 and self.registers[0x6B] == 1
            assert self.registers[0x1A] & 7 not in (0, 7), "then the base rate is 8 kHz"
            self.begin()

    def get(self, register):
        if register == 0x3A:
            self.stored()
            return 0x10 if self.overflow else 1
        if register in (0x72, 0x73):
            count = self.stored() * (6 + self._extra)
            return count >> 8 if register == 0x72 else count & 0xFF
        return super().get(register)

    def read(self, n):
        if self.pointer != 0x74:
            return super().read(n)
        data = b""
        while len(data) < n:
            data += b"".join((v & 0xFFFF).to_bytes(2, "big") for v in self.next_sample())
            data += b"\x55" * self._extra
        assert len(data) == n, "half a sample was read"
        return data


class LIS3DH(_Player):
    RATES = {2: 10, 3: 25, 4: 50, 5: 100, 6: 200, 7: 400}

    def __init__(self, samples):
        super().__init__(samples, {0x0F: 0x33}, 32)

    def set(self, register, value):
        super().set(register, value)
        if register == 0x20:
            self.rate = self.RATES[value >> 4]
        elif register == 0x2E and value == 0x80:
            assert self.registers[0x24] == 0x40 and self.registers[0x23] & 0x88 == 0x88
            self.begin()

    def get(self, register):
        if register == 0x2F:
            stored = self.stored()
            return (0x40 if self.overflow else 0) | min(stored, 31)
        return super().get(register)

    def read(self, n):
        if self.pointer != 0x28 | 0x80:
            return super().read(n)
        assert n % 6 == 0
        rows = [self.next_sample() for _ in range(n // 6)]
        return b"".join((v & 0xFFFF).to_bytes(2, "little") for row in rows for v in row)


class ADXL345(_Player):
    RATES = {8: 25, 9: 50, 10: 100, 11: 200, 12: 400, 13: 800}

    def __init__(self, samples):
        super().__init__(samples, {0x00: 0xE5}, 32)

    def set(self, register, value):
        super().set(register, value)
        if register == 0x2C:
            self.rate = self.RATES[value]
        elif register == 0x38 and value == 0x80:
            assert self.registers[0x2D] == 8 and self.registers[0x31] & 0x0C == 0x0C
            self.begin()

    def get(self, register):
        if register == 0x30:
            self.stored()
            return 1 if self.overflow else 0
        if register == 0x39:
            return self.stored()
        return super().get(register)

    def read(self, n):
        if self.pointer != 0x32:
            return super().read(n)
        assert n == 6, "a sample must be read at once"
        return b"".join((v & 0xFFFF).to_bytes(2, "little") for v in self.next_sample())
