# SPDX-License-Identifier: MIT
"""machine.UART over the kernel's pseudo terminals; settings they lack, on a fake serial port."""

import errno
import fcntl
import os
import struct
import threading
import time

import pytest
from fakes.kernel import Device, FakeKernel
from fakes.programs import INTERPRETERS, run, start

PROGRAM = "uart_program"
TERMIOS2 = struct.Struct("=IIIIB19sII")
TCGETS2, TCSETS2 = 0x802C542A, 0x402C542B
TIOCSBRK, TIOCCBRK, TCSBRK = 0x5427, 0x5428, 0x5409
CSTOPB, PARENB, PARODD, CRTSCTS = 0o100, 0o400, 0o1000, 0o20000000000


@pytest.fixture(params=INTERPRETERS)
def interpreter(request):
    return request.param


class Line:
    """A pseudo terminal: the program opens `path`, the test uses the other end, `fd`."""

    def __init__(self):
        self.fd, self.slave = os.openpty()
        self.path = os.ttyname(self.slave)

    def read(self, length, timeout_s=10):
        end = time.monotonic() + timeout_s
        data = b""
        os.set_blocking(self.fd, False)
        while len(data) < length and time.monotonic() < end:
            try:
                data += os.read(self.fd, 65536)
            except BlockingIOError:
                time.sleep(0.001)
        os.set_blocking(self.fd, True)
        return data

    def hang_up(self):
        os.close(self.slave)
        os.close(self.fd)
        self.fd = None


@pytest.fixture
def line():
    line = Line()
    yield line
    if line.fd is not None:
        line.hang_up()


class SerialPort(Device):
    """A port with the abilities of real hardware; `lacks` holds unsupported c_cflag bits."""

    def __init__(self, lacks=0, gives=None, refuses=None):
        self.lacks, self.gives, self.refuses = lacks, gives, refuses
        self.settings = TERMIOS2.pack(0, 0, 0, 0, 0, b"", 38400, 38400)
        self.calls = []

    def open(self, flags):
        if self.refuses:
            raise OSError(self.refuses, "")

    def ioctl(self, request, value, data):
        if request == TCSETS2:
            fields = list(TERMIOS2.unpack(data))
            self.asked = fields[:]
            fields[2] &= ~self.lacks
            fields[7] = self.gives or fields[7]
            self.settings = TERMIOS2.pack(*fields)
            return None
        if request == TCGETS2:
            return self.settings
        self.calls.append(request)
        return None

    def received(self, data):
        self.calls.append(data)


def program(process, line):
    """Waits for a line of the program's output."""
    got = process.stdout.readline().strip()
    assert got == line, got + "\n" + process.stdout.read()


def finish(process):
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    return output.splitlines()


def test_read_readline_and_readinto(interpreter, line):
    """The output of a GPS or a modem would be misread."""
    process = start(interpreter, PROGRAM, "reading", line.path)
    program(process, "ready")
    os.write(line.fd, b"12345first\r\n\n\x00\x03\xff")
    assert process.stdout.readline() == r"b'12345' b'first\r\n' b'\n'" + "\n"
    assert process.stdout.readline() == r"3 b'\x00\x03\xff\x00\x00\x00\x00\x00'" + "\n"
    os.write(line.fd, b"abcd")
    time.sleep(0.01)
    os.write(line.fd, b"efgh")
    assert finish(process) == ["8 b'abcdefgh'"]


def test_timeouts(interpreter, line):
    """A program with nothing to read would hang, or lose half of a late line."""
    process = start(interpreter, PROGRAM, "timeouts", line.path)
    for _ in range(4):
        program(process, "None True")
    program(process, "0 b''")
    program(process, "None True")
    program(process, "part")
    os.write(line.fd, b"abc")
    program(process, "b'abc' True")
    program(process, "line")
    os.write(line.fd, b"no end")
    assert finish(process) == ["b'no end'"]


def test_any_counts(interpreter, line):
    """Drivers wait with any() until a packet is complete."""
    process = start(interpreter, PROGRAM, "counting", line.path, 300)
    program(process, "ready")
    os.write(line.fd, bytes(300))
    output = finish(process)
    assert output == [f"300 {'b' + repr('x' * 300)} 0 None".replace("x", r"\x00")]


@pytest.mark.quiet
def test_writing_more_than_the_kernel_holds(interpreter, line):
    """A firmware image or a long frame would lose its end."""
    process = start(interpreter, PROGRAM, "writing", line.path, 51200)
    got = line.read(9 + 51200)
    assert finish(process) == ["6 3 0", "True", "51200"]
    assert got == b"hello\nabc" + bytes(range(256)) * 200


@pytest.mark.quiet
def test_a_line_that_stands_still_does_not_hang_the_program(interpreter, line):
    """If the other side is off, the program must continue."""
    assert run(interpreter, PROGRAM, "stuck", line.path) == "True None True"


def test_asyncio_streams(interpreter, line):
    """Serial input must not block the rest of an asyncio program."""
    process = start(interpreter, PROGRAM, "streams", line.path)
    program(process, "ready")
    time.sleep(0.2)
    os.write(line.fd, b"hello ")
    time.sleep(0.1)
    os.write(line.fd, b"world\n")
    assert line.read(12) == b"hello world\n"
    data = os.urandom(30000)
    sender = threading.Thread(target=os.write, args=(line.fd, data))
    sender.start()
    sender.join(20)
    assert line.read(30000) == data
    assert finish(process) == [r"b'hello world\n' True"]


def test_a_line_that_hangs_up_is_an_error(interpreter, line):
    """A USB adapter that is pulled out must raise an error, not read as silence."""
    process = start(interpreter, PROGRAM, "hangup", line.path)
    program(process, "ready")
    line.hang_up()
    (message,) = finish(process)
    assert message.startswith("5 ") and line.path in message


@pytest.mark.parametrize("baudrate", [300, 9600, 31250, 115200, 250000, 1234567])
def test_any_baud_rate(interpreter, line, baudrate):
    """MIDI has 31250 baud and DMX 250000, which the classic interface cannot set."""
    run(interpreter, PROGRAM, "settings", line.path, baudrate, 8, None, 1, 0)
    fields = TERMIOS2.unpack(fcntl.ioctl(line.slave, TCGETS2, bytes(TERMIOS2.size)))
    assert fields[6:] == (baudrate, baudrate)
    assert (fields[0], fields[1], fields[3]) == (0o1, 0, 0), "not raw"
    assert fields[2] & (CSTOPB | PARENB | CRTSCTS | 0o60) == 0o60


@pytest.mark.parametrize(
    "bits, parity, stop, flow, control",
    [
        (8, None, 1, 0, 0o60),
        (7, 0, 1, 0, 0o40 | PARENB),
        (8, 1, 2, 0, 0o60 | PARENB | PARODD | CSTOPB),
        (5, None, 2, 3, 0o00 | CSTOPB | CRTSCTS),
    ],
)
def test_bits_parity_stop_and_flow(interpreter, tmp_path, bits, parity, stop, flow, control):
    """Meters and PLCs with 7E1 or 8O2 would send garbage."""
    port = SerialPort()
    with FakeKernel(tmp_path, {"/dev/ttyUSB7": port}) as kernel:
        run(interpreter, PROGRAM, "settings", "/dev/ttyUSB7", 19200, bits, parity, stop, flow,
            environment=kernel.environment)  # fmt: skip
    mask = 0o60 | CSTOPB | PARENB | PARODD | CRTSCTS
    assert port.asked[2] & mask == control
    assert bool(port.asked[0] & 0o20) == (parity is not None), "parity is not checked"


@pytest.mark.parametrize(
    "lacks, gives, reason",
    [
        (CRTSCTS, None, "RTS/CTS"),
        (PARENB, None, "parity"),
        (CSTOPB, None, "stop bits"),
        (0, 115200, "gives 115200 baud"),
    ],
)
def test_a_port_that_lacks_a_setting_says_so(interpreter, tmp_path, lacks, gives, reason):
    """The kernel silently drops unsupported settings; transfers would fail without a reason."""
    with FakeKernel(tmp_path, {"/dev/serial0": SerialPort(lacks, gives)}) as kernel:
        got = run(interpreter, PROGRAM, "settings", "/dev/serial0", 19200, 8, 0, 2, 3,
                  environment=kernel.environment)  # fmt: skip
        assert kernel.open_handles() == 0
    assert got.startswith("OSError") and reason in got and "/dev/serial0" in got


def test_a_break_follows_the_bytes_written_before(interpreter, tmp_path):
    """LIN and DMX frames begin with a break: if it comes early, it destroys the frame before."""
    port = SerialPort()
    with FakeKernel(tmp_path, {"/dev/ttyS0": port}) as kernel:
        got = run(interpreter, PROGRAM, "breaking", "/dev/ttyS0", environment=kernel.environment)
    assert got == "None"
    calls = [call for call in port.calls if call in (TCSBRK, TIOCSBRK, TIOCCBRK)]
    assert calls == [TCSBRK, TIOCSBRK, TIOCCBRK]
    assert b"".join(call for call in port.calls if isinstance(call, bytes)) == b"hello"


@pytest.mark.parametrize("name", ["/dev/serial3", "/dev/ttyAMA3", "/dev/ttyS3"])
def test_a_number_finds_its_port(interpreter, tmp_path, name):
    """UART(0) is the header's port on every Pi, whatever its driver."""
    devices = {name: SerialPort(), "/dev/ttyS3": SerialPort()}
    with FakeKernel(tmp_path, devices) as kernel:
        got = run(interpreter, PROGRAM, "opening", 3, environment=kernel.environment)
    assert got == f"UART('{name}', baudrate=9600, bits=8, parity=None, stop=1, timeout=0)"


def test_errors_name_the_port_and_what_to_do(interpreter, tmp_path):
    """Otherwise the user sees only an error number."""
    devices = {"/dev/serial0": SerialPort(refuses=errno.EACCES)}
    with FakeKernel(tmp_path, devices) as kernel:
        got = run(interpreter, PROGRAM, "opening", 0, environment=kernel.environment)
        assert got.startswith("13 ") and "/dev/serial0" in got and "group dialout" in got
        got = run(interpreter, PROGRAM, "opening", 77, environment=kernel.environment)
        assert got.startswith("2 ") and "/dev/ttyS77" in got and "enable_uart=1" in got
        got = run(interpreter, PROGRAM, "opening", "/dev/null", environment=kernel.environment)
        assert got.startswith("25 ") and "/dev/null" in got and "not a serial port" in got


def test_features_linux_lacks_are_value_errors(interpreter):
    """An argument that is silently dropped costs the user an evening."""
    lines = run(interpreter, PROGRAM, "refused").splitlines()
    words = ("bits", "parity", "stop", "flow", "invert", "baudrate")
    assert len(lines) == len(words)
    assert all(word in line for word, line in zip(words, lines, strict=True)), lines


def test_no_descriptor_is_lost(interpreter, line):
    """A program that reopens its port would fail after 1024 times."""
    assert run(interpreter, PROGRAM, "leaks", line.path, timeout_s=60) == "9\n0"


def test_the_steady_state_allocates_little(interpreter, line):
    """Garbage from every poll would make the collector run all the time."""
    assert int(run(interpreter, PROGRAM, "steady", line.path)) <= 64
