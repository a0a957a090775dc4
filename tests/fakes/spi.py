# SPDX-License-Identifier: MIT
"""A spidev of the fake kernel, /dev/spidevB.C, with a chip behind it.

A chip is an object with `exchange(data)`, which returns as many bytes; `selected()` is called when
its chip select falls. Settings that the controller lacks are EINVAL, as in spi_setup().
"""

import errno
import struct

from fakes.kernel import Device

# <linux/spi/spidev.h>, <linux/spi/spi.h>
SPI_IOC_WR_BITS_PER_WORD = 0x40016B03
SPI_IOC_WR_MAX_SPEED_HZ = 0x40046B04
SPI_IOC_RD_MODE32 = 0x80046B05
SPI_IOC_WR_MODE32 = 0x40046B05
SPI_CPHA = 0x01
SPI_CPOL = 0x02
SPI_LSB_FIRST = 0x08
SPI_NO_CS = 0x40
# drivers/spi/spi-bcm2835.c: the Raspberry Pi up to 4; spi-dw-core.c: the Raspberry Pi 5
PI_4 = SPI_CPHA | SPI_CPOL | SPI_NO_CS
PI_5 = SPI_CPHA | SPI_CPOL
_TRANSFER = struct.Struct("=IIBBH")  # len, speed_hz, bits_per_word, cs_change, delay_usecs


class Loopback:
    """MOSI wired to MISO."""

    def selected(self):
        pass

    def exchange(self, data):
        return data


class Flash:
    """A W25Q32: 9Fh returns its identification, 03h and an address of 3 bytes its content."""

    IDENTIFICATION = b"\xef\x40\x16"

    def __init__(self, content):
        self.content = content
        self.selected()

    def selected(self):
        self._said = b""

    def exchange(self, data):
        answer = bytearray()
        for byte in data:
            n = len(self._said)
            if self._said[:1] == b"\x9f":
                answer.append(self.IDENTIFICATION[(n - 1) % 3])
            elif self._said[:1] == b"\x03" and n >= 4:
                at = int.from_bytes(self._said[1:4], "big") + n - 4
                answer.append(self.content[at % len(self.content)])
            else:
                answer.append(0xFF)
            self._said += bytes([byte])
        return bytes(answer)


class FakeSPI(Device):
    def __init__(self, chip, modes=PI_4 | SPI_LSB_FIRST, bits=(8,), bufsiz=4096):
        self.chip = chip
        self.modes = modes
        self.widths = bits
        self.bufsiz = bufsiz
        self.mode = 0
        self.bits = 8
        self.speed = 125000000
        self.error = None
        self.open_error = None
        self.frames = []  # bytes sent, by chip select
        self.messages = []  # the length of each SPI_IOC_MESSAGE
        self._selected = False

    def open(self, flags):
        if self.open_error:
            raise OSError(self.open_error, "refused")

    def ioctl(self, request, value, data):
        if request == SPI_IOC_RD_MODE32:
            return struct.pack("=I", self.mode)
        if request == SPI_IOC_WR_MODE32:
            (mode,) = struct.unpack("=I", data)
            if mode & ~self.modes:
                raise OSError(errno.EINVAL, "mode")
            self.mode = mode
        elif request == SPI_IOC_WR_BITS_PER_WORD:
            if data[0] not in self.widths:
                raise OSError(errno.EINVAL, "bits")
            self.bits = data[0]
        elif request == SPI_IOC_WR_MAX_SPEED_HZ:
            (self.speed,) = struct.unpack("=I", data)
        elif request & 0xFFFF == 0x6B00:
            return self._message(data)
        else:
            return super().ioctl(request, value, data)
        return b""

    def _message(self, data):
        if self.error:
            raise OSError(self.error, "the bus")
        answer = b""
        while data:
            n, _, _, cs_change, _ = _TRANSFER.unpack_from(data)
            sent = data[_TRANSFER.size : _TRANSFER.size + n]
            data = data[_TRANSFER.size + n :]
            if n > self.bufsiz:
                raise OSError(errno.EMSGSIZE, "bufsiz")
            if n % ((self.bits + 7) // 8):
                raise OSError(errno.EINVAL, "not of whole words")
            self.messages.append(n)
            if not self._selected:
                self.frames.append(b"")
                self.chip.selected()
            self.frames[-1] += sent
            answer += self.chip.exchange(sent)
            self._selected = bool(cs_change)
        return len(answer), answer
