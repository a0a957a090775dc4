# SPDX-License-Identifier: MIT
"""A pattern that can never match is refused with what to write."""

from sensord.schema.pattern import Pattern, groups

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
    ("(", "no regular expression"),
    ("a)", "no regular expression"),
    ("*a", "no regular expression"),
    ("[a", "no regular expression"),
    ("a\\", "no regular expression"),
    ("(" * 200 + "a" + ")" * 200, "no regular expression"),
    ("a" * 501, "has more than 500 characters"),
    ("", "must not be empty"),
    (5, "must be a string"),
)

TAKEN = (
    "^T=([0-9.]+)$", "T=(.*?);", "^.*T=(\\d+)", "a$", "(a|b$)", "(^a|^b)c", "a|^b", "^a$|^b$",
    "a$|b", "(a$)", "a?b", "(a)+", "(ab)*c", "\\{x\\}", "[{]a", "\\$\\^a",
    "[$^]+", "[^,]*,(.*)", "\\\\t", "([+-]?\\d+)", "a\\.b", "°C (.)", "(ä|ö)",
    "a$\\s*", "(a(b)?)?", "(a+)+b", "([0-9]+)*x", "((a*))*", "(a|aa)+$",
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
