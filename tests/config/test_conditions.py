# SPDX-License-Identifier: MIT
"""Conditions that can never be true are refused with what to write; the others are taken."""

import pytest
from readings import Readings
from support import wait_until
from tables import check, table

SENSORS = (
    table("board", "system")
    + table("door", "image", 'model = "/etc/passwd"', 'labels = ["a cat", "other"]')
    + table("noise", "sound")
    + table(
        "meter", "serial", 'device = "/dev/ttyS9"', "pattern = '(.)(.)(.)'",
        'fields = ["tag", "power", "any"]',
    )
    + '[sensor.meter.values.tag]\nkind = "text"\n[sensor.meter.values.power]\nkind = "number"\n'
    + table("1wire", "w1")
    + "".join(table(name, "exec", 'command = ["x"]') for name in ("433", "and", "not", "true"))
)  # fmt: skip

REFUSED = [
    ("board.cpu > 5", '"board" has no field "cpu"; known: cpu_temperature_c, '),
    ("board.uptime > 5", '"board" has no field "uptime"; did you mean "uptime_s"?'),
    ("boarrd.uptime_s > 5", 'there is no sensor "boarrd"; did you mean "board"?'),
    ("door.cat > 0.5", '"door" has no field "cat"; did you mean "a cat"?'),
    ('board.uptime_s > "65"', "write 65 without quotes"),
    ('"65" < board.uptime_s', "write 65 without quotes"),
    ('board.uptime_s == "hot"', '"hot" is a text and board.uptime_s is not'),
    ('not board.uptime_s == "hot"', '"hot" is a text and board.uptime_s is not'),
    ('noise.overload or (noise.overload and not (board.uptime_s == "x"))', '"x" is a text'),
    ('(board.uptime_s) > "x"', '"x" is a text and board.uptime_s is not'),
    ('((board.uptime_s)) > ("x")', '"x" is a text and board.uptime_s is not'),
    ('(board.uptime_s > 5) == "yes"', '"yes" is a text and a condition is not'),
    ("meter.tag > 5", 'meter.tag is a text and 5 is not: they cannot be compared: write "5" with'),
    ("-5.5 == meter.tag", 'write "-5.5" with quotes'),
    ('meter.power == "x"', '"x" is a text and meter.power is not'),
    ("meter.power == meter.tag", "meter.tag is a text and meter.power is not"),
    ("door.label == noise.overload", "door.label is a text and noise.overload is not"),
    ("meter.tag", "meter.tag is a text, and neither true nor false: compare it, as in meter.tag"),
    ("not door.label", "door.label is a text, and neither true nor false"),
    ("noise.overload and door.label", "door.label is a text, and neither true nor false"),
    ("(door.label) or noise.overload", "door.label is a text, and neither true nor false"),
    ('"x"', '"x" is a text, and neither true nor false'),
    ('noise.overload == "true"', "write true without quotes"),
    ("meter.tag == true", 'write "true" with quotes'),
    ("board.uptime_s > true", "true is neither more nor less than another: use == or !="),
    ('meter.tag > "5"', "write 5 without quotes"),
    ("board.uptime_s > 5 && true", 'column 20: unexpected "&": write and'),
    ("board.uptime_s > 5 || true", 'column 20: unexpected "|": write or'),
    ("!noise.overload", 'column 1: unexpected "!": write not'),
    ("board.uptime_s = 5", 'column 16: unexpected "=": write =='),
    ("board.uptime_s > 5 AND true", 'column 20: expected "and", "or" or the end: write and'),
    ("board.uptime_s > .5", "a number needs a digit before its point"),
    ("board.uptime_s > 5,5", "a number has a point, not a comma"),
    ("door.label == \u201ccat\u201d", "use straight quotes"),
    ("noise.overload == True", 'a field after "True": write true'),
    ("board.uptime_s > 5 \u00b0C", 'unexpected "\u00b0"'),
    ("board.uptime_s > 1e999", "column 18: the number is too large"),
    ("board.uptime_s < -" + "9" * 900, "column 18: the number is too large"),
    ("board.uptime_s > 5" + " or true" * 200, "must not be longer than 1024 characters"),
]  # fmt: skip

TAKEN = [
    'door."a cat" > 0.8 and door.label == "a cat"',
    "1wire.28_0a_temperature_c > 5 or 1wire.28-0a > 5",
    '433.value > 5 and "433".value > 5 or not "433".5x > 1',
    "and.value > 5 and true.value and not and.or and not not.not",
    "not.value > 5 or true",
    'meter.any == "x" or meter.any > 5 or meter.any',
    'meter.tag == "0042" and meter.tag != "x" and meter.power == 5',
    "noise.overload == true and noise.overload == 1 and noise.overload",
    "(board.uptime_s) > 5 and (board.uptime_s > 5) == true",
    '"0042" == meter.tag',
    "true",
]


def conditions(texts):
    return SENSORS + "".join(
        f"[action.a{i}]\npin = {i}\nwhen = '''{text}'''\n" for i, text in enumerate(texts)
    )


def test_conditions_that_cannot_work(tmp_path):
    """Each has one message, with its line and what to write."""
    text = conditions([condition for condition, _ in REFUSED])
    status, messages = check(tmp_path, text)
    assert status == 78
    lines = messages.splitlines()
    assert len(lines) == len(REFUSED), messages
    for i, (condition, words) in enumerate(REFUSED):
        number = text.splitlines().index(f"when = '''{condition}'''") + 1
        message = lines[i].partition(": ")
        assert message[0].endswith(f":{number}") and words in message[2], (condition, lines[i])
        assert message[2].startswith(f"[action.a{i}] when")


def test_conditions_that_can_work(tmp_path):
    status, messages = check(tmp_path, conditions(TAKEN))
    assert status == 0, messages


def test_a_field_that_only_the_hardware_shows(daemon):
    """`check` cannot know it: the journal says once what there is instead."""
    running = daemon(
        "".join(
            table(
                name, "exec", """command = ["echo", '{"b": 1, "a": {"c": 2}, "t": "042"}']""",
                'interval = "200 ms"',
            )
            for name in ("thermo", "other")
        )
        + '[sensor.thermo.values.x]\nkind = "text"\n[sensor.thermo.values.t]\nkind = "text"\n'
        + '[mqtt]\nserver = "mqtt://127.0.0.1:9"\n[journal]\nreadings = true\n'
        + "[action.fan]\nwhen = 'thermo.x > 5 or thermo.a_c > 1'\npublish = 'fan'\n"
        + "[action.fine]\nwhen = 'other.a_c > 5'\npublish = 'fine'\n"
    )  # fmt: skip
    readings = Readings(running)
    readings.wait("thermo", 4)
    readings.wait("other", 4)
    wait_until(lambda: "action fan" in running.messages(), 5, "the message")
    messages = running.messages()
    assert messages.count('action fan: thermo has no field "x"; it has a_c, b, t') == 1
    assert messages.count('[sensor.thermo.values.x]: it has no field "x"; it has a_c, b, t') == 1
    assert "action fine" not in messages and "values.t" not in messages


@pytest.mark.parametrize("name", ["time", "id", "time_synchronized"])
def test_names_that_the_reading_has_itself(tmp_path, name):
    for kind, *lines in (
        ("serial", 'device = "x"', "pattern = '(.)'", f'fields = ["{name}"]'),
        ("gpio", "pin = 1", f'field = "{name}"'),
        ("exec", 'command = ["x"]', f'rename = {{a = "{name}"}}'),
        ("image", 'model = "/etc/passwd"', f'labels = ["a", "{name}"]'),
    ):
        status, messages = check(tmp_path, table("a", kind, *lines))
        assert status == 78 and f'"{name}"' in messages, (kind, messages)
