# SPDX-License-Identifier: MIT
"""Text from outside, for a terminal or the journal: a character that a terminal obeys instead of
showing it becomes its number."""

import re

_NO_ASCII = re.compile("[^ -~]")
# First and last of each range: controls (C0 and DEL with C1), marks that turn the direction of
# writing (Unicode's UAX 9), separators of lines, halves of surrogate pairs, no character at all.
_OBEYED = (
    (0x00, 0x1F), (0x7F, 0x9F), (0x061C, 0x061C), (0x200E, 0x200F), (0x2028, 0x202E),
    (0x2066, 0x2069), (0xD800, 0xDFFF), (0x110000, 0x7FFFFFFF),
)  # fmt: skip


def _is_obeyed(code):
    return any(first <= code <= last for first, last in _OBEYED)


def visible(text):
    r"""The text with \u001b for an escape character, and so on. JSON stays the same JSON, as it
    has such characters in its strings alone."""
    # Most texts are plain; this finds out without an allocation for each character.
    if not _NO_ASCII.search(text):
        return text
    return "".join(["\\u%04x" % ord(c) if _is_obeyed(ord(c)) else c for c in text])
