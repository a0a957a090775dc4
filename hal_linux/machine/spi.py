# SPDX-License-Identifier: MIT
"""machine.SPI and machine.SoftSPI: the kernel's spidev, /dev/spidevBUS.CS.

| MicroPython | on Linux |
|---|---|
| SPI(0)                  | bus 0 through /dev/spidev0.0; as in MicroPython, the program's own Pin selects the chip: SPI_NO_CS is set. A controller that refuses it (that of the Raspberry Pi 5) drives chip select 0 as well, and print() shows that: wire the chip elsewhere |
| SPI(0, cs=1), SPI("/dev/spidev0.1") | the kernel selects the chip, for each call |
| SoftSPI(sck=, mosi=, miso=) | the bus with these pins on a Raspberry Pi's header: GPIO11 and 10 are bus 0, GPIO21 and 20 bus 1. For other pins MACHINE_SPI=N in the environment sets the bus |
| baudrate                | the maximum; the controller uses its next lower rate |
| polarity, phase         | SPI_CPOL, SPI_CPHA |
| bits                    | those that the controller supports; above 8 the buffers hold words in native order |
| firstbit                | SPI_LSB_FIRST, or reversed in software if the controller lacks it |
| sck, mosi, miso, pins   | accepted; they only choose the bus of SoftSPI |
| init(…)                 | settings that are not given stay |
| more than bufsiz bytes  | several transfers, with the chip select held (spidev.bufsiz=65536 makes one) |

deinit() restores the device's mode.
"""  # noqa: E501

import uctypes

from linux import files, libc

from .buffers import point, size, writable_size
from .header import bus

# <linux/spi/spidev.h>, <linux/spi/spi.h>
SPI_IOC_MESSAGE_1 = 0x40206B00  # SPI_IOC_MESSAGE(1)
SPI_IOC_WR_BITS_PER_WORD = 0x40016B03
SPI_IOC_WR_MAX_SPEED_HZ = 0x40046B04
SPI_IOC_RD_MODE32 = 0x80046B05
SPI_IOC_WR_MODE32 = 0x40046B05
SPI_CPHA = 0x01
SPI_CPOL = 0x02
SPI_LSB_FIRST = 0x08
SPI_NO_CS = 0x40
_BUFSIZ = "/sys/module/spidev/parameters/bufsiz"
_BUFSIZ_DEFAULT = 4096

# struct spi_ioc_transfer. Its addresses have 64 bits; the upper half stays 0 on 32 bit.
_TRANSFER = {
    "tx_buf": 0 | uctypes.ULONG,
    "rx_buf": 8 | uctypes.ULONG,
    "len": 16 | uctypes.UINT32,
    "cs_change": 27 | uctypes.UINT8,
}
_TRANSFER_SIZE = 32

_ENOENT = 2
_EBADF = 9
_EACCES = 13
_ENODEV = 19
_EINVAL = 22
_EMSGSIZE = 90
_ESHUTDOWN = 108

_ADVICE = {
    _EBADF: "the bus is closed; init() opens it again",
    _ENODEV: "the controller is gone; is it unplugged?",
    _EINVAL: "the controller does not support these settings, or the length is not of whole words",
    _EMSGSIZE: "more than spidev's bufsiz",
}
_OPEN_ADVICE = {
    _EACCES: "join the group spi (sudo usermod -aG spi $USER) and log in again",
    _ENOENT: "on a Raspberry Pi put dtparam=spi=on (bus 0) or dtoverlay=spi1-1cs (bus 1) into "
    "/boot/firmware/config.txt and restart; elsewhere: modprobe spidev",
}


def _reversed_bits(byte):
    byte = (byte & 0x55) << 1 | (byte & 0xAA) >> 1
    byte = (byte & 0x33) << 2 | (byte & 0xCC) >> 2
    return (byte & 0x0F) << 4 | byte >> 4


class SPI:
    MSB = 0
    LSB = 1
    CONTROLLER = 0

    def __init__(
        self, id, baudrate=1000000, *, polarity=0, phase=0, bits=8, firstbit=0, sck=None,
        mosi=None, miso=None, pins=None, cs=None,
    ):  # fmt: skip
        """Opens a bus; the module's table explains the arguments.

        OSError names the device and the cure, or the setting that it refuses.
        """
        id = str(id)
        self._selects = cs is not None or not id.isdigit()
        self.path = "/dev/spidev%s.%d" % (id, cs or 0) if id.isdigit() else id
        self._file = None
        self._fd = -1
        self._message = bytearray(_TRANSFER_SIZE)
        self._transfer = uctypes.struct(
            uctypes.addressof(self._message), _TRANSFER, uctypes.NATIVE
        )
        self._pointers = memoryview(self._message)[:8], memoryview(self._message)[8:16]
        self._fill = b""
        self._word = bytearray(4)
        self.init(baudrate, polarity=polarity, phase=phase, bits=bits, firstbit=firstbit)

    def init(
        self, baudrate=None, *, polarity=None, phase=None, bits=None, firstbit=None, sck=None,
        mosi=None, miso=None, pins=None,
    ):  # fmt: skip
        """Changes settings, and opens the bus if it is closed."""
        if polarity not in (None, 0, 1) or phase not in (None, 0, 1):
            raise ValueError("SPI: polarity and phase are 0 or 1")
        if firstbit not in (None, SPI.MSB, SPI.LSB):
            raise ValueError("SPI: firstbit is SPI.MSB or SPI.LSB")
        self._baudrate = self._baudrate if baudrate is None else baudrate
        self._polarity = self._polarity if polarity is None else polarity
        self._phase = self._phase if phase is None else phase
        self._bits = self._bits if bits is None else bits
        self._firstbit = self._firstbit if firstbit is None else firstbit
        if self._fd == -1:
            self._open()
        try:
            self._set_mode()
            self._set(SPI_IOC_WR_BITS_PER_WORD, self._bits, "bits=%d" % self._bits)
            self._set(SPI_IOC_WR_MAX_SPEED_HZ, self._baudrate, "baudrate=%d" % self._baudrate)
        except (OSError, ValueError):
            self.deinit()
            raise

    def _open(self):
        try:
            # A file object closes its descriptor when it is collected, a number would not.
            self._file = open(libc.open_device(self.path, libc.O_RDWR), "rb")
        except OSError as error:
            raise self._oserror(error.errno, _OPEN_ADVICE.get(error.errno))
        self._fd = self._file.fileno()
        self._bufsiz = int(files.read_text(_BUFSIZ) or _BUFSIZ_DEFAULT)
        before = bytearray(4)
        try:
            libc.ioctl(self._fd, SPI_IOC_RD_MODE32, before, self.path)
        except OSError:
            self._close()
            raise
        self._mode_before = int.from_bytes(before, "little")

    def _set_mode(self):
        mode = self._polarity * SPI_CPOL | self._phase * SPI_CPHA
        mode |= self._mode_before & ~(SPI_CPOL | SPI_CPHA | SPI_LSB_FIRST | SPI_NO_CS)
        self._reverses = False
        self.kernel_selects = self._selects
        # The best mode first: a controller refuses unsupported bits with EINVAL.
        lsb = SPI_LSB_FIRST if self._firstbit == SPI.LSB else 0
        no_cs = 0 if self._selects else SPI_NO_CS
        for extra in (lsb | no_cs, no_cs, lsb, 0):
            try:
                self._set(SPI_IOC_WR_MODE32, mode | extra, "mode %d" % (mode & 3))
            except OSError as error:
                if error.errno != _EINVAL or extra == 0:
                    raise
                continue
            self._reverses = bool(lsb and not extra & lsb)
            self.kernel_selects = not extra & SPI_NO_CS
            break
        if self._reverses and self._bits != 8:
            raise ValueError("%s: firstbit=LSB works with bits=8 only here" % self.path)

    def _set(self, request, value, what):
        self._word[:] = value.to_bytes(4, "little")
        libc.ioctl(self._fd, request, self._word, "%s: %s" % (self.path, what))

    def deinit(self):
        """Closes the bus. Idempotent."""
        if self._fd != -1:
            try:
                self._set(SPI_IOC_WR_MODE32, self._mode_before, "mode")
            except OSError:
                pass  # the device is gone, and its mode with it
            self._close()

    def _close(self):
        self._fd = -1
        self._file.close()
        self._file = None

    def __repr__(self):
        return "%s(%s, baudrate=%d, polarity=%d, phase=%d, bits=%d, firstbit=%s, select=%s)" % (
            type(self).__name__, self.path, self._baudrate, self._polarity, self._phase,
            self._bits, "LSB" if self._firstbit else "MSB",
            "kernel" if self.kernel_selects else "program",
        )  # fmt: skip

    def read(self, nbytes, write=0x00):
        """Reads `nbytes` bytes, sending the byte `write` for each."""
        buf = bytearray(nbytes)
        self.readinto(buf, write)
        return bytes(buf)

    def readinto(self, buf, write=0x00):
        """Fills `buf`, sending the byte `write` for each byte."""
        n = writable_size(buf)
        if self._reverses:
            write = _reversed_bits(write)
        chunk = min(n, self._bufsiz)
        fill = self._fill
        if len(fill) < chunk or (fill and fill[0] != write):
            self._fill = fill = bytearray(bytes((write,)) * max(chunk, len(fill)))
        self._send(fill, buf, n, 0)
        if self._reverses:
            self._reverse(buf, n)

    def write(self, buf):
        """Sends `buf`."""
        n = size(buf)
        if self._reverses:
            buf = self._reversed_copy(buf, n)
        self._send(buf, None, n, 1)

    def write_readinto(self, write_buf, read_buf):
        """Sends `write_buf` while filling `read_buf`, which has the same length."""
        n = size(write_buf)
        if n != writable_size(read_buf):
            raise ValueError("SPI: buffers must be the same length")
        if self._reverses:
            write_buf = self._reversed_copy(write_buf, n)
        self._send(write_buf, read_buf, n, 1)
        if self._reverses:
            self._reverse(read_buf, n)

    def _send(self, tx, rx, n, tx_step):
        transfer = self._transfer
        most = self._bufsiz
        if point:
            point(self._pointers[0], tx)
            transfer.rx_buf = 0
            if rx is not None:
                point(self._pointers[1], rx)
        else:
            transfer.tx_buf = uctypes.addressof(tx)
            transfer.rx_buf = 0 if rx is None else uctypes.addressof(rx)
        while n:
            length = n if n < most else most
            n -= length
            transfer.len = length
            # After the last transfer of a message, cs_change keeps the chip selected.
            transfer.cs_change = 1 if n else 0
            try:
                libc.ioctl(self._fd, SPI_IOC_MESSAGE_1, self._message)
            except OSError as error:
                number = _ENODEV if error.errno == _ESHUTDOWN else error.errno
                raise self._oserror(number, _ADVICE.get(number))
            if n:
                transfer.tx_buf += length * tx_step
                if rx is not None:
                    transfer.rx_buf += length

    def _reversed_copy(self, buf, n):
        copy = bytearray(uctypes.bytearray_at(uctypes.addressof(buf), n))
        self._reverse(copy, n)
        return copy

    def _reverse(self, buf, n):
        data = uctypes.bytearray_at(uctypes.addressof(buf), n)
        for i in range(n):
            data[i] = _reversed_bits(data[i])

    def _oserror(self, number, advice):
        text = "%s: %s" % (self.path, libc.strerror(number))
        return OSError(number, text + "; " + advice if advice else text)


class SoftSPI(SPI):
    def __init__(
        self, baudrate=500000, *, polarity=0, phase=0, bits=8, firstbit=0, sck=None, mosi=None,
        miso=None, id=None, cs=None,
    ):  # fmt: skip
        """As SPI, on the bus that has these pins, or `id`. ValueError if they are on no bus."""
        if id is None:
            id = bus("SPI", sck, mosi)
        super().__init__(
            id, baudrate, polarity=polarity, phase=phase, bits=bits, firstbit=firstbit, cs=cs
        )
