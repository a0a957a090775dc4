# SPDX-License-Identifier: MIT
"""machine.Pin through /sys/class/gpio, for kernels without a usable character device."""

import errno

import pytest
from fakes import preload, programs
from fakes.gpio_sysfs import SysfsGpio
from fakes.sysfs import FakeSysfs, refuse
from support import TOP

PROGRAM = "gpio_program"


class Board:
    def __init__(self, folder, interpreter, system):
        library = preload.build(TOP / "tests/fakes/pollpri.c", folder / "pollpri.so")
        self.interpreter = interpreter
        self.system = system
        self.gpio = SysfsGpio(system)
        below = system.environment
        self.environment = {**below, "LD_PRELOAD": f"{library} {below['LD_PRELOAD']}"}

    def run(self, function, *arguments, environment=None, **kwargs):
        environment = {**self.environment, **(environment or {})}
        return programs.run(
            self.interpreter, PROGRAM, function, *arguments, environment=environment, **kwargs
        ).splitlines()


@pytest.fixture(params=list(programs.INTERPRETERS))
def board(request, tmp_path):
    with FakeSysfs(tmp_path) as system:
        yield Board(tmp_path, request.param, system)


def test_levels_are_set_and_read(board):
    """Pins would not work on an old kernel, or would stay exported and block other programs."""
    assert board.run("sysfs_values") == ["None 1 None 0 None 1", "True 1 None 1", "0"]
    assert board.gpio.exported == [17] and board.gpio.unexported == [17]


def test_an_output_starts_at_its_value(board):
    """A motor must not twitch: the direction is set together with the level."""
    board.run("initial", "OUT", "-1", 1)
    assert board.system.written("direction") == ["high"]
    assert board.gpio.unexported == [17], "unexported at exit"


def test_lines_of_other_users_stay_exported(board):
    """A program that reads a line must not take it away from the one that exported it."""
    board.gpio._export(SysfsGpio.BASE + 17)
    assert board.run("sysfs_values")[-1] == "0"
    assert board.gpio.unexported == []


def test_errors_name_the_pin_and_what_to_do(board):
    """Numbers changed with kernel 6.6: a wrong line would be driven without any error."""
    assert board.run(
        "attempt", "Pin(54)", "Pin(2)", "Pin('GPIO17')", "Pin('gpiochip9:1')",
        "Pin('gpiochip3:8')", "Pin(17, Pin.IN, Pin.PULL_UP)", "Pin(17, Pin.OPEN_DRAIN)",
        "Pin(17, Pin.IN).irq(print, debounce=5)",
        environment={"SENSORD_GPIO": "sysfs"},
    ) == [
        "ValueError - Pin 54: pinctrl-bcm2711 has 54 lines, 0 to 53",
        "OSError 16 pinctrl-bcm2711:2 (gpio514) is in use by the kernel: "
        "/sys/kernel/debug/gpio names the user",
        "ValueError - Pin GPIO17: sysfs has no line names",
        "OSError 2 gpiochip9: no such GPIO chip in /sys/class/gpio",
        "ValueError - Pin gpiochip3:8: pcf8574 has 8 lines, 0 to 7",
    ] + [
        "ValueError - pinctrl-bcm2711:17 (gpio529): sysfs has no pulls, open drain or debounce"
    ] * 3  # fmt: skip
    assert board.run("attempt", "Pin(17)", environment={"SENSORD_GPIO": "usb"}) == [
        "ValueError - SENSORD_GPIO is 'usb': must be chip or sysfs"
    ]


def test_no_permission_names_the_group(board):
    """A missing group is the first problem on a fresh Pi."""
    board.system.guard = lambda path: path.endswith("/export") and refuse(errno.EACCES)
    lines = board.run("attempt", "Pin(17)", environment={"SENSORD_GPIO": "sysfs"})
    assert lines == [
        "OSError 13 /sys/class/gpio/export: Permission denied: add the user to the group gpio"
    ]


def test_udev_may_take_its_time(board):
    """Right after the export the files still belong to root; the program must wait for udev."""
    refusals = [1] * 5
    board.system.guard = lambda path: (
        path.endswith("/value") and refusals and refuse(refusals.pop() and errno.EACCES)
    )
    assert board.run("attempt", "Pin(17, Pin.OUT)") == ["no error: Pin(17)"]
    assert not refusals


def test_values_allocate_nothing(board):
    """Bit-banged protocols would stall in the garbage collector."""
    assert board.run("allocation") == ["0"]


def test_edges_are_awaited(board):
    """A task and a handler must both see a button press."""
    process = programs.start(
        board.interpreter, "gpio_edges_program", "sysfs_edges", environment=board.environment
    )
    lines = []
    try:
        for n, level in enumerate((1, 0, 1)):
            while lines.count("ready") == n:
                lines.append(process.stdout.readline().strip())
                assert lines[-1], lines
            board.gpio.drive(17, level)
        output, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, output
    lines += output.splitlines()
    assert lines == ["ready", "ready", "True", "ready", "called 1 1 True", "0"]
