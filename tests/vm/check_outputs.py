# SPDX-License-Identifier: MIT
"""An action drives a line of a real GPIO controller; a killed daemon does not leave it on."""

from bridged import LAMP_LINE

_MILD, _HOT = 519888 << 4, 559888 << 4  # raw temperatures: 25 degrees, and 37


def _make(bench, temperature):
    measured = bytearray(bench.climate.measured)
    measured[3:6] = temperature.to_bytes(3, "big")
    bench.climate.measured = bytes(measured)


def _wait(bench, level, timeout_s, when):
    pins = bench.bridge.pins
    assert pins.wait_for(LAMP_LINE, level, timeout_s), (
        f"{when}: {pins.driven}, {pins.changes[-8:]}"
    )


def action_on_a_line(bench):
    """The line follows the condition's start and end."""
    _wait(bench, 0, 10, "before")
    _make(bench, _HOT)
    _wait(bench, 1, 30, "hot")
    _make(bench, _MILD)
    _wait(bench, 0, 30, "mild again")
    return f"line {LAMP_LINE} of gpiochip0 went on and off"


def safe_when_killed(bench):
    """Killed while the output is on: it is off long before the next daemon has measured."""
    _make(bench, _HOT)
    _wait(bench, 1, 30, "hot")
    before = bench.show("NRestarts")
    seen = len(bench.bridge.pins.changes)
    bench.run(f"kill -KILL {bench.pid}")
    _wait(bench, 0, 30, "killed")
    bench.wait(lambda: bench.show("NRestarts") != before, 30, "a restart")
    _wait(bench, 1, 60, "started again")
    _make(bench, _MILD)
    _wait(bench, 0, 30, "mild again")
    levels = [level for line, level in bench.bridge.pins.changes[seen:] if line == LAMP_LINE]
    assert levels == [0, 1, 0], levels
    return "off after kill -9, on again when the next daemon had measured"


CHECKS = [
    ("action on a GPIO line", action_on_a_line),
    ("safe value when killed", safe_when_killed),
]
