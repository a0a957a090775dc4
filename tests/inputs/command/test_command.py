# SPDX-License-Identifier: MIT
"""type = "exec": whatever a command prints is a whole reading, or a fault in words."""

import pytest
from support import wait_until
from tables import table, values


def test_what_commands_print(sensord, tmp_path):
    """Whatever a user can write a script for."""
    flag = tmp_path / "flag"
    readings = sensord(
        table("number", "exec", 'command = ["echo", "41.5"]', 'interval = "200 ms"')
        + table(
            "json", "exec",
            """command = ["printf",
            '{"b": {"c": 2, "d": true}, "a": null, "s": "x", "l": [1]}']""",
            'interval = "200 ms"',
        )
        + table(
            "test", "exec", f'command = ["test", "-e", "{flag}"]', 'interval = "200 ms"'
        )
    )  # fmt: skip
    assert values(readings.wait("number")[0]) == {"value": 41.5}
    wait_until(lambda: readings.of("json"), 10, "a reading")
    assert values(readings.of("json")[0]) == {"a": None, "b_c": 2, "b_d": True, "s": "x"}
    readings.daemon.wait_for_message("test: test ended with status 1")


@pytest.mark.parametrize(
    "command, words",
    [
        ('["/nowhere/at/all"]', "/nowhere/at/all: No such file"),
        ('["sleep", "60"]', "sleep took longer than 500 ms"),
        ('["echo", "hello"]', "printed neither a number nor JSON: 'hello'"),
        ('["echo", "[1]"]', "neither a number nor a JSON object"),
        ("['echo', '\"text\"']", "neither a number nor a JSON object"),
        ('["sh", "-c", "kill -9 $$"]', "was killed by a signal"),
        ('["true"]', "printed neither"),
    ],
)
def test_commands_that_fail(sensord, command, words):
    """It alone is at fault, and says why."""
    readings = sensord(
        table("it", "exec", f"command = {command}", 'timeout = "500 ms"', 'interval = "200 ms"')
        + table("board", "system", 'interval = "200 ms"')
    )
    readings.daemon.wait_for_message(words)
    assert readings.of("it") == []
    readings.wait("board", len(readings.of("board")) + 2)
