# SPDX-License-Identifier: MIT
"""Patterns match what re matches, in a time that no line and no pattern can blow up."""

import random
import re
import time

import relinear

INTERPRETERS = ("sensord",)

EVIL = (
    "(a|a)*b", "(a*)*b", "(a|aa)+$", "a*a*a*a*a*b", "(.*)(.*)(.*)(.*)x", "([0-9]+)*x", "(a+)+b",
    ".*a.*a.*a.*a.*a.*b", "(a?)" * 30 + "a" * 30 + "b", "(a|a)" * 30 + "b", "((a*)*)*b", "(.+)+x",
    "(a|ab)(a|ba)" * 15 + "c", "\\d*\\d*\\d*\\d*x", "([^x]*[^x]*)*x", "(a*?)*?b",
)  # fmt: skip


def test_no_line_takes_long():
    for line in (b"a" * 1024, b"1" * 1024, b"ab" * 512, b"a" * 24, bytes(range(1, 255)) * 4):
        for pattern in EVIL:
            compiled = re.compile(pattern)
            for match in (relinear.match, relinear.search):
                began_ms = time.ticks_ms()
                match(compiled, line)
                took_ms = time.ticks_diff(time.ticks_ms(), began_ms)
                # A thousandth of that, where nothing else runs.
                assert took_ms < 1000, (pattern, line[:5], took_ms)


def groups(match, count):
    return match and tuple([match.group(i) for i in range(count + 1)])


def test_evil_patterns_match_all_the_same():
    for pattern, line, found in (
        ("(a|aa)+$", b"a" * 1000, (b"a" * 1000, b"a")),
        ("(a|a)*b", b"a" * 1000 + b"b", (b"a" * 1000 + b"b", b"a")),
        ("(a*)*b", b"aab", (b"aab", b"")),
        ("(.*)(.*)x", b"1x2x3", (b"1x2x", b"1x2", b"")),
        ("(a?)(a)(b)?", b"aa", (b"aa", b"a", b"a", None)),
        ("(a?)(a)(b)?", b"a", (b"a", b"", b"a", None)),
        ("^.*T=(\\d+)", b"T=1 T=22", (b"T=1 T=22", b"22")),
        ("^.*?T=(\\d+)", b"T=1 T=22", (b"T=1", b"1")),
        ("(\\w+)\\s(\\S+)$", b"ab c\xc3\xa4", (b"ab c\xc3\xa4", b"ab", b"c\xc3\xa4")),
    ):
        ours = relinear.match(re.compile(pattern), line)
        assert ours is not None and ours[0] == found[0], (pattern, ours)
        if pattern != "(a*)*b":
            assert ours == found, (pattern, ours)
    assert relinear.search(re.compile("b(c)?"), b"aabc") == (b"bc", b"c")
    assert relinear.match(re.compile("b"), b"ab") is None
    assert relinear.match(re.compile("a*"), b"") == (b"",)


def random_pattern(depth):
    """Without a repetition of what may be empty: there re runs into its own depth."""
    parts = []
    for _ in range(random.randint(1, 4)):
        part = random.choice(("a", "b", "c", ".", "[ab]", "[^a]", "\\d", "\\w"))
        if depth and random.randint(0, 2) == 0:
            part = "(" + random_pattern(depth - 1) + ")"
            part += random.choice(("", "?", "??"))
        else:
            part += random.choice(("", "", "*", "+", "?", "*?", "+?", "??"))
        parts.append(part)
    if random.randint(0, 3) == 0:
        parts.insert(random.randint(0, len(parts)), "|")
    text = "".join(parts)
    return text if text[0] != "|" and text[-1] != "|" else "a" + text + "b"


def test_it_finds_what_re_finds():
    random.seed(13)
    compared = matched = 0
    for _ in range(3000):
        pattern = random.choice(("", "^")) + random_pattern(2) + random.choice(("", "$"))
        try:
            compiled, count = re.compile(pattern), pattern.count("(")
        except ValueError:
            # re cannot jump so far, and not repeat the nothing beside a "|".
            continue
        for _ in range(4):
            line = bytes([random.choice(b"aabbc1 ") for _ in range(random.randint(0, 8))])
            for name in ("match", "search"):
                theirs = groups(getattr(compiled, name)(line), count)
                ours = getattr(relinear, name)(compiled, line)
                assert ours == theirs, (name, pattern, line, ours, theirs)
                compared += 1
                matched += theirs is not None
    assert compared > 20000 and matched > 5000, (compared, matched)


def test_wrong_arguments():
    compiled = re.compile("a")
    for kind, arguments in (
        (TypeError, ("a", b"a")),
        (TypeError, (compiled, 5)),
        (ValueError, (compiled, bytes(70000))),
    ):
        try:
            relinear.match(*arguments)
        except kind:
            continue
        raise AssertionError(arguments)
