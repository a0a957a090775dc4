# SPDX-License-Identifier: MIT
"""The output of a command, cut at each byte: never a value that it has not printed."""

from sensord.errors import Fault
from sensord.inputs.command.sensor import parse

INTERPRETERS = ("sensord",)
SAMPLE = '{"t": 21.54, "ok": true, "n": null, "s": "Küche \\u00fc", "d": {"x": -1.5e3, "y": 12}}\n'
WHOLE = [
    ("d_x", -1500.0), ("d_y", 12), ("n", None), ("ok", True), ("s", "Küche ü"), ("t", 21.54),
]  # fmt: skip


def test_a_sample_that_is_cut_is_refused():
    data = SAMPLE.encode()
    assert parse(data) == WHOLE and parse(data[:-1]) == WHOLE
    for end in range(len(data) - 1):
        try:
            found = parse(data[:end])
        except Fault:
            continue
        raise AssertionError((data[:end], found))


def test_a_sample_that_lacks_a_byte_is_refused_or_another_whole_one():
    """Without a comma, a colon or a bracket nothing is taken for whole."""
    data = SAMPLE.encode()
    for i, c in enumerate(data):
        if c in b',:{}"':
            try:
                found = parse(data[:i] + data[i + 1 :])
            except Fault:
                continue
            raise AssertionError((i, found))
