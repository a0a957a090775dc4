# SPDX-License-Identifier: MIT
"""A value that can be true is published, any other is null with its reason."""

from sensord.values.checked import CheckedValues
from sensord.values.field import TEXT, Field, Invalid
from sensord.values.number import number

INFINITE = 1e308 * 10
NAN = INFINITE - INFINITE


def fail(text):
    raise AssertionError(text)


def table(kind=None, valid=None):
    return {"kind": kind, "valid": valid}


def one(value, field=None, **settings):
    """(the value that is published, why it is null or None)."""
    values = CheckedValues(
        "it", [field] if field else (), {"x": table(**settings)} if settings else None
    )
    ((name, found),) = values.check([("x", value)])
    assert name == "x"
    return found, values.troubles.get("x")


def test_limits_of_a_field_and_of_the_user():
    field = Field("x", (-40, 85))
    for value, settings, reason in (
        (-40, {}, None), (85, {}, None), (0, {}, None), (85.0, {}, None),
        (-40.001, {}, "-40.001 is outside -40 to 85, the range of the sensor"),
        (85.0000001, {}, "85.0000001 is outside -40 to 85, the range of the sensor"),
        (1e300, {}, "1e+300 is outside -40 to 85, the range of the sensor"),
        (0, {"valid": [0, 50]}, None), (50, {"valid": [0, 50]}, None),
        (-0.1, {"valid": [0, 50]}, "-0.1 is outside valid = [0, 50]"),
        (50.1, {"valid": [0, 50]}, "50.1 is outside valid = [0, 50]"),
        # The chip's own limits hold besides.
        (86, {"valid": [-100, 100]}, "86 is outside -40 to 85, the range of the sensor"),
        ("50", {"kind": "number", "valid": [0, 50]}, None),
        ("51", {"kind": "number", "valid": [0, 50]}, "51 is outside valid = [0, 50]"),
        ("ERR", {"valid": [0, 50]}, None),
        (True, {"valid": [5, 50]}, None),
    ):  # fmt: skip
        found, why = one(value, field, **settings)
        assert why == reason, (value, settings, why)
        assert (found is None) == (reason is not None), (value, settings, found)


def test_what_is_no_value():
    for value, reason in (
        (NAN, "the value is not a finite number"),
        (INFINITE, "the value is not a finite number"),
        (-INFINITE, "the value is not a finite number"),
        (1 << 63, "the integer does not fit into 64 bits"),
        (-(1 << 63) - 1, "the integer does not fit into 64 bits"),
        (int("9" * 400), "the integer does not fit into 64 bits"),
        ([1], "the value is neither a number nor a text"),
        (b"x", "the value is neither a number nor a text"),
        (Invalid("not ready"), "not ready"),
    ):
        assert one(value) == (None, reason), value
    for value in (None, True, False, "", "x", 0, -0.5, (1 << 63) - 1, -(1 << 63), 1e308):
        found, why = one(value)
        assert found is value or found == value
        assert why is None and isinstance(found, type(value))


def test_kinds():
    for value, kind, found, reason in (
        ("0042", "number", 42, None),
        (" 42 ", "number", 42, None),
        ("0042", "text", "0042", None),
        ("0042", None, "0042", None),
        ("x", "number", None, "'x' is no number"),
        ("", "number", None, "'' is no number"),
        ("1,5", "number", None, "'1,5' is no number"),
        ("nan", "number", None, "'nan' is no number"),
        (True, "number", None, "true is no number"),
        (None, "number", None, None),
        (None, "text", None, None),
        (5, "text", "5", None),
        (0.1, "text", "0.1", None),
        (21.5, "text", "21.5", None),
        (False, "text", "false", None),
        (Invalid("not ready"), "text", None, "not ready"),
    ):
        assert one(value, kind=kind) == (found, reason), (value, kind, one(value, kind=kind))


def test_numbers_that_are_written():
    for text, value in (
        ("0", 0), ("-0", 0), ("007", 7), ("+5", 5), (".5", 0.5), ("-.5", -0.5), ("5.", 5.0),
        ("12E5", 1200000.0), ("1e-3", 0.001), ("1.5e+3", 1500.0), ("9" * 18, 10**18 - 1),
        ("123456789.012345", 123456789.012345),
    ):  # fmt: skip
        found = number(text)
        assert found == value and isinstance(found, type(value)), (text, found)
    assert number("9" * 64) == 10**64 - 1 and number("9" * 65) == 1e65
    assert number("9" * 16000) == INFINITE
    assert number("1e400") == INFINITE
    for text in (
        "", " 5", "5 ", "+", "-", ".", "+.", "1_000", "0x10", "1,5", "1.2.3", "--5", "1-2", "e5",
        "5e", "5e+", "nan", "inf", "-inf", "Infinity", "five", "5 m", "\u0665", "true", "1e5.5",
    ):  # fmt: skip
        assert number(text) is None, text


def test_names_are_unique_and_the_readings_own_are_left_out():
    said = []
    values = CheckedValues("it", warn=said.append)
    fields = [("time", 1), ("a", 2), ("a", 3), ("id", 4), ("b", 5), ("time_synchronized", 6)]
    for _ in range(3):
        assert values.check(fields + [("", 7)]) == [("a", 2), ("b", 5)]
    assert said == [
        'it: the field "time" is left out: each reading has a field of that name',
        'it: a field came twice as "a": the first one counts',
        'it: the field "id" is left out: each reading has a field of that name',
        'it: the field "time_synchronized" is left out: each reading has a field of that name',
        "it: a field without a name is left out",
    ], said


def test_names_without_end_do_not_fill_the_memory():
    """At most 1000 names, or 32 KiB of them, of one sensor; those that came before still come."""
    values = CheckedValues("it", warn=fail)
    assert len(values.check([("n%d" % i, i) for i in range(1500)])) == 1000
    assert values.left_out == 500
    names = set()
    for round in range(30):
        new = [("m%d" % (i + 100 * round), i) for i in range(100)]
        names.update([name for name, _ in values.check(new)])
    assert len(names) == 1000 and values.left_out == 500 + 2000
    assert len(values.check([("m%d" % i, i) for i in range(100)])) == 100
    assert values.check([("new", 1)]) == [] and values.left_out == 2501

    values = CheckedValues("it", warn=fail)
    assert values.check([("a", 1)]) == [("a", 1)]
    kept = [values.check([("%d" % i + "x" * 998, i)]) for i in range(100)]
    assert len([fields for fields in kept if fields]) == 32
    assert values.check([("a", 1)]) == [("a", 1)] and values.left_out == 68


def test_names_that_are_refused_do_not_fill_the_memory():
    said = []
    values = CheckedValues("it", warn=said.append)
    for i in range(3000):
        name = "%d" % i + "y" * 150
        values.check([(name, 1), (name, 2)])
    assert len(said) == 100 and max([len(text) for text in said]) < 200


def test_a_table_of_a_field_that_does_not_come_is_told_once():
    said = []
    values = CheckedValues("it", (), {"x": table("text"), "a": table("text")}, said.append)
    values.check([])
    for _ in range(2):
        values.check([("b", 1), ("a", 2)])
    assert said == ['it: [sensor.it.values.x]: it has no field "x"; it has a, b']


def test_the_reasons_are_those_of_the_last_reading():
    values = CheckedValues("it", [Field("t", (0, 9)), Field("label", kind=TEXT)])
    assert values.check([("t", 10), ("label", "x")]) == [("t", None), ("label", "x")]
    assert list(values.troubles) == ["t"]
    values.check([("t", 5), ("label", Invalid("no picture"))])
    assert values.troubles == {"label": "no picture"}
