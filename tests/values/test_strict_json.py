# SPDX-License-Identifier: MIT
"""files/strict_json.py takes and refuses what CPython's json does, with the same values."""

import importlib.util
import json
import pathlib
import random
import re
import subprocess

import pytest
from support import MICROPYTHON

RUNNER = pathlib.Path(__file__).with_name("strict_json.py")
MAX_DEPTH, LONGEST_NUMBER, LONGEST_INTEGER = 16, 64, 18

VALID = [
    b"0", b"-0", b"-0.0", b"12", b"1.5", b"-1.5e3", b"1E+2", b"1e-7", b"0.1", b"1e400", b"-1e400",
    b"999999999999999999", b"9223372036854775807", b"123456789.012345",
    b"true", b"false", b"null", b" \t\r\n[ ] ", b"{}", b'""', b"[1,2 , 3]", b'[[],{},[{"a":[]}]]',
    b'{"a":1,"b":{"c":[true,null,"x"]}}', b'{"":{"":1}}', b'"\\"\\\\\\/\\b\\f\\n\\r\\t"',
    b'"\\u00fc\\uD83D\\ude00"', "\"K\u00fcche \U0001f600\"".encode(), b'"\x7f"', b'"\\u0000"',
    b"[" * 16 + b"]" * 16,
    b'{"t": 21.54, "ok": true, "n": null, "s": "K\\u00fc", "d": {"x": -1.5}}',
]  # fmt: skip

INVALID = [
    b"", b" ", b"-", b"+1", b"01", b"1.", b".5", b"1e", b"1e+", b"0x10", b"1_0", b"NaN",
    b"Infinity",
    b"-Infinity", b"nan", b"tru", b"True", b"nul", b"[", b"]", b"[1", b"[1,", b"[1,]", b"[,1]",
    b"[1 2]", b"{", b"{a:1}", b"{'a':1}", b'{"a"}', b'{"a":}', b'{"a":1,}', b'{"a":1 "b":2}',
    b'{"a":1}}', b'{"a":1}{"b":2}', b"1 2", b'"', b'"\n"', b'"\x00"', b'"\t"',
    b'"\\x41"', b'"\\u12"',
    b'"\\u12g4"', b'"\\', b"// x\n1", b"\xff", b'"\xc0\x80"',
    b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"',
    b"\xef\xbb\xbf1", b"\xc2\xa01", b"\x0b1", b'{"a":1,"a":2}', b"1" * 65, b"[" * 17 + b"]" * 17,
]  # fmt: skip


class Refused(Exception):
    """CPython takes it, and strict_json says that it does not."""


def _number(text):
    if len(text) > LONGEST_NUMBER:
        raise Refused
    is_integer = len(text) <= LONGEST_INTEGER and not set(text) & set(".eE")
    return int(text) if is_integer else float(text)


def _object(pairs):
    pairs = [(_whole(name), value) for name, value in pairs]
    if len(dict(pairs)) < len(pairs):
        raise Refused
    return dict(pairs)


def _constant(word):
    raise Refused


def _whole(text):
    """A text with U+FFFD for halves of a surrogate pair, as UTF-8 has none."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _depth(value):
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def expected(data, written):
    """The expected result of strict_json for a document, from CPython's json."""

    def plain(value):
        if isinstance(value, str):
            return _whole(value)
        if isinstance(value, list):
            return [plain(item) for item in value]
        return {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else value

    try:
        value = json.loads(
            data.decode(), parse_int=_number, parse_float=_number, parse_constant=_constant,
            object_pairs_hook=_object,
        )  # fmt: skip
        if data.startswith(b"\xef\xbb\xbf") or _depth(value) > MAX_DEPTH:
            return "refused"
    except (ValueError, Refused):
        return "refused"
    return written(plain(value))


@pytest.fixture(scope="module")
def written():
    spec = importlib.util.spec_from_file_location("written", RUNNER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.written


def said(folder, documents):
    """The result of the daemon's interpreter for each document."""
    path = folder / "documents"
    path.write_text("".join(data.hex() + "\n" for data in documents))
    done = subprocess.run(
        [MICROPYTHON, RUNNER, path],
        capture_output=True,
        check=True,
        env={"MICROPYPATH": ".frozen"},
    )
    lines = done.stdout.decode().splitlines()
    assert len(lines) == len(documents)
    return lines


def compare(folder, documents, written):
    taken = 0
    for data, line in zip(documents, said(folder, documents), strict=True):
        if line.startswith("refused"):
            assert re.fullmatch(r"refused ['\"].+['\"]", line), (data, line)
            line = "refused"
        taken += line != "refused"
        assert line == expected(data, written), data
    return taken


def test_a_table(tmp_path, written):
    assert compare(tmp_path, VALID, written) == len(VALID)
    assert compare(tmp_path, INVALID, written) == 0


def test_each_prefix_is_refused(tmp_path, written):
    """Of a number each prefix may be another: a text that stands alone is whole at its end."""
    closed = [data.strip() for data in VALID if data.strip()[-1:] in b'}]"']
    prefixes = [data[:end] for data in closed for end in range(len(data))]
    assert all(line.startswith("refused") for line in said(tmp_path, prefixes))
    assert len(prefixes) > 200


def test_mutated_documents(tmp_path, written):
    """Bytes changed, left out, put in, doubled and swapped, always the same ones."""
    source = random.Random(8259)
    alphabet = b'{}[]",:\\/ 0123456789-+.eEtrufalsn\x00\x1f\x7f\x80\xc3\xed\xf0\t\n'
    documents = []
    while len(documents) < 2000:
        data = bytearray(source.choice(VALID))
        for _ in range(source.randint(1, 3)):
            at = source.randrange(len(data)) if data else 0
            match source.randrange(5):
                case 0 if data:
                    data[at] = source.choice(alphabet)
                case 1 if data:
                    del data[at]
                case 2:
                    data[at:at] = bytes([source.choice(alphabet)])
                case 3:
                    data[at:at] = data[at : at + source.randint(1, 6)]
                case 4 if len(data) > 1:
                    other = source.randrange(len(data))
                    data[at], data[other] = data[other], data[at]
        documents.append(bytes(data))
    taken = compare(tmp_path, documents, written)
    assert 200 < taken < 1800, taken
