# SPDX-License-Identifier: MIT
"""`sensord read` never hangs: it shows that it waits, ends at its timeout, and at Ctrl-C."""

import contextlib
import json
import os
import pathlib
import pty
import signal
import subprocess
import time
import wave

import pytest
from fakes.gpio import FakeChip
from fakes.i2c import Chip, FakeI2CBus
from fakes.kernel import FakeKernel
from support import SENSORD, wait_until
from tables import table


@pytest.fixture
def line():
    """The path of a port, and the end to which its device writes."""
    master, slave = os.openpty()
    yield os.ttyname(slave), master
    os.close(slave)
    os.close(master)


@pytest.fixture
def kernel(tmp_path):
    """A GPIO chip whose pin rests, and a bus with a chip that never has a measurement."""
    chip = FakeChip("gpiochip0", "pinctrl-bcm2835")
    (tmp_path / "sys/bus/gpio/devices/gpiochip0").mkdir(parents=True)
    devices = {"/dev/gpiochip0": chip, "/dev/i2c-1": FakeI2CBus({0x38: NeverReady()})}
    with FakeKernel(tmp_path, devices, sys=tmp_path / "sys") as kernel:
        kernel.chip = chip
        yield kernel


class NeverReady(Chip):
    """An AHT20 that is calibrated, and busy for ever."""

    def write(self, data):
        return

    def read(self, n):
        return b"\x98" * n


def reading(folder, config, environment=None, stderr=subprocess.PIPE):
    """A running `sensord read it`."""
    path = folder / "read.toml"
    path.write_text(config)
    return subprocess.Popen(
        [SENSORD, "read", "it", "--config", path], stdout=subprocess.PIPE, stderr=stderr,
        env={**os.environ, **(environment or {})}, start_new_session=True,
    )  # fmt: skip


def ended(process, timeout_s=15):
    """(exit status, standard output, standard error) of a process, as text."""
    with process:
        out, err = process.communicate(timeout=timeout_s)
    return process.returncode, out.decode(), (err or b"").decode()


def serial(device, timeout="1 s", pattern="^T=([0-9.]+)$"):
    return table(
        "it", "serial", f'device = "{device}"', f"pattern = '{pattern}'", 'fields = ["t"]',
        f'timeout = "{timeout}"',
    )  # fmt: skip


def test_a_silent_port(tmp_path, line):
    """At its timeout, and not sooner."""
    started = time.monotonic()
    status, out, err = ended(reading(tmp_path, serial(line[0], "1500 ms")))
    assert (status, out, err) == (69, "", "sensord: it: no data for 1.5 s\n")
    assert 1.4 < time.monotonic() - started < 6


@pytest.mark.parametrize(
    "sent, words",
    [
        (b"Temp: 23.5\r\n", "none matches the pattern; the last: 'Temp: 23.5'"),
        (b"x T=23.5\r\n", "none matches the pattern from its start"),
        (b"\xfe\x80", "no whole line: is the baudrate right?"),
        (b"y" * 1500 + b"\n", "no whole line of at most 1024 bytes"),
    ],
)
def test_a_port_on_which_nothing_matches(tmp_path, line, sent, words):
    """It says what came."""
    pattern = "T=([0-9.]+)" if sent.startswith(b"x") else "^T=([0-9.]+)$"
    process = reading(tmp_path, serial(line[0], pattern=pattern))
    end = time.monotonic() + 15
    while process.poll() is None and time.monotonic() < end:
        os.write(line[1], sent)
        time.sleep(0.1)
    status, out, err = ended(process)
    assert (status, out) == (69, "") and words in err, err


def test_a_command_that_sleeps(tmp_path):
    """Its timeout counts, and it does not outlive the reading."""
    marker = f"3{os.getpid()}"
    process = reading(
        tmp_path, table("it", "exec", f'command = ["sleep", "{marker}"]', 'timeout = "2500 ms"')
    )
    status, out, err = ended(process)
    assert (status, out) == (69, "")
    assert err.splitlines() == [
        "sensord: it: waiting for a reading, 2 s of 2 s",
        "sensord: it: sleep took longer than 2500 ms",
    ]
    assert not running(marker)


def running(marker):
    """Whether a process with this word in its command line runs."""
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if marker.encode() in path.read_bytes().split(b"\0"):
                return True
    return False


def test_a_counter_with_a_long_interval(tmp_path, kernel):
    """It waits for the interval, and says so at once, not at its end."""
    config = table("it", "gpio", "pin = 17", 'interval = "3 s"')
    status, out, err = ended(reading(tmp_path, config, kernel.environment))
    assert status == 0 and json.loads(out)["count"] == 0
    assert err == "sensord: it: waiting for a reading, 2 s of 3 s\n"


def test_a_chip_that_never_gets_ready(tmp_path, kernel):
    config = table("it", "i2c", 'driver = "aht20"')
    status, out, err = ended(reading(tmp_path, config, kernel.environment))
    assert (status, out) == (69, "")
    assert err.splitlines()[0] == "sensord: it: waiting for a reading, 2 s"
    assert err.splitlines()[-1] == "sensord: it: the AHT20 at 0x38 does not finish measuring"


LONG = {
    "counter": ("gpio", "pin = 17", 'interval = "1 d"'),
    "sound": ("sound", 'replay = "@/silence.wav"', 'interval = "1 h"'),
    "serial": ("serial", 'device = "@line"', "pattern = '(.)'", 'fields = ["t"]'),
    "command": ("exec", 'command = ["sleep", "@marker"]', 'timeout = "1 h"'),
}


@pytest.mark.parametrize("name", sorted(LONG))
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_a_signal(tmp_path, line, kernel, name, number):
    """Without a traceback, with the device closed and its command ended."""
    marker = f"4{os.getpid()}"
    with wave.open(str(tmp_path / "silence.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(32000 * 60))
    config = table("it", *LONG[name])
    for mark, text in (("@line", line[0]), ("@marker", marker), ("@", str(tmp_path))):
        config = config.replace(mark, text)
    process = reading(tmp_path, config, kernel.environment)
    if name == "counter":
        wait_until(lambda: kernel.chip.lines[17].request, 10, "the pin is watched")
    elif name == "command":
        wait_until(lambda: running(marker), 10, "the command runs")
    else:
        time.sleep(0.7)
    assert process.poll() is None
    process.send_signal(number)
    assert ended(process, 5) == (128 + number, "", "")
    assert not running(marker) and kernel.chip.lines[17].request is None


def test_a_terminal_has_one_line_that_is_updated(tmp_path, kernel):
    """The line is gone when the reading is there."""
    master, slave = pty.openpty()
    config = table("it", "gpio", "pin = 17", 'interval = "4 s"')
    process = reading(tmp_path, config, kernel.environment, stderr=slave)
    status, out, _ = ended(process)
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):
        while True:
            data = os.read(master, 4096)
            if not data:
                break
            shown += data
    os.close(master)
    assert status == 0 and json.loads(out)["count"] == 0
    updates = shown.decode().split("\r")
    assert updates[0] == "" and updates[-1] == "\033[K" and "\n" not in shown.decode()
    seconds = set(updates[1:-1])
    assert {f"sensord: it: waiting for a reading, {n} s of 4 s" for n in (2, 3)} <= seconds
