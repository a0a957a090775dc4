# SPDX-License-Identifier: MIT
"""Reads made-up and mutated TOML; see fuzzing.py for its command line.

Any exception but TOMLError is a failure, and a place outside the document. The reference says
whether each document is valid, and what is in it.
"""

import json
import random

import fuzzing
from mutations import mutated

from sensord.config.toml import Moment, TOMLError, loads

DOCUMENTS = (
    b'[mqtt]\nserver = "mqtt://broker.local"\nqos = 1\n\n[sensor.noise]\ntype = "sound"\n'
    b'interval = "1 min" # told\n[sensor.noise.values."laeq db"]\nvalid = [0, 140]\n',
    b"a.b.c = 1\na.b.d = {e = 2, f.g = 0x1F}\n[[t]]\nx = [1, 2.5e3, [true]]\n[[t]]\n[t.u]\ny = 1",
    b"d = 1979-05-27T07:32:00.5-07:00\ne = 1979-05-27 07:32:00\nf = 1979-05-27\ng = 07:32:00\n",
    b'm = """\none \\\n  two "quoted" \\u00e9\\U0001F600"""\n'
    b"l = '''raw \\n'''\n\"\" = 'x'\n",
    b"i = [0, -0, +1_000, 0o17, 0b1_1, 9223372036854775807]\n"
    b"f = [1e5, 1.5E-3, nan, 6.02_2e+23]\r\n",
)
WORDS = (
    b"[a]\n", b"[[a]]\n", b"[a.b]\n", b"[[a.b]]\n", b"a = 1\n", b"a.b = 1\n", b"b = {a = 1}\n",
    b"b = []\n", b"a", b".", b" = ", b"\n", b"\r\n", b"\r", b"\t", b"#x\n", b"'", b'"', b"'''",
    b'"""',
    b"\\", b"\\u0041", b"\\ud800", b"\\U00110000", b"{", b"}", b"[", b"]", b",", b"_", b"0", b"1",
    b"9",
    b"-", b"+", b"e", b"true", b"inf", b"0x", b"1979-02-29", b"2000-02-29T23:59:60Z", b"24:00:00",
    b"\xc3\xa9", b"\xed\xa0\x80", b"\xff", b"\0", b"\x7f", b"\xef\xbb\xbf", b"9" * 20, b"1" * 131,
)  # fmt: skip
KEYS = (b"a", b"b", b"c.d", b"a.b", b'"a"', b"''", b"a.b.c")
HEADERS = (b"[%s]\n", b"[[%s]]\n", b"[ %s ] # x\n")
VALUES = (
    b"1", b"-1.5", b"'x'", b'"\\n\\u00e9"', b"[]", b"[1, [2,\n3],]", b"{}", b"{a = 1, b.c = 2}",
    b"1979-05-27T00:32:00.999999-07:00", b"1979-05-27", b"07:32:00.5", b"inf", b"0xdead_beef",
    b'"""\nx\\\n  y"""', b"true", b"6.626e-34", b"[{a = 1}, {}]",
)  # fmt: skip
LONGEST = 600


def some(sequence):
    return sequence[random.getrandbits(16) % len(sequence)]


def make():
    kind = random.getrandbits(2)
    if kind == 0:
        data = mutated(some(DOCUMENTS), WORDS)
    elif kind == 1:
        data = b"".join([some(WORDS) for _ in range(random.getrandbits(4) + 1)])
    else:
        # Whole lines: they are valid, unless a key comes twice or a table changes its kind.
        data = b""
        for _ in range(random.getrandbits(3) + 1):
            if random.getrandbits(2):
                data += some(KEYS) + b" = " + some(VALUES) + b"\n"
            else:
                data += some(HEADERS) % some(KEYS)
        if kind == 3:
            data = mutated(data, WORDS, 2)
    return data[:LONGEST]


def plain(value):
    """The value as lists of texts, whose JSON keeps types, order and every bit that counts."""
    if isinstance(value, dict):
        return ["table", [[key.encode().hex(), plain(part)] for key, part in value.items()]]
    if isinstance(value, list):
        return ["array", [plain(part) for part in value]]
    if isinstance(value, Moment):
        return ["moment", value.text]
    if isinstance(value, str):
        return ["text", value.encode().hex()]
    if isinstance(value, bool):
        return ["bool", str(value)]
    return ["integer" if isinstance(value, int) else "float", str(value)]


def check(data):
    lines = {}
    try:
        value = loads(data, lines)
    except TOMLError as error:
        count = data.count(b"\n") + 1
        assert 1 <= error.line <= count and error.column >= 1, "no place in the document"
        fuzzing.tell(data, "! " + error.message.encode().hex())
        return 0
    assert all(1 <= line <= data.count(b"\n") + 1 for line in lines.values()), "no such line"
    fuzzing.tell(data, "= " + json.dumps(plain(value)))
    return 1


fuzzing.main("toml_reader", make, check)
