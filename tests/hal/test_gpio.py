# SPDX-License-Identifier: MIT
"""machine.Pin and Signal on a GPIO controller of the fake kernel, in both interpreters."""

import contextlib
import threading

import pytest
from fakes import gpio, programs
from fakes.gpio import EDGE_FALLING, EDGE_RISING, INPUT, OUTPUT, PULL_UP, FakeChip
from fakes.kernel import FakeKernel
from support import wait_until

PROGRAM = "gpio_program"


class Board:
    """A Pi 4 with an expander on it, and an interpreter to run programs in."""

    def __init__(self, folder, interpreter):
        self.interpreter = interpreter
        self.header = FakeChip("gpiochip1", "pinctrl-bcm2711")
        self.expander = FakeChip("gpiochip0", "pcf8574", 8, {2: "relay"})
        self.header.lines[2].consumer = "i2c-gpio sda"
        self.line = self.header.lines[17]
        self.kernel = FakeKernel(
            folder,
            {"/dev/gpiochip0": self.expander, "/dev/gpiochip1": self.header},
            sys=gpio.sys_tree(folder / "sys", self.expander, self.header),
        )

    def run(self, function, *arguments, environment=None, **kwargs):
        """The lines printed by a function of the program."""
        environment = {**self.kernel.environment, **(environment or {})}
        output = programs.run(
            self.interpreter, PROGRAM, function, *arguments, environment=environment, **kwargs
        )
        assert not self.kernel.errors
        return output.splitlines()

    def expect_all_released(self):
        # The fake notices a program's end a little later than the test.
        wait_until(lambda: self.kernel.open_handles() == 0, 5, "all lines released")

    @contextlib.contextmanager
    def running(self, function, *arguments):
        """Starts a function and waits for its "ready"; `finish()` returns the other lines."""
        program = PROGRAM if function == "collected" else "gpio_edges_program"
        process = programs.start(
            self.interpreter, program, function, *arguments, environment=self.kernel.environment
        )
        try:
            before = []
            while (line := process.stdout.readline().strip()) != "ready":
                before.append(line)
                assert process.poll() is None or line, before

            def finish():
                # Not communicate(): it would miss the lines that readline() has read ahead.
                hangs = threading.Timer(20, process.kill)
                hangs.start()
                output = process.stdout.read()
                hangs.cancel()
                assert process.wait() == 0, output
                return before + output.splitlines()

            process.finish = finish
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture(params=list(programs.INTERPRETERS))
def board(request, tmp_path):
    board = Board(tmp_path, request.param)
    with board.kernel:
        yield board


def test_levels_are_set_and_read_as_on_a_microcontroller(board):
    """A relay that should be on would be off, or a driver would get an unexpected value."""
    assert board.run("values") == [
        "None 1 None 0 None None None None",
        "None 1 None 0 None 1 None 0",
        "None True True 1",
        "None None 1 True",
    ]
    assert board.line.writes == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    "mode, pull, flags",
    [
        ("OUT", "-1", OUTPUT),
        ("OPEN_DRAIN", "up", OUTPUT | gpio.OPEN_DRAIN | PULL_UP),
        ("OPEN_SOURCE", "down", OUTPUT | gpio.OPEN_SOURCE | gpio.PULL_DOWN),
        ("OUT", "None", OUTPUT | gpio.BIAS_DISABLED),
    ],
)
def test_an_output_starts_at_its_value(board, mode, pull, flags):
    """A motor must not twitch when the program starts: the line has no other level before."""
    board.run("initial", mode, pull, 1)
    assert board.line.configurations == [(flags, 1, 0)]
    assert board.line.writes == [1]


def test_pins_are_found_by_number_name_and_chip(board):
    """The header is not chip 0 on every board: GPIO17 must be the pin with that label."""
    board.line.world = 1
    board.header.lines[3].world = 1
    board.expander.lines[2].world = 1
    assert board.run("ids") == [
        "Pin(17) 1",
        "Pin('GPIO17') 1",
        "Pin('gpiochip1:3') 1",
        "Pin('relay') 1",
        "True True True 1",
    ]


def test_errors_name_the_pin_and_what_to_do(board):
    """A user with a mistyped pin or a missing group must read what to change."""
    assert board.run(
        "attempt", "Pin(99)", "Pin(-1)", "Pin('GPIO99')", "Pin('gpiochip0:8')",
        "Pin('gpiochip0:x')", "Pin(1.5)", "Pin(2)", "Pin('gpiochip7:1')",
    ) == [
        "ValueError - Pin 99: gpiochip1 (pinctrl-bcm2711) has 54 lines, 0 to 53",
        "ValueError - Pin -1: gpiochip1 (pinctrl-bcm2711) has 54 lines, 0 to 53",
        "ValueError - Pin GPIO99: no line of gpiochip0, gpiochip1 has that name",
        "ValueError - Pin gpiochip0:8: gpiochip0 (pcf8574) has 8 lines, 0 to 7",
        "ValueError - Pin gpiochip0:x: the line after ':' must be a number",
        "TypeError - Pin: id must be a number or a name, such as 17, 'GPIO17', 'gpiochip0:17'",
        "OSError 16 gpiochip1:2 is in use by i2c-gpio sda",
        "OSError 2 /dev/gpiochip7: No such file or directory",
    ]  # fmt: skip
    board.expander.permission = board.header.permission = False
    assert board.run("attempt", "Pin(17)") == [
        "OSError 13 /dev/gpiochip0: Permission denied: add the user to the group gpio"
    ]
    board.expect_all_released()


def test_features_linux_lacks_are_refused(board):
    """Otherwise a program would wait for an interrupt that never comes."""
    lines = board.run(
        "attempt", "Pin(17, Pin.ALT)", "Pin(17, Pin.ANALOG)", "Pin(17, Pin.IN, Pin.PULL_HOLD)",
        "Pin(17, Pin.OUT, drive=Pin.DRIVE_1)", "Pin(17, Pin.OUT, alt=2)",
        "Pin(17, Pin.IN).irq(print, Pin.IRQ_LOW_LEVEL)", "Pin(17, Pin.OUT).irq(print)",
        "Pin(17, Pin.IN).irq(print, hard=True)", "Pin(17, Pin.IN).irq(print, wake=1)",
        "Signal(Pin(4), drive=1)",
    )  # fmt: skip
    assert [line.split()[0] for line in lines] == ["ValueError"] * 9 + ["TypeError"]
    board.expect_all_released()


def test_no_gpio_at_all_says_so(board, tmp_path):
    """A virtual machine or a container has no lines: the error must say so."""
    (tmp_path / "empty").mkdir()
    lines = board.run("attempt", "Pin(17)", environment={"FAKE_SYS": str(tmp_path / "empty")})
    assert lines == ["OSError 2 no GPIO chip: /sys/bus/gpio/devices is empty"]


def test_the_same_pin_twice_is_one_line(board):
    """Drivers make Pin(17) again wherever they need it; the kernel gives a line only once."""
    assert board.run("shared") == ["True 1", "0 None True", "0", "closed 9"]
    assert board.header.requests == 1


def test_a_pin_without_a_mode_is_left_as_it_is(board):
    """Reading an output that another program set must not switch it off."""
    board.line.flags = OUTPUT
    board.line.output = 1
    assert board.run("as_it_is") == ["True 1 1"]
    assert set(board.line.writes) == {1}


def test_signals_invert(board):
    """An LED that lights at 0 would light at 1 instead."""
    assert board.run("signals") == ["1 1 None 0 None None 0 None", "None 1 1 None 1 0"]
    assert board.line.writes == [0, 1, 0, 1, 0]


def test_lines_are_released_when_collected_and_at_exit(board):
    """Another program could not get the line until the service is restarted."""
    with board.running("collected") as process:
        assert board.header.requests == 8
        # A value on the stack that looks like a reference keeps at most one Pin.
        wait_until(lambda: board.kernel.open_handles() <= 1, 5, "lines released")
        process.kill()
        process.wait()
    board.expect_all_released()


def test_no_descriptor_leaks(board):
    """A program that opens pins for each measurement would end after some hours."""
    assert board.run("leaks", 10000, timeout_s=120) == ["0", "0", "True"]
    board.expect_all_released()


def test_values_allocate_nothing_and_cost_one_ioctl(board):
    """Bit-banged protocols would stall in the garbage collector."""
    assert board.run("allocation") == ["0"]
    assert board.header.ioctls == 2 + 2 * 7 * 1000  # two to set the modes


def test_handlers_get_each_edge_with_the_kernels_time(board):
    """A count of pulses, or the time between them, would be wrong."""
    with board.running("interrupts") as process:
        wait_until(lambda: board.line.flags & EDGE_RISING, 5, "edges asked for")
        assert board.line.flags == INPUT | PULL_UP | EDGE_RISING | EDGE_FALLING
        assert board.header.event_buffer_size >= 128
        board.line.world = 0
        for n, level in enumerate((1, 0, 1)):
            board.line.drive(level, 5_000_000_000_000 + n)
        board.line.request.lose(3)
        board.line.drive(0, 5_000_000_000_003)
        lines = process.finish()
    assert lines[0] == "True True"
    output = "\n".join(lines)
    # A handler's exception is reported, and the edges after it still arrive.
    assert "ValueError: a fault in the handler" in output
    expected = [(True, 1 + n % 2, 5_000_000_000_000 + n) for n in range(4)]
    assert f"{expected} 3" in output
    assert lines[-1] == "None None"


def test_debounce_is_the_kernels(board):
    """A button would count ten times; a filter in Python would come too late."""
    with board.running("interrupts", "2.5") as process:
        wait_until(lambda: board.line.flags & EDGE_RISING, 5, "edges asked for")
        assert board.line.configurations[-1][2] == 2500
        board.line.world = 0
        for level in (1, 0, 1, 0):
            board.line.bounce(level, 100, 5)
        lines = process.finish()
    assert lines[-2].endswith("] 0") and lines[-2].count("True") == 4


def test_edges_are_awaited(board):
    """Programs could not wait for a button in asyncio."""
    with board.running("edges") as process:
        wait_until(lambda: board.line.flags & EDGE_RISING, 5, "edges asked for")
        board.line.drive(1, 7_000_000_001)
        wait_until(lambda: board.line.flags & (EDGE_RISING | EDGE_FALLING) == EDGE_FALLING, 5, "?")
        board.line.drive(0, 7_000_000_002)
        lines = process.finish()
    assert lines == [
        "(True, 7000000001)",
        "(False, 7000000002)",
        "gpiochip1:17: its edges go to the irq handler",
        "no edge",
    ]


def test_programs_without_asyncio_poll(board):
    """Scripts with a loop of their own need their handlers called too."""
    with board.running("synchronous") as process:
        board.line.drive(1)
        lines = []
        while "ready" not in lines:
            lines.append(process.stdout.readline().strip())
        board.line.drive(0)
        lines += process.finish()
    assert lines == [
        "[(True, 1)]", "1 1", "1", "True", "ready", "0", "[]", "0 2", "1 0 0",
    ]  # fmt: skip


def test_a_handler_ends_its_own_irq(board):
    """Handlers may fire once; and without a loop a released Pin must be freed."""
    with board.running("irq_from_its_handler") as process:
        board.line.drive(1)
        assert process.finish() == ["True"]
    assert board.line.request is None


def test_an_unplugged_chip_is_an_error(board):
    """A program on a USB adapter must notice, not wait for ever."""
    with board.running("unplugged") as process:
        board.header.unplug()
        lines = process.finish()
    assert lines == [
        "19",
        "19 gpiochip1:17: No such device",
        "19 gpiochip1:17: No such device",
        "19 /dev/gpiochip1: No such device",
    ]


def test_a_driver_for_a_rotary_encoder_works(board):
    """A driver written for microcontrollers, with one handler on two pins, counts correctly."""
    clk, dt = board.header.lines[17], board.header.lines[4]
    clk.world = dt.world = 1
    with board.running("rotary") as process:
        wait_until(lambda: dt.flags & EDGE_RISING, 5, "edges asked for")
        turn = [(clk, 0), (dt, 0), (clk, 1), (dt, 1)]
        back = [(dt, 0), (clk, 0), (dt, 1), (clk, 1)]
        counts = []
        for line, level in turn + back:
            line.drive(level)
            counts.append(process.stdout.readline().strip())
        assert counts == ["1", "2", "3", "4", "3", "2", "1", "0"]
        assert process.finish() == ["0"]
