# SPDX-License-Identifier: MIT
"""machine.I2C and SoftI2C on a bus of the fake kernel, in both interpreters."""

import errno
import os
import pathlib

import pytest
from fakes import i2c as fake
from fakes.chips import HDC1080
from fakes.i2c import FakeI2CBus, Registers, Words
from fakes.programs import ERROR

HERE = pathlib.Path(__file__).parent
BUS = DEVICE = "/dev/i2c-1"
OPEN = "from machine.i2c import I2C, SoftI2C\ni2c = I2C(1)\n"
# For tests of the pause between two statements: in an emulator, which translates code when it
# first runs, and on a busy machine, even the shortest pause takes longer than on a board.
UNHURRIED = "from machine import i2c as module\nmodule._PAUSE_US = 100000\n"


def test_registers_are_read_and_written(run):
    """Most drivers are made of these six methods."""
    bus = FakeI2CBus({0x40: Registers({0x10: b"abcdef"})})
    lines = run(
        OPEN + "print(i2c.readfrom_mem(0x40, 0x10, 3))\n"
        "b = bytearray(2); print(i2c.readfrom_mem_into(0x40, 0x13, b), b)\n"
        "print(i2c.writeto_mem(0x40, 0x20, b'\\x01\\x02\\x03'))\n"
        "print(i2c.writeto(0x40, b'\\x11'), i2c.readfrom(0x40, 2))\n"
        "print(i2c.readfrom_into(0x40, b), b)\n"
        "print(i2c.writevto(0x40, [b'\\x30', b'', bytearray(b'xy'), memoryview(b'z')]))\n",
        bus,
    )
    assert lines == [
        "b'abc'",
        "None bytearray(b'de')",
        "None",
        "1 b'bc'",
        "None bytearray(b'de')",
        "4",
    ]
    assert bus.chips[0x40].registers[0x20:0x23] == b"\x01\x02\x03"
    assert bus.chips[0x40].registers[0x30:0x33] == b"xyz"
    # A register is read after a repeated start, and written in one message.
    assert bus.transfers[0] == [(0x40, b"\x10"), (0x40, 3)]
    assert bus.transfers[2] == [(0x40, b"\x20\x01\x02\x03")]
    assert bus.transfers[-1] == [(0x40, b"\x30xyz")]


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_memory_addresses_of_all_sizes(run, bits):
    """EEPROMs and cameras have 16-bit registers; a wrong size overwrites their content."""
    n = bits // 8
    bus = FakeI2CBus({0x50: fake.Chip()})
    run(
        OPEN + f"i2c.writeto_mem(0x50, 0x12345678, b'\\xaa', addrsize={bits})\n"
        f"i2c.readfrom_mem(0x50, 0x12345678, 2, addrsize={bits})\n",
        bus,
    )
    address = b"\x12\x34\x56\x78"[4 - n :]
    assert bus.transfers == [[(0x50, address + b"\xaa")], [(0x50, address), (0x50, 2)]]


def test_a_write_without_stop_is_joined_with_the_next_transfer(run):
    """Chips that lose their register pointer at a stop would return wrong values."""
    bus = FakeI2CBus({0x40: Registers({5: b"hello"}), 0x41: fake.Chip()})
    lines = run(
        OPEN + "print(i2c.writeto(0x40, b'\\x05', False), i2c.readfrom(0x40, 5))\n"
        "i2c.writevto(0x40, (b'\\x06',), False); i2c.readfrom_into(0x40, bytearray(1))\n"
        "i2c.writeto(0x40, b'\\x07', False); i2c.writeto(0x41, b'a')\n"
        "i2c.writeto(0x40, b'\\x08', False); i2c.readfrom_mem(0x40, 9, 1)\n"
        "i2c.writeto(0x40, b'\\x01', False); i2c.writeto(0x40, b'\\x02', False); i2c.scan()\n"
        "i2c.writeto(0x40, b'\\x03', False); i2c.deinit()\n",
        bus,
    )
    assert lines == ["1 b'hello'"]
    assert bus.transfers[:7] == [
        [(0x40, b"\x05"), (0x40, 5)],
        [(0x40, b"\x06"), (0x40, 1)],
        [(0x40, b"\x07"), (0x41, b"a")],
        # Not a transfer that can be joined: sent alone, with a stop.
        [(0x40, b"\x08")],
        [(0x40, b"\x09"), (0x40, 1)],
        [(0x40, b"\x01")],
        [(0x40, b"\x02")],
    ]
    assert bus.transfers[-1] == [(0x40, b"\x03")]


def test_a_chip_that_measures_between_write_and_read(run):
    """HDC1080's driver writes without a stop, sleeps, and reads: joined, the chip is not ready."""
    bus = FakeI2CBus({0x40: HDC1080()})
    lines = run(
        OPEN + UNHURRIED + ERROR + "import time\n"
        "i2c.writeto(0x40, b'\\x00', False); time.sleep_ms(150); print(i2c.readfrom(0x40, 2))\n"
        "i2c.writeto(0x40, b'\\x00', False); error(i2c.readfrom, 0x40, 2)\n"
        "i2c.writeto(0x41, b'\\x00', False); time.sleep_ms(150); error(i2c.readfrom, 0x41, 2)\n",
        bus,
    )
    assert lines[0] == "b'ff'"
    assert [line.split()[:2] for line in lines[1:]] == [["OSError", str(errno.ENODEV)]] * 2
    assert bus.transfers[:3] == [[(0x40, b"\0"), (0x40, 2)], [(0x40, b"\0")], [(0x40, 2)]]
    # Without a pause the transfer is not repeated.
    assert bus.transfers[3] == bus.transfers[0]
    assert bus.transfers[4] == [(0x41, b"\0"), (0x41, 2)]


def test_buffers_of_every_kind(run):
    """An array counts in elements, the bus in bytes; a slice begins within its buffer."""
    bus = FakeI2CBus({0x40: Registers({0: bytes(range(32))})})
    lines = run(
        OPEN + ERROR + "import array\n"
        "a = array.array('H', [0, 0, 0]); i2c.readfrom_mem_into(0x40, 1, a); print(a)\n"
        "m = memoryview(bytearray(6)); i2c.readfrom_mem_into(0x40, 4, m[2:4]); print(bytes(m))\n"
        "h = memoryview(a); i2c.readfrom_mem_into(0x40, 8, h[1:]); print(a)\n"
        "print(i2c.writeto(0x40, array.array('H', [0x4140, 0x4342])), i2c.writeto(0x40, 'pq'))\n"
        "i2c.writeto_mem(0x40, 0x20, array.array('I', range(4))); i2c.writeto(0x40, b'')\n"
        "error(i2c.readfrom_into, 0x40, b'abc')\n"
        "error(i2c.readfrom_into, 0x40, memoryview(b'abc'))\n",
        bus,
    )
    assert lines[:4] == [
        "array('H', [513, 1027, 1541])",
        r"b'\x00\x00\x04\x05\x00\x00'",
        "array('H', [513, 2312, 2826])",
        "4 2",
    ]
    assert [line.split()[0] for line in lines[4:]] == ["TypeError", "TypeError"]
    assert bus.transfers[-4:] == [
        [(0x40, b"@ABC")],
        [(0x40, b"pq")],
        [(0x40, b" " + b"".join(i.to_bytes(4, "little") for i in range(4)))],
        [(0x40, b"")],
    ]


@pytest.mark.parametrize("number", [errno.ETIMEDOUT, errno.ENODEV])
def test_scan_of_an_adapter_with_its_own_word_for_no_answer(run, number):
    """hid-cp2112 and i2c-stub report other errors: their chips must be found too."""
    bus = FakeI2CBus({0x48: Registers({})})
    bus.nack = number
    assert run(OPEN + "print(i2c.scan())", bus) == ["[72]"]


@pytest.mark.parametrize("functions", [fake.PLAIN, fake.PI_5, fake.SMBUS_ONLY])
def test_scan(run, functions):
    """Finds all chips that answer; probing must not disturb an EEPROM or a claimed clock."""
    chips = {a: Registers({}) for a in (0x07, 0x08, 0x30, 0x3C, 0x50, 0x68, 0x77, 0x78)}
    bus = FakeI2CBus(chips, functions, claimed=(0x68,))
    assert run(OPEN + "print([hex(a) for a in i2c.scan()])", bus) == [
        "['0x8', '0x30', '0x3c', '0x50', '0x68', '0x77']"
    ]
    touched = [message for transfer in bus.transfers for message in transfer]
    assert (0x50, 1) in touched and (0x30, 1) in touched
    assert not any(address == 0x68 for address, _ in touched)
    if functions != fake.PI_5:  # whose only way to probe is to read
        assert (0x3C, b"") in touched


def test_an_adapter_without_plain_i2c(run):
    """Some laptops, servers and USB adapters have SMBus only: other transfers must say so."""
    bus = FakeI2CBus({0x40: Registers({0x10: bytes(range(64))})}, fake.SMBUS_ONLY)
    lines = run(
        OPEN + ERROR + "for n in (1, 2, 3, 32): print(list(i2c.readfrom_mem(0x40, 0x11, n)))\n"
        "for n in (0, 1, 2, 3, 4, 33): print(i2c.writeto(0x40, bytes(range(0x80, 0x80 + n))))\n"
        "i2c.writeto(0x40, b'\\x12', False); print(i2c.readfrom(0x40, 2), i2c.readfrom(0x40, 1))\n"
        "error(i2c.readfrom, 0x40, 2); error(i2c.readfrom_mem, 0x40, 1, 33)\n"
        "error(i2c.readfrom_mem, 0x40, 1, 1, addrsize=16); error(i2c.writeto, 0x40, bytes(34))\n",
        bus,
    )
    assert lines[:4] == [str([*range(1, 1 + n)]) for n in (1, 2, 3, 32)]
    assert lines[4:10] == ["0", "1", "2", "3", "4", "33"]
    assert lines[10] == r"b'\x02\x03' b'\x04'"
    assert bus.transfers[4:10] == [
        [(0x40, bytes(range(0x80, 0x80 + n)))] for n in (0, 1, 2, 3, 4, 33)
    ]
    assert len(lines) == 15
    for line, what in zip(
        lines[11:], ["2 bytes without", "33 bytes", "write of 2 bytes", "34 bytes"], strict=True
    ):
        assert line.startswith(f"OSError {errno.EOPNOTSUPP} {BUS}: 0x40: "), line
        assert "SMBus only" in line and what in line


@pytest.mark.parametrize("number", [errno.EREMOTEIO, errno.ENXIO])
def test_nobody_answers(run, number):
    """Drivers check for OSError(ENODEV), and people need to know what to check."""
    bus = FakeI2CBus({})
    bus.nack = number
    lines = run(
        OPEN + ERROR + "error(i2c.readfrom_mem, 0x76, 0xD0, 1); error(i2c.writeto, 0x76, b'a')",
        bus,
    )
    for line in lines:
        assert line.startswith(f"OSError {errno.ENODEV} {BUS}: no answer from 0x76: "), line
        assert os.strerror(number) in line and "wiring" in line


@pytest.mark.parametrize(
    "number, words",
    [
        (errno.ETIMEDOUT, "pull-ups"),
        (errno.ENODEV, "unplugged"),
        (errno.EIO, "Input/output error"),
        (errno.EAGAIN, "Resource temporarily unavailable"),
    ],
)
def test_a_bus_in_trouble(run, number, words):
    """One OSError names the bus, the chip and the cure; afterwards the bus works again."""
    bus = FakeI2CBus({0x40: Registers({0: 7})})
    bus.error = number
    lines = run(OPEN + ERROR + "error(i2c.readfrom_mem, 0x40, 0, 1)", bus)
    assert lines[0].startswith(f"OSError {number} {BUS}: 0x40: {os.strerror(number)}")
    assert words in lines[0]
    if number == errno.ETIMEDOUT:
        assert "SDA" in run(OPEN + ERROR + "error(i2c.scan)", bus)[0]


def test_a_failed_transfer_leaves_nothing_behind(run):
    """A held-back write must not be sent later if its transfer failed."""
    bus = FakeI2CBus({0x40: Registers({0: 7})})
    lines = run(
        OPEN + UNHURRIED + ERROR + "i2c.writeto(0x41, b'a', False); error(i2c.readfrom, 0x41, 1)\n"
        "print(i2c.readfrom_mem(0x40, 0, 1))",
        bus,
    )
    assert lines[1] == r"b'\x07'"
    assert bus.transfers == [[(0x41, b"a"), (0x41, 1)], [(0x40, b"\0"), (0x40, 1)]]


def test_a_bus_that_cannot_be_opened(run):
    """These two errors occur on every new board: the messages must name the cure."""
    bus = FakeI2CBus({})
    bus.open_error = errno.EACCES
    program = "from machine.i2c import I2C\n" + ERROR + "error(I2C, 1); error(I2C, 77)"
    lines = run(program, bus)
    assert lines[0].startswith(f"OSError {errno.EACCES} {BUS}: Permission denied; join the group")
    assert "i2c" in lines[0].split("group")[1]
    assert lines[1].startswith(f"OSError {errno.ENOENT} /dev/i2c-77: ")
    assert "dtparam=i2c_arm=on" in lines[1] and "modprobe i2c-dev" in lines[1]


def test_wrong_arguments(run):
    """A clear error comes before anything is sent."""
    bus = FakeI2CBus({0x40: Registers({})})
    lines = run(
        OPEN + ERROR + "error(i2c.readfrom, 0x80, 1); error(i2c.writeto, -1, b'')\n"
        "error(i2c.readfrom_mem, 0x40, 0, 1, addrsize=12)\n"
        "error(i2c.writeto, 0x40, bytes(8193)); error(i2c.readfrom, 0x40, 8193)\n"
        "error(i2c.writeto_mem, 0x40, 0, bytes(8192))\n"
        "error(i2c.writevto, 0x40, [bytes(5000)] * 2)\n"
        "i2c.deinit(); i2c.deinit(); error(i2c.readfrom, 0x40, 1)\n"
        "i2c.init(freq=100000); print(i2c.readfrom(0x40, 1), len(i2c.readfrom(0x40, 8192)))\n"
        "s = SoftI2C(1); error(s.start); error(s.stop)\n"
        "error(s.write, b''); error(s.readinto, b'')\n",
        bus,
    )
    assert [line.split()[0] for line in lines[:7]] == ["ValueError"] * 7
    assert lines[7].startswith(f"OSError {errno.EBADF}") and "init()" in lines[7]
    assert lines[8] == r"b'\x00' 8192"
    assert [line.split()[:2] for line in lines[9:]] == [["OSError", str(errno.EOPNOTSUPP)]] * 4
    assert len(bus.transfers) == 2


def test_timeout_and_retries(run):
    """A hanging bus is reported within the program's timeout, rounded up to 10 ms."""
    bus = FakeI2CBus({})
    run("from machine.i2c import I2C\nI2C(1, timeout=50001, retries=2); I2C(1)", bus)
    assert bus.settings == [(fake.I2C_TIMEOUT, 6), (fake.I2C_RETRIES, 2)]


def test_a_bus_by_number_path_pins_and_environment(run, system):
    """Drivers' examples use SoftI2C(scl=Pin(3), sda=Pin(2)): on a Pi that is a bus."""
    model = system.sys / "firmware/devicetree/base/model"
    model.parent.mkdir(parents=True, exist_ok=True)
    bus = FakeI2CBus({})
    program = "from machine.i2c import I2C, SoftI2C\n" + ERROR
    model.write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    lines = run(
        program + "for i in (I2C(1), I2C('/dev/i2c-1'), I2C(scl=3, sda=2), I2C(-1, scl=3, sda=2),"
        " SoftI2C(3, 2), SoftI2C(scl='GPIO3', sda='GPIO2', freq=100000), SoftI2C(1),"
        " I2C(1, scl=5, sda=4, freq=100000, timeout=50000)): print(i.path)\n"
        "error(SoftI2C, 5, 4); error(SoftI2C)\n",
        bus,
    )
    assert lines[:8] == [BUS] * 8
    assert all(line.startswith("ValueError") and "MACHINE_I2C" in line for line in lines[8:])
    model.write_bytes(b"Other Board\0")
    assert run(program + "error(SoftI2C, 3, 2)", bus)[0].startswith("ValueError")
    assert run(program + "print(SoftI2C(9, 8).path)", bus, environment={"MACHINE_I2C": "1"}) == [
        BUS
    ]


def test_print_shows_the_rate_of_the_bus(run, system):
    """The kernel sets the rate, not the program: print() must show it."""
    node = system.sys / "class/i2c-adapter/i2c-1/of_node"
    node.mkdir(parents=True, exist_ok=True)
    (node / "clock-frequency").write_bytes((100000).to_bytes(4, "big"))
    assert run(OPEN + "print(i2c)", FakeI2CBus({})) == ["I2C(1, freq=100000)"]


def test_reading_a_register_allocates_nothing(run):
    """Garbage from every read would make the collector interrupt a measurement."""
    bus = FakeI2CBus({0x40: Registers({0: b"abcdef"}), 0x18: Words({5: 0xC194})})
    assert run(HERE / "i2c_allocation.py", bus) == ["0 0 0 0 0"]


def test_descriptors_do_not_leak(run):
    """A service that opens its bus for each reading runs for years."""
    bus = FakeI2CBus({0x40: Registers({0: 7})})
    assert run(HERE / "i2c_leak.py", bus) == ["0"]
