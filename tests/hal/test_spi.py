# SPDX-License-Identifier: MIT
"""machine.SPI and SoftSPI on a spidev of the fake kernel, in both interpreters."""

import errno
import pathlib

import pytest
from fakes import spi as fake
from fakes.programs import ERROR
from fakes.spi import FakeSPI, Flash, Loopback

HERE = pathlib.Path(__file__).parent
DEVICE = "/dev/spidev0.0"
OPEN = "from machine.spi import SPI, SoftSPI\nspi = SPI(0)\n"


def test_reads_and_writes(run):
    """Drivers are made of these four methods."""
    device = FakeSPI(Loopback())
    lines = run(
        OPEN + "b = bytearray(3)\n"
        "print(spi.read(2), spi.read(2, 0x42), spi.readinto(b, 0x17), bytes(b))\n"
        "print(spi.readinto(b), b)\n"
        "print(spi.write(b'abc'), spi.write_readinto(b'xyz', b), b)\n"
        "spi.write_readinto(b, b); print(b, spi.read(0), spi.write(b''))\n"
        "m = memoryview(bytearray(4)); spi.readinto(m[1:3], 0xff); print(bytes(m))\n",
        device,
    )
    assert lines == [
        r"b'\x00\x00' b'BB' None b'\x17\x17\x17'",
        r"None bytearray(b'\x00\x00\x00')",
        "None None bytearray(b'xyz')",
        "bytearray(b'xyz') b'' None",
        r"b'\x00\xff\xff\x00'",
    ]
    assert device.frames[4:7] == [b"abc", b"xyz", b"xyz"]


@pytest.mark.parametrize("polarity, phase", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_settings_reach_the_controller(run, polarity, phase):
    """A chip in another mode or at another rate returns garbage."""
    device = FakeSPI(Loopback(), bits=(8, 16))
    seen = []
    device.close = lambda: seen.append(device.mode)
    program = (
        f"from machine.spi import SPI\ns = SPI(0, 5000000, polarity={polarity}, phase={phase},"
        " bits=16, firstbit=SPI.LSB, sck=11, mosi=10, miso=9)\ns.write(bytes(4))\nprint(s)\n"
    )
    lines = run(program, device)
    mode = polarity * fake.SPI_CPOL | phase * fake.SPI_CPHA
    assert device.mode == mode | fake.SPI_LSB_FIRST | fake.SPI_NO_CS
    assert (device.speed, device.bits) == (5000000, 16)
    assert f"baudrate=5000000, polarity={polarity}, phase={phase}, bits=16" in lines[0]


def test_init_keeps_settings_that_are_not_given(run):
    """SD card drivers start slowly and then raise the rate: other settings must stay."""
    device = FakeSPI(Loopback(), bits=(8, 16))
    run(
        "from machine.spi import SPI\ns = SPI(0, 100000, polarity=1, phase=1, bits=16)\n"
        "s.init(baudrate=2000000)\n",
        device,
    )
    assert (device.speed, device.bits) == (2000000, 16)
    assert device.mode & 3 == 3


def test_chip_select(run, system):
    """If the program's own Pin selects the chip, the kernel must not select another one."""
    devices = {name: FakeSPI(Loopback()) for name in ("/dev/spidev0.0", "/dev/spidev0.1")}
    system.devices.update(devices)
    program = "from machine.spi import SPI\n"
    for made, path, kernel in [
        ("SPI(0)", "/dev/spidev0.0", False),
        ("SPI(0, cs=0)", "/dev/spidev0.0", True),
        ("SPI(0, cs=1)", "/dev/spidev0.1", True),
        ("SPI('/dev/spidev0.1')", "/dev/spidev0.1", True),
    ]:
        lines = run(program + f"s = {made}\ns.write(b'a')\nprint(s.path, s.kernel_selects)\n")
        assert lines == [f"{path} {kernel}"]
        assert bool(devices[path].mode & fake.SPI_NO_CS) != kernel
        devices[path].mode = 0


def test_a_controller_that_always_selects(run):
    """The Raspberry Pi 5 refuses SPI_NO_CS: transfers must work, and print() must show it."""
    device = FakeSPI(Loopback(), modes=fake.PI_5)
    assert run(OPEN + "spi.write(b'a'); print('select=kernel' in str(spi))", device) == ["True"]
    assert device.frames == [b"a"]


def test_deinit_gives_the_mode_back(run):
    """spidev keeps its mode: the next program's chip select would not work."""
    device = FakeSPI(Loopback())
    device.mode = fake.SPI_CPOL
    run(OPEN + "spi.init(polarity=0, phase=1); spi.deinit(); spi.deinit()", device)
    assert device.mode == fake.SPI_CPOL


def test_transfers_longer_than_the_buffer_of_spidev(run, system):
    """Displays and flash chips take whole frames in one chip select."""
    content = bytes(i * 7 & 0xFF for i in range(10000))
    parameters = system.sys / "module/spidev/parameters"
    parameters.mkdir(parents=True, exist_ok=True)
    for bufsiz in (4096, 512):
        (parameters / "bufsiz").write_text(f"{bufsiz}\n")
        device = FakeSPI(Flash(content), bufsiz=bufsiz)
        lines = run(
            "from machine.spi import SPI\nspi = SPI(0, cs=0)\n"
            "b = bytearray(10004); b[0] = 3\nspi.write_readinto(b, b)\n"
            "print(sum((i + 1) * v for i, v in enumerate(memoryview(b)[4:])))\n"
            "spi.write(bytes(range(250)) * 20); print(sum(spi.read(9000, 0x9f)))\n",
            device,
        )
        assert int(lines[0]) == sum((i + 1) * v for i, v in enumerate(content))
        assert max(device.messages) == bufsiz
        assert [len(frame) for frame in device.frames] == [10004, 5000, 9000]
        assert device.frames[1] == bytes(range(250)) * 20
        assert device.frames[2] == b"\x9f" * 9000
        assert int(lines[1]) == 0xFF + sum((Flash.IDENTIFICATION * 3000)[:8999])
    (parameters / "bufsiz").unlink()


@pytest.mark.parametrize("modes", [fake.PI_4, fake.PI_4 | fake.SPI_LSB_FIRST])
def test_least_significant_bit_first(run, modes):
    """The Raspberry Pi's controller lacks it; a memory display would show garbage."""
    device = FakeSPI(Loopback(), modes=modes)
    lines = run(
        "from machine.spi import SPI\ns = SPI(0, firstbit=SPI.LSB)\n"
        "b = bytearray(b'\\x01\\x80'); s.write(b); print(b, s.read(2, 0x03))\n"
        "s.write_readinto(b, b); print(b)\n",
        device,
    )
    assert lines == [r"bytearray(b'\x01\x80') b'\x03\x03'", r"bytearray(b'\x01\x80')"]
    by_controller = bool(modes & fake.SPI_LSB_FIRST)
    assert device.frames[0] == (b"\x01\x80" if by_controller else b"\x80\x01")
    assert device.frames[1] == (b"\x03\x03" if by_controller else b"\xc0\xc0")


def test_wrong_arguments(run):
    """A clear error instead of a wrong transfer."""
    device = FakeSPI(Loopback())
    lines = run(
        OPEN + ERROR + "error(spi.write_readinto, b'ab', bytearray(3))\n"
        "error(spi.readinto, b'abc'); error(SPI, 0, polarity=2); error(SPI, 0, firstbit=7)\n"
        "error(SPI, 0, bits=9); error(SPI, 7); spi.deinit(); error(spi.write, b'a')\n"
        "spi.init(); spi.write(b'again')\n",
        device,
    )
    assert [line.split()[0] for line in lines[:4]] == [
        "ValueError",
        "TypeError",
        "ValueError",
        "ValueError",
    ]
    assert lines[4].startswith(f"OSError {errno.EINVAL} {DEVICE}: bits=9: ")
    assert lines[5].startswith(f"OSError {errno.ENOENT} /dev/spidev7.0: ")
    assert "dtparam=spi=on" in lines[5]
    assert lines[6].startswith(f"OSError {errno.EBADF}") and "init()" in lines[6]
    assert device.frames == [b"again"]


def test_a_device_in_trouble(run):
    """The OSError must name the device and the cure."""
    device = FakeSPI(Loopback())
    device.error = errno.ESHUTDOWN
    line = run(OPEN + ERROR + "error(spi.write, b'a')", device)[0]
    assert line.startswith(f"OSError {errno.ENODEV} {DEVICE}: ") and "unplugged" in line
    device.error = errno.ETIMEDOUT
    line = run(OPEN + ERROR + "error(spi.read, 1)", device)[0]
    assert line.startswith(f"OSError {errno.ETIMEDOUT} {DEVICE}: ")
    device.open_error = errno.EACCES
    line = run("from machine.spi import SPI\n" + ERROR + "error(SPI, 0)", device)[0]
    assert line.startswith(f"OSError {errno.EACCES} {DEVICE}: ") and "group spi" in line


def test_a_bus_by_its_pins(run, system):
    """Drivers' examples use SoftSPI(sck=Pin(11), …): on a Pi that is a bus."""
    model = system.sys / "firmware/devicetree/base/model"
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    device = FakeSPI(Loopback())
    program = "from machine.spi import SoftSPI\n" + ERROR
    pins = "mosi=10, miso=9"
    lines = run(
        program + f"print(SoftSPI(sck=11, {pins}).path, SoftSPI(id=0, {pins}).path)\n"
        f"error(SoftSPI, sck=5, {pins})",
        device,
    )
    assert lines[0] == f"{DEVICE} {DEVICE}"
    assert lines[1].startswith("ValueError") and "MACHINE_SPI" in lines[1]
    lines = run(
        program + f"print(SoftSPI(sck=5, {pins}).path)", device, environment={"MACHINE_SPI": "0"}
    )
    assert lines == [DEVICE]


def test_transfers_allocate_nothing_and_leak_nothing(run):
    """A display at 30 frames a second must neither cause collections nor leak descriptors."""
    assert run(HERE / "spi_allocation.py", FakeSPI(Loopback())) == ["0 0 0", "0"]
