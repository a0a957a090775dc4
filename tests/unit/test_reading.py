# SPDX-License-Identifier: MIT
"""A published reading is JSON that any parser reads, with the time in the documented form."""

import json

from sensord.output.reading import encode
from sensord.timestamp import time_text


def test_time_is_rfc3339_in_utc_with_milliseconds():
    assert time_text(0) == "1970-01-01T00:00:00.000Z"
    assert time_text(951782400123456789) == "2000-02-29T00:00:00.123Z"
    assert time_text(4102444799999000000) == "2099-12-31T23:59:59.999Z"


def test_time_comes_first_and_the_fields_keep_their_order():
    text = encode([("laeq_db", 61.2), ("overload", False), ("overruns", 0)], 0).decode()
    assert text == (
        '{"time": "1970-01-01T00:00:00.000Z", "laeq_db": 61.2, "overload": false, "overruns": 0}'
    )


def test_every_tenth_is_written_as_a_person_would():
    # MicroPython's own repr() writes 95.9 as 95.90000000000001.
    for tenths in range(-300, 1500):
        text = encode([("x", round(tenths / 10, 1))], 0).decode()
        whole = "%d.%d" % (abs(tenths) // 10, abs(tenths) % 10)
        wanted = ("-" if tenths < 0 else "") + (whole[:-2] if whole.endswith(".0") else whole)
        assert text.endswith('"x": %s}' % wanted), (text, wanted)


def test_values_that_json_lacks_become_null():
    infinity = float("inf")
    fields = [("a", infinity), ("b", -infinity), ("c", infinity - infinity), ("d", None)]
    reading = json.loads(encode(fields, 0))
    assert [reading[name] for name in "abcd"] == [None] * 4


def test_strings_are_escaped():
    awkward = 'a"b\\c\nd\te°'
    assert json.loads(encode([("x", awkward)], 0).decode())["x"] == awkward
