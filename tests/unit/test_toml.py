# SPDX-License-Identifier: MIT
"""The TOML reader: the whole toml-test suite for TOML 1.0.0, positions, messages and limits.

Runs under pytest, and under a MicroPython runner that calls every function named test_*.
"""

import json
from collections import OrderedDict

from sensord.config import toml

DATA = __file__[: __file__.rfind("/") + 1] + "../data/toml-test/"
FAULTS = (ValueError, TypeError, LookupError, AttributeError, RuntimeError, MemoryError)

# Every construct once, with two and four byte characters, both kinds of line end and escapes.
SAMPLE = (
    '# configuration – é\r\ntitle = "a\\tb\\u00e9 😀" # why\n"quoted key".\'x\'.y = 0x7f\n'
    "[sensor.noise]\nrate = 16_000\nsensitivity = -26.5e0\non = true\n"
    "labels = [ \"a\", # first\n  'b',\n]\nsize = {w = 96, h.max = [1, 2]}\n"
    "at = 1979-05-27 07:32:00.5Z\nday = 1979-05-27\ntime = 07:32:00\n"
    '[[action]]\ntext = """\none \\\n   two\n""quoted"""""\n[[action]]\nraw = \'\'\'\n\\\'\'\'\n'
    "[action.more]\nlow = -inf\n"
).encode()


def error_of(source):
    """The TOMLError, a ValueError, that parsing source raises."""
    try:
        tree = toml.loads(source)
    except ValueError as error:
        assert isinstance(error, toml.TOMLError), repr(error)
        return error
    raise AssertionError(f"{source!r} was accepted as {tree!r}")


def listed(kind):
    """The documents of toml-test for TOML 1.0.0 that are "valid" or "invalid", as paths."""
    with open(DATA + "files-toml-1.0.0") as file:
        names = file.read().split()
    return [name for name in names if name.startswith(kind + "/") and name.endswith(".toml")]


def read(name):
    with open(DATA + name, "rb") as file:
        return file.read()


def without_trailing_zeros(moment):
    """12:00:00.600Z and 12:00:00.6Z are one moment; the suite writes it with three digits."""
    start = moment.find(".")
    end = start + 1
    while start >= 0 and end < len(moment) and moment[end].isdigit():
        end += 1
    return moment if start < 0 else moment[:end].rstrip("0") + moment[end:]


def same_float(actual, text):
    expected = float(text)
    if text.endswith("nan"):
        return str(actual) == "nan"
    if expected in (float("inf"), float("-inf")):
        return actual == expected
    same_sign = str(actual).startswith("-") == str(expected).startswith("-")
    return same_sign and abs(actual - expected) <= abs(expected) * 1e-15


def same_value(actual, kind, text):
    if kind == "string":
        return type(actual) is str and actual == text
    if kind == "integer":
        return type(actual) is int and actual == int(text)
    if kind == "float":
        return type(actual) is float and same_float(actual, text)
    if kind == "bool":
        return type(actual) is bool and actual == (text == "true")
    if not isinstance(actual, toml.Moment) or actual.kind != kind:
        return False
    return without_trailing_zeros(actual.text) == without_trailing_zeros(text)


def same(actual, tagged):
    """Compares a tree with the suite's JSON, where a value is {"type": ..., "value": ...}."""
    if isinstance(tagged, list):
        if not isinstance(actual, list) or len(actual) != len(tagged):
            return False
        return all(same(actual[i], tagged[i]) for i in range(len(tagged)))
    if set(tagged) == {"type", "value"} and isinstance(tagged["value"], str):
        return same_value(actual, tagged["type"], tagged["value"])
    if not isinstance(actual, dict) or set(actual) != set(tagged):
        return False
    return all(same(actual[key], tagged[key]) for key in tagged)


def outcome(source):
    """The parsed tree or the exception raised, so that one fault hides no other."""
    try:
        return toml.loads(source)
    except FAULTS as error:
        return error


def test_valid_documents():
    names = listed("valid")
    assert len(names) == 210, len(names)
    failures = []
    for name in names:
        tree = outcome(read(name))
        if not same(tree, json.loads(read(name[:-5] + ".json").decode())):
            failures.append(f"{name}: {tree!r}")
    assert not failures, "\n".join(failures)


def test_invalid_documents():
    names = listed("invalid")
    assert len(names) == 499, len(names)
    failures = []
    for name in names:
        source = read(name)
        error = outcome(source)
        if not isinstance(error, toml.TOMLError):
            failures.append(f"{name}: {error!r}")
        elif not 1 <= error.line <= source.count(b"\n") + 1 or error.column < 1:
            failures.append(f"{name}: no such place: {error}")
    assert not failures, "\n".join(failures)


def test_comparison_notices_differences():
    # If same() accepted everything, test_valid_documents could not fail.
    tagged = {"a": [{"type": "integer", "value": "1"}], "b": {"type": "float", "value": "-0.0"}}
    assert same({"a": [1], "b": -0.0}, tagged)
    for other in (
        {"a": [1], "b": 0.0},
        {"a": [True], "b": -0.0},
        {"a": [1.0], "b": -0.0},
        {"a": [1, 1], "b": -0.0},
        {"a": 1, "b": -0.0},
        {"a": [1]},
        {"a": [1], "b": -0.0, "c": 1},
        {"a": ["1"], "b": "-0.0"},
    ):
        assert not same(other, tagged), other
    day = toml.Moment("date-local", "1979-05-27")
    assert same(day, {"type": "date-local", "value": "1979-05-27"})
    assert not same(day, {"type": "date-local", "value": "1979-05-28"})
    assert not same(day, {"type": "datetime", "value": "1979-05-27"})


NO_KEY = "expected key of A-Z, a-z, 0-9, - and _, or in quotes, found "
NO_VALUE = "is not a TOML value; "
NO_NUMBER = NO_VALUE + "no number, date or time is written like this"
NO_END = "expected end of line (text needs quotes, a comment needs #), found "
NO_ESCAPE = "; write \\\\ for a backslash"
MESSAGES = (
    ("rate = 1\n\nrate = 2", 3, 1, 'duplicate key "rate", first set on line 1'),
    ("[a]\nb = 1\n[a]", 3, 1, 'duplicate key "a", first set on line 1'),
    ("[a]\nb = 1\n[a.b.c]", 3, 1, 'duplicate key "b", first set on line 2'),
    ("a = {}\na.b = 1", 2, 1, 'duplicate key "a", first set on line 1'),
    ("[[a]]\n[[a]]\n[a]", 3, 1, 'duplicate key "a", first set on line 1'),
    ("a = []\n[[a]]", 2, 1, 'duplicate key "a", first set on line 1'),
    ('topic = "x\nqos = 1', 1, 9, "missing closing quote"),
    ('topic = """x\n"', 1, 9, "missing closing quote"),
    ("on = tru", 1, 6, 'value "tru" ' + NO_VALUE + "strings need quotes"),
    ("on = True", 1, 6, 'value "True" ' + NO_VALUE + "write it in lower case"),
    ("pin = 017", 1, 7, 'value "017" ' + NO_NUMBER),
    ("day = 2023-02-29", 1, 7, 'value "2023-02-29" ' + NO_NUMBER),
    ("size = 0x8000000000000000", 1, 8, "integer 0x8000000000000000 does not fit into 64 bits"),
    ("interval = 1 s", 1, 14, NO_END + '"s"'),
    ("rate =\nqos = 1", 1, 7, "missing value"),
    ("rate = # none", 1, 8, 'expected value, found "#"'),
    ("rate", 1, 5, 'missing "=" after key "rate"'),
    ("rate 16000", 1, 6, 'expected "=" after key "rate", found "16000"'),
    ("größe = 1", 1, 1, NO_KEY + '"größe"'),
    ("= 1", 1, 1, NO_KEY + '"="'),
    ("a. = 1", 1, 4, NO_KEY + '"="'),
    ("[mqtt\n", 1, 6, 'missing "]"'),
    ("[[action]\n", 1, 9, 'expected "]]", found "]"'),
    ("a = [1,\n 2\nb = 1", 3, 1, 'expected "," or "]" in the array from line 1, found "b"'),
    ("\na = [1,\n2", 3, 2, 'missing "," or "]" in the array from line 2'),
    ("a = {b = 1\n}", 1, 11, 'missing "," or "}" on the line of the inline table'),
    ('path = "C:\\dir"', 1, 11, 'bad escape "\\d"' + NO_ESCAPE),
    ('c = "\\uD800"', 1, 6, 'bad escape "\\u"' + NO_ESCAPE),
    ('c = "\\é"', 1, 6, 'bad escape "\\é"' + NO_ESCAPE),
    ("a = 1\rb = 2", 1, 6, "byte 0x0D is not allowed in UTF-8 text"),
)


def test_messages_and_positions():
    for source, line, column, message in MESSAGES:
        error = error_of(source)
        found = (error.line, error.column, error.message)
        assert found == (line, column, message), (source, found)
        assert str(error) == f"line {line}, column {column}: {message}", str(error)


def test_column_counts_characters():
    for start in ("é", "–", "😀"):
        error = error_of(f"\r\n'{start}' = '{start}' x")
        assert (error.line, error.column) == (2, 11), (start, str(error))


def test_line_map():
    source = (
        "top = 1\na.b = 2 # dotted\n[sensor.noise]\r\nrate = 16000\n"
        "labels = [\n  'x',\n\n  { y = 1, z.q = 2 },\n]\n"
        "text = '''\n1\n'''\nafter = 1\n"
        "[[action]]\npin = 1\n[[action]]\npin = 2\n[action.more]\n[sensor]\n"
    )
    lines = {}
    toml.loads(source, lines)
    assert lines[("action", 1, "pin")] == 17, lines  # an index is an int
    found = {".".join([str(part) for part in path]) + f":{line}" for path, line in lines.items()}
    expected = (
        "top:1 a:2 a.b:2 sensor.noise:3 sensor.noise.rate:4 sensor.noise.labels:5"
        " sensor.noise.labels.0:6 sensor.noise.labels.1:8 sensor.noise.labels.1.y:8"
        " sensor.noise.labels.1.z:8 sensor.noise.labels.1.z.q:8 sensor.noise.text:10"
        " sensor.noise.after:13 action:14 action.0:14 action.0.pin:15 action.1:16 action.1.pin:17"
        " action.1.more:18 sensor:19"  # which [sensor.noise] names, but [sensor] defines
    )
    assert found == set(expected.split()), found


def test_order_is_kept():
    names = [f"k{i * 37 % 64}" for i in range(64)]
    tree = toml.loads("\n".join([name + " = 1" for name in names]) + "\n[b]\n[a]\n")
    assert list(tree) == names + ["b", "a"], list(tree)
    inline = toml.loads("t = {z = 1, y = 2, x = 3, w.b = 4, w.a = 5}")["t"]
    assert list(inline) == ["z", "y", "x", "w"], list(inline)
    assert list(inline["w"]) == ["b", "a"], list(inline["w"])


def test_bytes_and_str_give_the_same():
    source = '\ufeff"é" = "ß–😀"\n'
    expected = OrderedDict([("é", "ß–😀")])
    assert toml.loads(source) == expected
    assert toml.loads(source.encode()) == expected


def test_ill_formed_utf8():
    stray = (b"\xff", b"\x80", b"\xc3", b"\xc3(", b"\xe2\x80")
    overlong = (b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf")
    surrogates = (b"\xed\xa0\x80", b"\xed\xbf\xbf")
    too_large = (b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80")
    for bad in stray + overlong + surrogates + too_large:
        error = error_of(b"# \xc3\xa9\na = '\xe2\x80\x93 " + bad + b"'\n")
        assert (error.line, error.column) == (2, 8), (bad, str(error))
        assert "UTF-8" in error.message, error.message
    for good in (b"\xc2\x80", b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xf4\x8f\xbf\xbf"):
        assert toml.loads(b"a = '" + good + b"'")["a"].encode() == good
    assert error_of("a = '" + chr(0xD800) + "'").column == 6


def test_control_characters():
    for code in list(range(32)) + [127]:
        if chr(code) not in "\t\n":
            for source in ("# %s", "a = '%s'", 'a = "%s"', "a = '''%s'''", "a = 1 %s"):
                error = error_of(source % chr(code))
                assert error.column == source.find("%") + 1, (source, code, str(error))


def test_escapes():
    tree = toml.loads('a = "\\b\\t\\n\\f\\r\\"\\\\\\u00e9\\uD7FF\\uE000\\U0010fFfF"')
    assert tree["a"] == '\b\t\n\f\r"\\é\ud7ff\ue000\U0010ffff', tree
    assert toml.loads('a = """\nb\\  \n\n \tc\\\nd"""')["a"] == "bcd"
    for bad in ("uD800", "uDFFF", "U00110000", "UFFFFFFFF", "u12", "u+123", "u 123", "e", "x41"):
        assert "bad escape" in error_of('a = "\\' + bad + '"').message, bad
    for bad in ("u12", "e", " x"):
        assert "bad escape" in error_of('a = """\\' + bad + '"""').message, bad


def test_integers_fill_64_bits():
    source = "a = 9223372036854775807\nb = -9223372036854775808\nc = 0x7fffffffffffffff\n"
    tree = toml.loads(source + "d = 0b" + "_".join("0" + "1" * 63) + "\ne = 0x" + "0" * 99 + "1")
    assert tree["a"] == tree["c"] == tree["d"] == 2**63 - 1, tree
    assert tree["b"] == -(2**63) and tree["e"] == 1, tree
    for number in ("9223372036854775808", "-9223372036854775809", "0x8000000000000000", "9" * 99):
        assert "64 bits" in error_of("a = " + number).message, number
    for start in ("9", "1.", "0x", "1979-05-27T07:32:00."):
        assert error_of("a = " + start + "1" * 5000).column == 5, start


def test_special_floats():
    tree = toml.loads("a = inf\nb = -inf\nc = nan\nd = -nan\ne = 1e400\nf = -0.0\ng = 5e-1_0")
    assert tree["a"] == tree["e"] == -tree["b"] == float("inf"), tree
    assert str(tree["c"]) == str(tree["d"]) == "nan", tree
    assert str(tree["f"]) == "-0.0", tree
    assert abs(tree["g"] - 5e-10) < 1e-24, tree


def test_moments():
    for text, kind, expected in (
        ("1979-05-27t07:32:00z", "datetime", "1979-05-27T07:32:00Z"),
        ("1979-05-27 07:32:00.250-07:30", "datetime", "1979-05-27T07:32:00.250-07:30"),
        ("2016-12-31T23:59:60Z", "datetime", "2016-12-31T23:59:60Z"),
        ("1979-05-27 07:32:00", "datetime-local", "1979-05-27T07:32:00"),
        ("2000-02-29", "date-local", "2000-02-29"),
        ("2024-02-29", "date-local", "2024-02-29"),
        ("23:59:59.999999", "time-local", "23:59:59.999999"),
    ):
        for source in ("a = [%s]", "a = [ %s , 1]", "a = [%s # 12\n]"):
            moment = toml.loads(source % text)["a"][0]
            assert isinstance(moment, toml.Moment), (text, moment)
            assert (moment.kind, moment.text) == (kind, expected), (text, moment)
    days = "1900-02-29 2023-02-29 2024-04-31 2024-13-01 2024-00-01 2024-01-00 2024-01-32"
    times = "24:00:00 12:60:00 12:00:61 12:00 12:00:00Z T12:00:00 1:00:00 12:00:00. 12:00:00,5"
    ends = ("T", "  12:00:00", "_12:00:00", "T12:00:00+24:00", "T12:00:00+01:60", "T12:00:00+0100")
    for text in days.split() + times.split() + ["2024-01-01" + end for end in ends]:
        assert error_of("a = " + text).line == 1, text


def test_only_the_section_that_made_a_dotted_table_adds_to_it():
    tree = toml.loads("[a]\nb.c = 1\nb.d = 2\n[a.b.e]\nf = 3\n")
    assert tree["a"]["b"]["c"] == 1 and tree["a"]["b"]["e"]["f"] == 3, tree
    tree = toml.loads("[a.b.c]\nd = 1\n[a]\nb.e = 2\n")
    assert tree["a"]["b"]["e"] == 2 and tree["a"]["b"]["c"]["d"] == 1, tree
    for source in (
        "[a]\nb.c = 1\n[a.b]",
        "a.b = 1\n[c]\n[a]",
        "[a.b]\n[a]\nb.c = 1\n[a.b]",
        "[[a]]\nb.c = 1\n[[a.b]]",
        "t = {a.b = 1}\n[t.a]",
        "t = {a = {b = 1}, a.c = 2}",
        "t = [{}]\n[t.a]",
    ):
        assert "duplicate key" in error_of(source).message, source


def nested(opening, middle, closing, depth):
    return opening * depth + middle + closing * depth


def test_deep_nesting_is_refused():
    for source in (
        "[" * 10000,
        "a = " + "[" * 10000,
        "a = " + "{a = " * 10000,
        "a = " + "[{a = " * 10000,
        "a = " + nested("[", "", "]", 10000),
        "a." * 10000 + "a = 1",
        "[" + "a." * 10000 + "a]",
        "[[" + "a." * 10000 + "a]]",
    ):
        error_of(source)


def test_depth_limit_holds_in_a_deep_caller():
    # The daemon's calls are some twenty frames deep; the limit must still come before the stack's.
    deepest = toml.MAX_DEPTH - 1
    assert deepest >= 15

    def call_at(frames, source):
        return toml.loads(source) if frames == 0 else call_at(frames - 1, source)

    def sources(depth):
        yield "a = " + nested("[", "1", "]", depth)
        yield "a = " + nested("{a = ", "1", "}", depth)
        yield "a." * depth + "a = 1"
        yield "[" + "a." * depth + "a]"

    for source in sources(deepest):
        assert "a" in call_at(40, source), source
    for source in sources(deepest + 1):
        try:
            call_at(40, source)
        except toml.TOMLError as error:
            assert "levels deep" in error.message, error.message
        else:
            raise AssertionError(source)


def test_long_runs():
    # MicroPython's re recurses once per character and would fail on these.
    key, text = "k" * 5000, "x" * 50000
    source = "{} = '{}' #{}\n{}\n[{}2]\n".format(key, text, text, " \t\n" * 3000, key)
    tree = toml.loads(source + 'a = "%s"' % ("\\n" * 5000) + "\nb = [%s]" % ("1, " * 2000))
    assert tree[key] == text
    assert tree[key + "2"]["a"] == "\n" * 5000
    assert tree[key + "2"]["b"] == [1] * 2000


def test_truncated_documents():
    # A power cut during a save leaves a prefix: it must be read or refused, and never crash.
    toml.loads(SAMPLE)
    refused = 0
    for end in range(len(SAMPLE)):
        try:
            toml.loads(SAMPLE[:end])
        except toml.TOMLError as error:
            refused += 1
            assert 1 <= error.line <= SAMPLE[:end].count(b"\n") + 1, (end, str(error))
    assert 0 < refused < len(SAMPLE), refused


def test_corrupted_documents():
    for index in range(len(SAMPLE)):
        for byte in (b"", b'"', b"]", b"=", b"\n", b".", b"\\", b"\xc3"):
            source = SAMPLE[:index] + byte + SAMPLE[index + 1 :]
            try:
                toml.loads(source)
            except toml.TOMLError as error:
                assert 1 <= error.line <= source.count(b"\n") + 1, (index, byte, str(error))
