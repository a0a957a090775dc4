# SPDX-License-Identifier: MIT
"""A pattern that can never match, or can take for ever, is refused with what to write."""

from sensord.schema.pattern import Backtracking, Pattern, groups

REFUSED = (
    ("a{2}", "or \\{ for the character"),
    ("(a){2,3}", "write the part as often as it comes"),
    ("(?:a)", "write a plain group"),
    ("(?i)a", "write a plain group"),
    ("a\\t(.)", "write \\s for a tab"),
    ("[\\t ](.)", "write \\s for a tab"),
    ("a\\n", "a line is matched without its end"),
    ("a\\r", "a line is matched without its end"),
    ("\\bT", 'has "\\b"'),
    ("(a)\\1", "a group cannot be referred to here"),
    ("\\x41", "known: \\d \\D \\s \\S \\w \\W"),
    ("a\\Z", "known: \\d"),
    ("[[:digit:]]+", "write [0-9]"),
    ("[]a]", "empty class"),
    ("[äö]", "characters of ASCII"),
    ("a$b", '"$" where no line ends'),
    ("(a$)b", '"$" where no line ends'),
    ("a$ (b|c)", '"$" where no line ends'),
    ("(a$|b)c", '"$" where no line ends'),
    ("a^b", '"^" where no line begins'),
    ("a(^b)", '"^" where no line begins'),
    ("(a)^", '"^" where no line begins'),
    ("(a+)+b", "can take for ever"),
    ("([0-9]+)*x", "can take for ever"),
    ("((a*))*", "can take for ever"),
    ("(a|aa)+$", "can take for ever"),
    ("(", "no regular expression"),
    ("a)", "no regular expression"),
    ("*a", "no regular expression"),
    ("[a", "no regular expression"),
    ("a\\", "no regular expression"),
    ("(" * 200 + "a" + ")" * 200, "no regular expression"),
    ("", "must not be empty"),
    (5, "must be a string"),
)

TAKEN = (
    "^T=([0-9.]+)$", "T=(.*?);", "^.*T=(\\d+)", "a$", "(a|b$)", "(^a|^b)c", "a|^b", "^a$|^b$",
    "a$|b", "(a$)", "a?b", "(a)+", "(ab)*c", "\\{x\\}", "[{]a", "\\$\\^a",
    "[$^]+", "[^,]*,(.*)", "\\\\t", "([+-]?\\d+)", "a\\.b", "°C (.)", "(ä|ö)",
    "a$\\s*", "(a(b)?)?",
)  # fmt: skip


def test_patterns_that_cannot_match_are_refused():
    kind = Pattern("")
    for pattern, words in REFUSED:
        try:
            kind.parse(pattern)
        except ValueError as error:
            assert words in str(error), (pattern, str(error))
        else:
            # CPython's nests deeper.
            assert pattern[:9] == "(" * 9, pattern


def test_patterns_that_can_match_are_taken():
    kind = Pattern("")
    for pattern in TAKEN:
        assert kind.parse(pattern) == pattern


def test_groups_are_counted():
    for pattern, count in (
        ("a", 0), ("(a)", 1), ("(a(b))(c)", 3), ("\\(a\\)", 0), ("[(]a(b)", 1), ("[\\](](b)", 1),
        ("\\\\(a)", 1),
    ):  # fmt: skip
        assert groups(pattern) == count, pattern


def test_the_work_of_a_pattern_is_bounded():
    """Patterns that people write take few steps of any line; the others many of some."""
    fast = (
        ("^E=([0-9.]+) kWh P=(-?[0-9]+) (.+)$", b"E=" + b"1" * 1022),
        (",".join(["([^,]*)"] * 20), b"," * 1024),
        (",".join(["(.*)"] * 8), b"1.25," * 7 + b"3"),
        ("^.*T=(\\d+)", b"T=" * 512),
        ("1-0:1\\.8\\.1\\((.*)\\*kWh\\)", b"(" * 1024),
        ("(\\d+) (\\d+) (\\d+)$", b"1 " * 512),
    )
    for pattern, line in fast:
        assert Backtracking(pattern).steps(line) < 2000000, pattern
    slow = (
        (".*.*.*.*x", b"a" * 1024),
        (".*a.*a.*a.*a.*b", b"a" * 300),
        ("\\d*\\d*\\d*\\d*x", b"1" * 500),
        ("a?" * 30 + "a" * 30, b"a" * 30),
    )
    for pattern, line in slow:
        assert Backtracking(pattern).steps(line) > 2000000, pattern
    assert Backtracking(".*.*.*.*x").steps(b"") == 0
