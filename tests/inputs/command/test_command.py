# SPDX-License-Identifier: MIT
"""type = "exec": whatever a command prints is a whole reading, or a fault in words."""

import json
import pathlib
import subprocess

import pytest
from support import SENSORD, wait_until
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


def read(folder, lines, *more):
    """(exit status, what it prints as JSON or None, messages) of `sensord read`."""
    path = folder / "read.toml"
    path.write_text(table("it", "exec", *lines) + "\n".join(more))
    done = subprocess.run(
        [SENSORD, "read", "it", "--config", path], capture_output=True, check=False, timeout=20
    )
    text = done.stdout.decode()
    return done.returncode, json.loads(text) if text else None, done.stderr.decode()


_BIG = b'{"a": %d, "b": "' + b"x" * 16367
# (what a command prints, the values of the reading, or words of the fault)
PRINTED = [
    (b" 41.5 \n", {"value": 41.5}),
    (b"\r\n\t-7\r\n", {"value": -7}),
    (b"+5", {"value": 5}),
    (b".5\n", {"value": 0.5}),
    (b"007", {"value": 7}),
    (b"true\n", {"value": True}),
    (b"1." + b"0" * 300 + b"e2", {"value": 100.0}),
    (b"1,5", "neither a number nor JSON: '1,5'"),
    (b"0x10", "neither a number nor JSON: '0x10'"),
    (b"1 2", "neither a number nor JSON: '1 2'"),
    (b"nan", "neither a number nor JSON: 'nan'"),
    (b"", "neither a number nor JSON: ''"),
    (b"null", "neither a number nor a JSON object with values"),
    (b"{}", "neither a number nor a JSON object with values"),
    (b"9" * 400, {"value": None}),
    (b'{"a": ' + b"9" * 400 + b"}", "a number of 400 characters"),
    (b'{"a": 9007199254740993}', {"a": 9007199254740993}),
    (b'{"a": 0.1, "b": 123456789.012345}', {"a": 0.1, "b": 123456789.012345}),
    (b'{"a": 1e400, "b": 1}', {"a": None, "b": 1}),
    (b'{"a": NaN, "b": 1}', "NaN is no JSON: a value that is not known is null"),
    (b'{"a": -Infinity}', "-inf is no JSON: a value that is not known is null"),
    (b'{"a": 1 "b": 2}', 'expected "," or "}" at character 9'),
    (b'{"a": 1,}', "expected a name in quotes"),
    (b'{"a": 1} x', "expected the end at character 10"),
    (b'{"a": 1}{"a": 2}', "expected the end at character 9"),
    (b'{"a": 1, "a": 2}', "it has the name 'a' twice"),
    (b'{"a": 1, "\\u0061": 2}', "it has the name 'a' twice"),
    (b'{"a": "\xff"}', "it is not UTF-8"),
    (b'{"a": "\xed\xa0\x80"}', "it is not UTF-8"),
    (b'{"a": "\xc0\x80"}', "it is not UTF-8"),
    (b'{"a": "\\ud800", "b": 1}', {"a": "\ufffd", "b": 1}),
    (b'{"a\\ud83d\\ude00": "\\ud83d\\ude00"}', {"a\U0001f600": "\U0001f600"}),
    ('{"Küche °": 1}'.encode(), {"Küche °": 1}),
    (b'{"drive 3.5\\"": 1, "C:\\\\d": 2, "a\\nb": 3, "\\u0001": 4, "\\u007f": 5}',
     {'drive 3.5"': 1, "C:\\d": 2, "a\nb": 3, "\x01": 4, "\x7f": 5}),
    (b'{"time": 1, "id": 2, "time_synchronized": 3, "t": 4}', {"t": 4}),
    (b'{"a": {"b": 1}, "a_b": 2, "c.d": 3, "c": {"d": 4}}', {"a_b": 1, "c.d": 3, "c_d": 4}),
    (b'{"": 5, "a": {"": 6}}', {"value": 5, "a_": 6}),
    (_BIG % 1 + b'"}', {"a": 1, "b": "x" * 16367}),
    (_BIG % 1 + b'"} ', "printed more than 16384 bytes"),
    (_BIG % 12 + b'"}', "printed more than 16384 bytes"),
]  # fmt: skip


def test_what_is_printed_is_a_whole_reading_or_a_fault(sensord, tmp_path):
    """One command each, side by side: none has a value that its command has not printed."""
    config = table("board", "system", 'interval = "200 ms"')
    for i, (printed, _) in enumerate(PRINTED):
        (tmp_path / f"{i}").write_bytes(printed)
        config += table(f"c{i}", "exec", f'command = ["cat", "{tmp_path}/{i}"]')
    readings = sensord(config)
    for i, (printed, expected) in enumerate(PRINTED):
        if isinstance(expected, str):
            wait_until(
                lambda: any(
                    expected in line  # noqa: B023
                    for line in readings.daemon.messages().splitlines()
                    if f" c{i}: " in line  # noqa: B023
                ),
                15,
                (printed[:60], expected, readings.daemon.messages()),
            )
            assert readings.of(f"c{i}") == [], printed[:60]
        else:
            wait_until(lambda: readings.of(f"c{i}"), 15, printed[:60])  # noqa: B023
            assert values(readings.of(f"c{i}")[0]) == expected
    messages = readings.daemon.messages()
    assert 'a field came twice as "a_b": the first one counts' in messages
    assert 'the field "time" is left out' in messages
    assert "mistake" not in messages
    readings.wait("board", len(readings.of("board")) + 1)


def test_names_and_kinds(tmp_path):
    """rename, and kind of a value on its own."""
    command = 'command = ["echo", \'{"id": 7, "time": "x", "a": {"b": "041"}, "l": [1]}\']'
    rename = 'rename = {id = "device", time = "", a_b = "tag"}'
    status, found, said = read(tmp_path, [command, rename])
    assert (status, values(found)) == (0, {"device": 7, "tag": "041"})
    assert '"l" is left out: an array cannot be a field' in said
    status, found, _ = read(
        tmp_path, [command, rename], "[sensor.it.values.tag]", 'kind = "number"'
    )
    assert values(found) == {"device": 7, "tag": 41}
    text = "[sensor.it.values.value]\nkind = 'text'"
    long = "0" * 300 + "°"
    status, found, _ = read(tmp_path, [f'command = ["echo", "{long}"]'], text)
    assert values(found) == {"value": long}


WORDS = [
    ("echo progress; echo 'error: no device' >&2; exit 2", "status 2: error: no device"),
    ("printf 'a 10%%\\rKüche weg\\n\\n' >&2; exit 3", "status 3: Küche weg"),
    ("i=0; while [ $i -lt 3000 ]; do echo line $i $i $i >&2; i=$((i+1)); done; exit 1",
     "status 1: line 2999 2999 2999"),
    ("sleep 30 & echo held >&2; exit 4", "status 4: held"),
    ("echo 'warming up' >&2; sleep 30", "took longer than 1000 ms: warming up"),
    ("echo hello; echo 'no bus' >&2", "neither a number nor JSON: 'hello': no bus"),
    ("yes", "printed more than 16384 bytes"),
    ("yes >&2", "took longer than 1000 ms: y"),
    ("echo gone >&2; kill -9 $$", "was killed by a signal: gone"),
]  # fmt: skip


def test_last_words(sensord):
    """The last words of a failing command are in the sensor's status, however it failed."""
    config = ""
    for i, (script, _) in enumerate(WORDS):
        config += table(
            f"c{i}", "exec", f'command = [\'sh\', \'-c\', """{script}"""]', 'timeout = "1 s"'
        )
    readings = sensord(config + table("board", "system", 'interval = "200 ms"'))
    readings.wait("board")
    for i, (_, words) in enumerate(WORDS):
        wait_until(
            lambda: any(
                f" c{i}: " in line and words in line  # noqa: B023
                for line in readings.daemon.messages().splitlines()
            ),
            15,
            (words, readings.daemon.messages()),
        )
        assert readings.of(f"c{i}") == []
    readings.wait("board", len(readings.of("board")) + 2)


def test_what_a_command_leaves_running_holds_nothing_up(sensord, tmp_path):
    """A grandchild that keeps the pipe open: the reading is taken, and the grandchild ended."""
    script = f"sleep 300 & echo $! >> {tmp_path}/pids; echo 5"
    readings = sensord(
        table("it", "exec", f'command = ["sh", "-c", "{script}"]', 'interval = "200 ms"')
    )
    assert values(readings.wait("it", 3)[0]) == {"value": 5}
    pids = (tmp_path / "pids").read_text().split()
    for pid in pids[:2]:
        wait_until(lambda: not pathlib.Path(f"/proc/{pid}/exe").exists(), 5, pid)  # noqa: B023
