# SPDX-License-Identifier: MIT
"""A strict parser for JSON from other programs (RFC 8259).

The interpreter's json.loads() accepts a text that ends early or lacks commas: {"kwh": 1234567 of a
program that was killed would count as a value.
"""

import re

from .utf8 import decoded

MAX_DEPTH = 16  # the interpreter allows about 140 nested calls; each level takes three
_LONGEST_NUMBER = 64
_LONGEST_INTEGER = 18  # digits that fit into 64 bits
_NUMBER = re.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NUMBER_CHARACTERS = "0123456789+-.eE"
_BLANK = " \t\n\r"
_WORDS = {"true": True, "false": False, "null": None}
_NO_NUMBERS = ("NaN", "nan", "Infinity", "inf", "None")  # as other programs print them
_ESCAPES = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_HEX = "0123456789abcdefABCDEF"
_REPLACEMENT = "\ufffd"


class JSONError(ValueError):
    """A text is no JSON; says why."""


def loads(data):
    """The value of a JSON text in UTF-8, bytes.

    Objects are dict, arrays are list; an integer of more than 18 digits is a float. Raises
    JSONError, which says what is wrong and at which character.
    """
    try:
        text = decoded(data)
    except UnicodeError:
        raise JSONError("it is not UTF-8")
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text):
        self._text = text
        self._at = 0
        self._depth = 0

    def _error(self, expected):
        if self._at >= len(self._text):
            return JSONError("it ends early: %s is missing" % expected)
        return JSONError(
            "expected %s at character %d, not %r" % (expected, self._at + 1, self._text[self._at])
        )

    def _peek(self):
        """The next character that is not blank, or "" at the end."""
        text, at = self._text, self._at
        while at < len(text) and text[at] in _BLANK:
            at += 1
        self._at = at
        return text[at : at + 1]

    def whole(self):
        value = self._value()
        if self._peek():
            raise self._error("the end")
        return value

    def _value(self):
        c = self._peek()
        if c == "{":
            return self._nested(self._object)
        if c == "[":
            return self._nested(self._array)
        if c == '"':
            return self._string()
        if c and c in "-0123456789":
            return self._number()
        for word, value in _WORDS.items():
            if c and self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        for word in _NO_NUMBERS:
            if self._text.startswith(word, self._at):
                raise JSONError("%s is no JSON: a value that is not known is null" % word)
        raise self._error("a value")

    def _nested(self, parse):
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise JSONError("objects and arrays more than %d levels deep" % MAX_DEPTH)
        self._at += 1
        value = parse()
        self._depth -= 1
        return value

    def _separated(self, closing):
        """Reads a comma or the closing bracket; returns whether it was a comma."""
        c = self._peek()
        if c not in (",", closing) or not c:
            raise self._error('"," or "%s"' % closing)
        self._at += 1
        return c == ","

    def _object(self):
        found = {}
        if self._peek() == "}":
            self._at += 1
            return found
        more = True
        while more:
            if self._peek() != '"':
                raise self._error("a name in quotes")
            name = self._string()
            if name in found:
                raise JSONError("it has the name %r twice" % name)
            if self._peek() != ":":
                raise self._error('":"')
            self._at += 1
            found[name] = self._value()
            more = self._separated("}")
        return found

    def _array(self):
        found = []
        if self._peek() == "]":
            self._at += 1
            return found
        more = True
        while more:
            found.append(self._value())
            more = self._separated("]")
        return found

    def _number(self):
        end = self._at
        while end < len(self._text) and self._text[end] in _NUMBER_CHARACTERS:
            end += 1
        word = self._text[self._at : end]
        if word == "-" and self._text[end : end + 1] in ("I", "i", "N", "n"):
            raise JSONError("-inf is no JSON: a value that is not known is null")
        if len(word) > _LONGEST_NUMBER:
            raise JSONError("a number of %d characters: at most %d" % (len(word), _LONGEST_NUMBER))
        match = _NUMBER.match(word)
        if match is None or match.group(0) != word:
            raise JSONError("%r is no JSON number" % word)
        self._at = end
        is_integer = len(word) <= _LONGEST_INTEGER and not any(c in word for c in ".eE")
        return int(word) if is_integer else float(word)

    def _string(self):
        text, parts = self._text, []
        self._at += 1
        while True:
            end, slash = text.find('"', self._at), text.find("\\", self._at)
            if end < 0:
                self._at = len(text)
                raise self._error("a closing quote")
            plain = text[self._at : end if slash < 0 or end < slash else slash]
            if plain and min(plain) < " ":
                raise JSONError("a control character in a text")
            parts.append(plain)
            if slash < 0 or end < slash:
                self._at = end + 1
                return "".join(parts)
            self._at = slash + 1
            parts.append(self._escape())

    def _escape(self):
        letter = self._text[self._at : self._at + 1]
        self._at += 1
        if letter in _ESCAPES:
            return _ESCAPES[letter]
        if letter != "u":
            self._at -= 1
            raise self._error("an escape that JSON has")
        code = self._hex4()
        if 0xD800 <= code < 0xDC00 and self._text.startswith("\\u", self._at):
            before = self._at
            self._at += 2
            low = self._hex4()
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((code - 0xD800) << 10) + low - 0xDC00)
            # It may be the first half of another pair.
            self._at = before
        return _REPLACEMENT if 0xD800 <= code < 0xE000 else chr(code)

    def _hex4(self):
        digits = self._text[self._at : self._at + 4]
        if len(digits) < 4 or not all(c in _HEX for c in digits):
            raise self._error("four hexadecimal digits")
        self._at += 4
        return int(digits, 16)
