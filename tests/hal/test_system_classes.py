# SPDX-License-Identifier: MIT
"""machine.WDT, RTC, Timer and SDCard, on fake devices."""

import datetime
import errno
import struct
import time

import pytest
from fakes import preload
from fakes.board import ClockChip, Watchdog
from fakes.kernel import Device, FakeKernel
from fakes.programs import INTERPRETERS, run

PROGRAM = "system_program"
ONLY_STOCK_HAS_FAT = "stock"


@pytest.fixture(params=INTERPRETERS)
def interpreter(request):
    return request.param


def test_watchdog_timeout_and_feeding(interpreter, tmp_path):
    """Without proper feeding the board restarts in the middle of its work."""
    watchdog = Watchdog()
    with FakeKernel(tmp_path, {"/dev/watchdog0": watchdog}) as kernel:
        lines = run(interpreter, PROGRAM, "watchdog", 4200, environment=kernel.environment)
    lines = lines.splitlines()
    assert lines[0] == "WDT('/dev/watchdog0', timeout=5000) 5000"
    assert lines[1].startswith("OSError 19 ")
    assert watchdog.timeout == 5 and watchdog.fed == 2
    assert watchdog.running and not watchdog.magic, "deinit() must not stop it unless asked"


def test_watchdog_stops_when_asked(interpreter, tmp_path):
    """A service that ends normally must not restart the board."""
    watchdog = Watchdog()
    with FakeKernel(tmp_path, {"/dev/watchdog0": watchdog}) as kernel:
        run(interpreter, PROGRAM, "watchdog_stop", environment=kernel.environment)
        time.sleep(0.1)
    assert not watchdog.running and watchdog.magic


def test_a_watchdog_that_cannot_be_stopped_is_kept(interpreter, tmp_path):
    """With nowayout, closing it would restart the board."""
    watchdog = Watchdog(nowayout=True)
    with FakeKernel(tmp_path, {"/dev/watchdog0": watchdog}) as kernel:
        got = run(interpreter, PROGRAM, "watchdog_stop", environment=kernel.environment)
    first, second = got.splitlines()
    assert first.startswith("OSError 16 ") and "nowayout" in first
    assert second == "None" and watchdog.fed == 1 and not watchdog.magic


@pytest.mark.parametrize(
    "device, timeout, words",
    [
        (Watchdog(refuses=errno.EBUSY), 5000, ("16", "RuntimeWatchdogSec")),
        (Watchdog(refuses=errno.EACCES), 5000, ("13", "root")),
        (Watchdog(refuses=errno.ENOENT), 5000, ("2", "dtparam=watchdog=on")),
        (Watchdog(), 16000, ("22", "16 s", "15 s")),
        (Watchdog(gives=3), 5000, ("22", "3000 ms")),
        (Watchdog(longest_s=3, nowayout=True), 5000, ("22", "runs on")),
        (Device(), 5000, ("25", "not a watchdog")),
        (Watchdog(), 0, ("ValueError",)),
    ],
)
def test_watchdog_errors(interpreter, tmp_path, device, timeout, words):
    """A watchdog left running after an error restarts the board minutes later."""
    with FakeKernel(tmp_path, {"/dev/watchdog1": device}) as kernel:
        got = run(interpreter, PROGRAM, "watchdog_errors", 1, timeout,
                  environment=kernel.environment)  # fmt: skip
    assert all(word in got for word in words), got
    if isinstance(device, Watchdog) and not device.nowayout:
        assert not device.running, "left running"


def test_watchdog_loses_no_descriptor(interpreter, tmp_path):
    """The 1024th WDT would fail."""
    with FakeKernel(tmp_path, {"/dev/watchdog0": Watchdog()}) as kernel:
        got = run(interpreter, PROGRAM, "watchdog_leaks", 7000, environment=kernel.environment,
                  timeout_s=120)  # fmt: skip
    assert got == "0"


def test_system_clock(interpreter):
    """Every timestamp of a logger would be wrong."""
    lines = run(interpreter, PROGRAM, "clock").splitlines()
    shown = eval(lines[0].split("[")[1].split("]")[0])
    at = datetime.datetime(*shown, tzinfo=datetime.timezone.utc)
    assert abs(at.timestamp() - float(lines[1])) <= 1
    assert lines[0].startswith("8 ") and lines[0].endswith(f" {at.weekday()} True")
    assert lines[2] == "RTC() True None"
    assert [line.split()[0] for line in lines[3:]] == [
        "ValueError", "ValueError", "OSError", "ValueError", "ValueError",
    ]  # fmt: skip


def test_setting_the_clock(interpreter, tmp_path):
    """The kernel must get the right second; the test never sets the real clock."""
    source = tmp_path / "clock.c"
    source.write_text(
        "#include <errno.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
        "#include <string.h>\n#include <time.h>\n"
        "#if __SIZEOF_LONG__ == 4\n#define clock_settime __clock_settime64\n#endif\n"
        "int clock_settime(clockid_t id, const struct timespec *t) {\n"
        '    if (getenv("REFUSE")) { errno = EPERM; return -1; }\n'
        "    long long s;\n    memcpy(&s, t, sizeof(s));\n"
        '    fprintf(stderr, "set %d %lld %ld\\n", (int)id, s, *(long *)((long long *)t + 1));\n'
        "    return 0;\n}\n"
    )
    environment = {"LD_PRELOAD": str(preload.build(source, tmp_path / "clock.so"))}
    lines = run(interpreter, PROGRAM, "set_clock", environment=environment).splitlines()
    assert sorted(lines) == sorted(
        ["set 0 1709210096 789000000", "None", "set 0 1709210040 0", "None"]
        + ["set 0 2208988800 0", "None"]
    )
    environment["REFUSE"] = "1"
    for line in run(interpreter, PROGRAM, "set_clock", environment=environment).splitlines():
        assert line.startswith("OSError 1 ") and "CAP_SYS_TIME" in line


def test_clock_chip_and_alarm(interpreter, tmp_path):
    """A board without network would have the wrong time, or never wake up."""
    chip = ClockChip()
    with FakeKernel(tmp_path, {"/dev/rtc0": chip}) as kernel:
        lines = run(interpreter, PROGRAM, "chip", environment=kernel.environment).splitlines()
        assert kernel.open_handles() == 0
    assert lines[:5] == [
        "RTC('/dev/rtc0') (2026, 1, 2, 4, 3, 4, 5, 0)",
        "(2024, 2, 29, 3, 23, 59, 58, 0)",
        "3000 3000",
        "12000",
        "0",
    ]
    assert lines[5].startswith("ValueError")
    assert lines[6].startswith("OSError 2 ") and "i2c-rtc" in lines[6]
    enabled, _, second, minute, hour, day, month, year = struct.unpack_from("=BBxx6i", chip.alarm)
    assert (enabled, second, minute, hour, day, month, year) == (0, 10, 0, 0, 1, 2, 124)


def test_dates_of_a_century(interpreter):
    """Leap years are right, and 2100 is not one."""
    assert run(interpreter, PROGRAM, "epochs") == "0"


@pytest.mark.quiet
def test_timers(interpreter):
    """Measurements would come at the wrong rate, or never stop."""
    lines = run(interpreter, PROGRAM, "timers").splitlines()
    assert lines == ["1 True True", "0", "True True True", "again 1", "1 True"]


def test_timer_errors(interpreter):
    """A callback that fails silently would never be noticed."""
    lines = run(interpreter, PROGRAM, "timer_errors").splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["ValueError"] * 4
    assert lines[4:] == ["['missing']"]


def test_timers_lose_no_descriptor(interpreter):
    """Programs make and drop timeouts all day."""
    assert run(interpreter, PROGRAM, "timer_leaks") == "0"


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "card.img"
    path.write_bytes(bytes(2 << 20))
    return path


def test_blocks_of_an_image(interpreter, image):
    """The file system on it would be destroyed."""
    lines = run(interpreter, PROGRAM, "card", image).splitlines()
    assert lines[0] == f"SDCard('{image}') (2097152, 512) 4096 512 0 True"
    assert lines[1:3] == ["True", "b'hello'"]
    assert all("beyond the end" in line for line in lines[3:6])
    assert lines[6] == "0 0" and lines[7].startswith("OSError 9 ") and lines[8] == "0 None"
    data = image.read_bytes()
    assert data[1536 + 510 : 1536 + 515] == b"hello" and data[:1536] == bytes(1536)


@pytest.mark.parametrize("kind", ["VfsFat", "VfsLfs2"])
def test_a_file_system_on_it(image, kind):
    """vfs.mount(SDCard(...)) is the class's purpose. Only Debian's micropython has these."""
    got = run(ONLY_STOCK_HAS_FAT, PROGRAM, "mounted", image, kind)
    assert got == "True ['folder']"


def test_card_errors(interpreter, tmp_path):
    """Otherwise the user sees only an error number."""
    small = tmp_path / "small"
    small.write_bytes(bytes(100))
    paths = (7, tmp_path / "none.img", small, "/dev/null")
    lines = run(interpreter, PROGRAM, "card_errors", *paths).splitlines()
    assert lines[0].startswith("OSError 2 ") and "/dev/mmcblk7" in lines[0]
    assert lines[1].startswith("OSError 2 ") and "none.img" in lines[1]
    assert lines[2].startswith("OSError 22 ") and "smaller" in lines[2]
    assert lines[3].startswith("OSError 22 ")


def test_cards_lose_no_descriptor(interpreter, image):
    """A program may open a card that is changed often."""
    assert run(interpreter, PROGRAM, "card_leaks", image, timeout_s=60) == "0"
