# SPDX-License-Identifier: MIT
"""Reads made-up and mutated JSON; see fuzzing.py for its command line.

Any exception but JSONError is a failure. The reference says whether each text is valid, and what
is in it.
"""

import json
import random

import fuzzing
from mutations import mutated

from sensord.files.strict_json import JSONError, loads

TEXTS = (
    b'{"temperature_c": 21.5, "id": "28-00", "on": true, "none": null, "list": [1, -2.5e-3, {}]}',
    b' [ "\\u00e9\\ud83d\\ude00\\n\\/", "\xc3\xa9\xf0\x9f\x98\x80",123456789012345678, 0, 1E5] \n',
    b'{"a":{"b":{"c":[[[["x"]]]]}}}',
)
WORDS = (
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud83d", b"\\udc00", b"\\u0000",
    b"true", b"false", b"null", b"NaN", b"Infinity", b"-", b"+", b".", b"e", b"0", b"01", b"1",
    b"9" * 19, b"9" * 70, b"1e999", b" ", b"\t", b"\n", b"\x0b", b"\0", b"\x1f", b"\x7f", b"\xff",
    b"\xc3\xa9", b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"a":1,', b"[" * 20, b"//x\n", b"'",
)  # fmt: skip


SCALARS = (
    b"0", b"-1", b"1.5e3", b"123456789012345678", b"-1234567890123456789", b"true", b"null", b'""',
    b'"\\ud83d\\ude00\\u0041"', b'"\\ud83d\\ud83d\\ude00"', b'"\\udc00x"', b'"\xc3\xa9"',
    b"1E-400",
)  # fmt: skip
NAMES = (b'"a"', b'"b"', b'""', b'"\\u0061"', b'"a b"')


def some(sequence):
    return sequence[random.getrandbits(16) % len(sequence)]


def value(depth):
    kind = random.getrandbits(2)
    if kind < 2 or depth > 6:
        return some(SCALARS)
    parts = [value(depth + 1) for _ in range(random.getrandbits(2))]
    if kind == 2:
        return b"[" + b", ".join(parts) + b"]"
    return b"{" + b",".join([some(NAMES) + b" : " + part for part in parts]) + b"}"


def make():
    kind = random.getrandbits(2)
    if kind == 0:
        return mutated(some(TEXTS), WORDS)
    if kind == 1:
        return b"".join([some(WORDS) for _ in range(random.getrandbits(3) + 1)])
    return value(0) if kind == 2 else mutated(value(0), WORDS, 2)


def plain(value):
    """The value as lists of texts, whose JSON keeps types and every bit that counts."""
    if isinstance(value, dict):
        return ["object", [[key.encode().hex(), plain(part)] for key, part in value.items()]]
    if isinstance(value, list):
        return ["array", [plain(part) for part in value]]
    if isinstance(value, str):
        return ["text", value.encode().hex()]
    if value is None or isinstance(value, bool):
        return ["word", str(value)]
    return ["integer" if isinstance(value, int) else "float", str(value)]


def check(data):
    try:
        value = loads(data)
    except JSONError as error:
        fuzzing.tell(data, "! " + str(error).encode().hex())
        return 0
    fuzzing.tell(data, "= " + json.dumps(plain(value)))
    return 1


fuzzing.main("json_reader", make, check)
