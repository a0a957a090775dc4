# SPDX-License-Identifier: MIT
"""Text from outside, for a terminal or the journal: a character that a terminal obeys instead of
showing it becomes its number."""

import re

_NO_ASCII = re.compile("[^ -~]")


def _is_obeyed(code):
    # Controls: C0, and DEL with C1.
    if code < 0x20 or 0x7F <= code <= 0x9F:
        return True
    # Separators of lines, and marks that turn the direction of writing (Unicode's UAX 9).
    if 0x2028 <= code <= 0x202E or 0x2066 <= code <= 0x2069 or code in (0x061C, 0x200E, 0x200F):
        return True
    # Halves of a surrogate pair, and no character at all.
    return 0xD800 <= code <= 0xDFFF or code > 0x10FFFF


def visible(text):
    r"""The text with \u001b for an escape character, and so on. JSON stays the same JSON, as it
    has such characters in its strings alone."""
    # Most texts are plain; this finds out without an allocation for each character.
    if not _NO_ASCII.search(text):
        return text
    return "".join(["\\u%04x" % ord(c) if _is_obeyed(ord(c)) else c for c in text])
