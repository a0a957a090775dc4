# SPDX-License-Identifier: MIT
"""The functions of machine: sleep, reset, identity, pulses; on a fake /sys and systemctl."""

import errno
import hashlib
import os
import pathlib

import pytest
from fakes.programs import INTERPRETERS, run
from fakes.sysfs import FakeSysfs, refuse

PROGRAM = "system_program"


@pytest.fixture(params=INTERPRETERS)
def interpreter(request):
    return request.param


@pytest.fixture
def board(tmp_path):
    """A board that can suspend and has a clock to wake it; its systemctl only logs."""
    with FakeSysfs(tmp_path) as sysfs:
        sysfs.add("power/state", "freeze mem")
        sysfs.add("class/rtc/rtc0/device/power/wakeup", "disabled")
        sysfs.add("class/rtc/rtc1/device/power/wakeup", "enabled")
        for clock in ("rtc0", "rtc1"):
            sysfs.add(f"class/rtc/{clock}/wakealarm")
        sysfs.driver = lambda path, text: None
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "systemctl").write_text(
            f'#!/bin/sh\necho "$@" >>{tmp_path}/systemctl.log\n'
            'kill -TERM $PPID; [ -z "$REFUSE" ] && exec sleep 0; exit 4\n'
        )
        (programs / "systemctl").chmod(0o755)
        sysfs.environment["PATH"] = f"{programs}:{os.environ['PATH']}"
        sysfs.log = tmp_path / "systemctl.log"
        yield sysfs


def test_light_sleep(interpreter, board):
    """The board would sleep too long, or for ever."""
    got = run(interpreter, PROGRAM, "sleeping", "lightsleep", 2500, environment=board.environment)
    assert got == "None"
    assert board.writes == [
        ("class/rtc/rtc1/wakealarm", "0"), ("class/rtc/rtc1/wakealarm", "+3"),
        ("power/state", "mem"), ("class/rtc/rtc1/wakealarm", "0"),
    ]  # fmt: skip
    board.writes.clear()
    run(interpreter, PROGRAM, "sleeping", "lightsleep", environment=board.environment)
    assert board.writes == [("power/state", "mem")]


def test_a_sleep_that_fails_leaves_no_alarm(interpreter, board):
    """The board would switch itself on some day."""
    board.driver = lambda path, text: path == "power/state" and refuse(errno.EBUSY)
    got = run(interpreter, PROGRAM, "sleeping", "lightsleep", 1000, environment=board.environment)
    assert got.startswith("OSError 16 ") and "/sys/power/state" in got
    assert board.written("wakealarm") == ["0", "+1", "0"]


@pytest.mark.parametrize(
    "content, path, words",
    [("disk", "power/state", "cannot suspend"), ("disabled", "wakeup", "clock chip")],
)
def test_a_board_that_cannot_sleep_says_so(interpreter, board, content, path, words):
    """Otherwise the program would assume that it has slept."""
    path = "class/rtc/rtc1/device/power/wakeup" if path == "wakeup" else path
    board.add(path, content)
    got = run(interpreter, PROGRAM, "sleeping", "lightsleep", 9, environment=board.environment)
    assert got.startswith("OSError 95 ") and words in got
    assert board.writes == []


def test_deep_sleep_without_a_right_changes_nothing(interpreter, board):
    """An ordinary user's program gets an error, and the board keeps running."""
    board.guard = lambda path: path.endswith("wakealarm") and refuse(errno.EACCES)
    got = run(interpreter, PROGRAM, "sleeping", "deepsleep", 9, environment=board.environment)
    assert got.startswith("OSError 13 ") and "root" in got and not board.log.exists()


@pytest.mark.parametrize("function, verb", [("deepsleep", "poweroff"), ("reset", "reboot")])
def test_power_off_and_restart(interpreter, board, function, verb):
    """Refused or not, the program must not continue as if nothing had happened."""
    board.environment["REFUSE"] = "1"
    times = [60000] if function == "deepsleep" else []
    got = run(interpreter, PROGRAM, "sleeping", function, *times, environment=board.environment)
    assert got.startswith("OSError 1 ") and "polkit" in got
    assert board.log.read_text() == verb + "\n"
    if times:
        assert board.written("wakealarm") == ["0", "+60", "0"]


@pytest.mark.parametrize("status, cause", [("0x20", 3), ("32", 3), ("0x0", 1), (None, 1)])
def test_reset_cause(interpreter, board, status, cause):
    """After a restart users first want to know whether the watchdog fired."""
    if status is not None:
        board.add("class/watchdog/watchdog0/bootstatus", status)
    lines = run(interpreter, PROGRAM, "ask", "reset_cause", environment=board.environment)
    assert lines.splitlines()[0] == str(cause)


def test_identity_and_frequency(interpreter, board):
    """Boards are distinguished by it."""
    folder = "firmware/devicetree/base"
    (board.root / folder).mkdir(parents=True)
    (board.root / folder / "serial-number").write_bytes(b"10000000a1b2c3d4\0")
    board.add("devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1500000")
    got = run(interpreter, PROGRAM, "ask", "unique_id", "freq", environment=board.environment)
    lines = got.splitlines()
    assert lines[0] == r"b'\x10\x00\x00\x00\xa1\xb2\xc3\xd4'"
    assert lines[1] == "1500000000"
    assert lines[2].startswith("OSError 95 ") and "governor" in lines[2]


def test_identity_of_a_pc(interpreter, board):
    """The machine-id itself must not be exposed."""
    got = run(interpreter, PROGRAM, "ask", "unique_id", "freq", environment=board.environment)
    lines = got.splitlines()
    machine = pathlib.Path("/etc/machine-id")
    text = machine.read_text().strip() if machine.exists() else ""
    if len(text) == 32:
        wanted = hashlib.sha256(b"machine.unique_id " + text.encode()).digest()[:8]
        assert eval(lines[0]) == wanted
    else:
        assert lines[0].startswith("OSError 2 ") and "/etc/machine-id" in lines[0]
    assert lines[1].startswith("OSError 95 ")


@pytest.mark.quiet
def test_pulses(interpreter):
    """A distance sensor measures its echo with it."""
    assert run(interpreter, PROGRAM, "pulses").split() == ["True"] * 4


def test_interrupt_states_nest(interpreter):
    """Drivers save and restore them."""
    assert run(interpreter, PROGRAM, "interrupts").splitlines() == [
        "True False False",
        "True None",
    ]
