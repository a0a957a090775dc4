# SPDX-License-Identifier: MIT
"""The bodies of requests: InfluxDB's line protocol and JSON."""

import json

from sensord.http import line_protocol
from sensord.http.forms import JSON, Influx, text
from sensord.outbox import Outbox, record

# CPython has no text with half a surrogate pair in UTF-8.
INTERPRETERS = ("sensord", "stock")
NS = 1700000000123456789


def fields(*pairs):
    """As the outbox keeps them."""
    return text(pairs)


def line(pairs, sensor="climate", tags=(("host", "pi"),), unit_ns=1, synchronized=True):
    form = Influx(list(tags), unit_ns)
    return form.encode(sensor, form.head(sensor, NS, "1-2", synchronized) + fields(*pairs))


def test_a_reading_is_a_line():
    found = line([("temperature_c", 21.5), ("on", True), ("off", False), ("text", "warm")])
    series, field_set, ns = str(found, "utf-8").split(" ")
    assert series == "climate,host=pi" and ns == str(NS)
    assert sorted(field_set.split(",")) == [
        "off=false", "on=true", "temperature_c=21.5", 'text="warm"',
    ]  # fmt: skip


def test_every_number_is_a_float():
    """A database that saw 21 as an integer first would refuse 21.5 for ever."""
    for value, shown in (
        (0, "0"),
        (21, "21"),
        (-3, "-3"),
        (95.9, "95.9"),
        (1e21, "1e+21"),
        (123456789012345678, "1.23456789012346e+17"),
        (0.1, "0.1"),
    ):
        assert line([("x", value)]) == ("climate,host=pi x=%s %d" % (shown, NS)).encode(), value


def test_values_that_are_none_are_left_out():
    found = line([("a", None), ("b", float("nan")), ("c", 1), ("d", 10**400)])
    assert found == ("climate,host=pi c=1 %d" % NS).encode()
    assert line([("a", None), ("b", float("inf"))]) is None
    assert line([]) is None


def test_special_characters():
    # Of the specification: commas and blanks in a measurement; these and equals signs in keys and
    # values of tags and in keys of fields; quotes and backslashes in texts.
    assert line_protocol.series("a b,c=d", [("k e,y=", "v a,l=ü")]) == (
        "a\\ b\\,c=d,k\\ e\\,y\\==v\\ a\\,l\\=ü"
    )
    assert line([("f, =x", 1)]) == ("climate,host=pi f\\,\\ \\=x=1 %d" % NS).encode()
    assert (
        line([("t", 'say "hi", C:\\x = 1')])
        == ('climate,host=pi t="say \\"hi\\", C:\\\\x = 1" %d' % NS).encode()
    )


def test_no_text_ends_the_line():
    """The protocol has no line break within a line."""
    found = line([("a\nb", "c\r\nd\\n")], tags=(("host", "x\ny"),))
    assert found == ('climate,host=x_y a_b="c\\r\\nd\\\\n" %d' % NS).encode()


def test_no_backslash_escapes_the_separator_behind_it():
    assert line_protocol.series("m", [("a", "x\\"), ("b", "C:\\dir"), ("c", "y\\,z")]) == (
        "m,a=x_,b=C:\\dir,c=y_\\,z"
    )
    assert line([("f\\", 1), ("", 2)]) is not None
    assert b"f_=1" in line([("f\\", 1)]) and b" _=2 " in line([("", 2)])


def test_a_field_with_the_name_of_a_tag():
    """QuestDB and InfluxDB 3 have both as columns of one table, and refuse the second."""
    tags = (("host", "pi"), ("room", "a"), ("location", None))
    found = line([("host", "x"), ("room", 1), ("location", "y")], tags=tags)
    assert b'host_1="x"' in found and b"room_1=1" in found and b'location="y"' in found
    assert found.startswith(b"climate,host=pi,room=a ")
    both = line([("host", 1), ("host_1", 2)])
    assert b"host_1_1=1" in both and b"host_1=2" in both, both


def test_the_time_is_in_the_units_of_the_url():
    for query, digits in (
        ("org=a&bucket=b", 19), ("precision=ns", 19), ("precision=us&db=x", 16),
        ("db=x&precision=u", 16), ("precision=ms", 13), ("precision=s", 10), ("", 19),
    ):  # fmt: skip
        found = line([("x", 1)], unit_ns=line_protocol.unit_ns(query))
        assert found == b"climate,host=pi x=1 " + str(NS)[:digits].encode(), query
    assert line_protocol.unit_ns("precision=m") is None
    assert line_protocol.unit_ns("precision=") is None


def test_a_time_that_may_be_wrong_is_marked():
    assert (
        line([("x", 1)], synchronized=False)
        == ("climate,host=pi x=1,time_synchronized=false %d" % NS).encode()
    )


def test_half_a_surrogate_pair_is_no_utf8():
    found = line([("t", "a\ud800b")])
    assert str(found, "utf-8") == 'climate,host=pi t="a\ufffdb" %d' % NS


def test_json_is_an_array_of_objects():
    form = JSON([("host", 'p"i'), ("organisation", None), ("location", "x"), ("room", None)])
    items = []
    for synchronized, pairs in ((True, [("a", 1.5), ("id", "own"), ("n", None)]), (False, [])):
        head = form.head("door", NS, "0000000a-7", synchronized)
        items.append(form.encode("door", head + fields(*pairs)))
    found = json.loads(form.join(items))
    first = {
        "host": 'p"i',
        "location": "x",
        "sensor": "door",
        "time": "2023-11-14T22:13:20.123Z",
        "id": "0000000a-7",
    }
    second = dict(first)
    second["time_synchronized"] = False
    first["fields"] = {"a": 1.5, "id": "own", "n": None}
    second["fields"] = {}
    assert found == [first, second]
    assert len(json.loads(form.join(items[:1]))) == 1


def test_each_form_takes_the_objects_of_the_other():
    """A reading that was set aside before the format changed can be sent again."""
    line_form, json_form = Influx([("host", "pi")], 1), JSON([("host", "pi")])
    for ns in (NS, 0, 951782400000000000, 951868800123000000, 4107542399999000000):
        objects = [
            form.head("s", ns, "1-2", True) + fields(("x", 1)) for form in (line_form, json_form)
        ]
        assert line_form.encode("s", objects[0]) == ("s,host=pi x=1 %d" % ns).encode()
        ms = ns // 1000000 * 1000000
        assert line_form.encode("s", objects[1]) == ("s,host=pi x=1 %d" % ms).encode(), ns
        assert json.loads(json_form.encode("s", objects[0]))["fields"] == {"x": 1}
    for wrong in (
        b"",
        b"{}",
        b"[]",
        b"3",
        b'{"fields": 3, "ns": 1}',
        b'{"fields": {}, "time": "x"}',
    ):
        try:
            line_form.encode("s", wrong)
            raise AssertionError(wrong)
        except ValueError:
            pass


def test_times_are_corrected_while_readings_wait():
    """A reading from before the clock was set leaves with the right time, also as a line."""
    form = Influx([("host", "pi")], 1)
    outbox = Outbox(16384, heads={record.JSON: form.head})
    outbox.append_reading("s", text([("x", 1)]), (5000000000, 77, False))
    outbox.append_reading("s", text([("x", 2)]), (6000000000, NS, True))
    outbox.correct_times(bytes(16), NS)
    lines = []
    for _ in range(2):
        _, sensor, payload = outbox.take()
        lines.append(str(form.encode(sensor, payload), "utf-8"))
    assert lines == ["s,host=pi x=1 %d" % (NS + 5000000000), "s,host=pi x=2 %d" % NS]
