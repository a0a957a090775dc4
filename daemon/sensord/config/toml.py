# SPDX-License-Identifier: MIT
"""TOML 1.0.0 reader. The comments name sections of https://toml.io/en/v1.0.0.

It works on bytes, for MicroPython counts from the start to find a character of a str that is not
all ASCII. loads() checks once that the document is UTF-8 without control characters and appends
a newline and 0xFF: so the byte after a token is always there, and white space if up to 0x20.
"""

import re
from collections import OrderedDict, namedtuple

from ..files.utf8 import decoded
from .toml_hints import after_value, hint, quotes

# A level of nesting costs up to three calls, and MicroPython's stack holds about 140 altogether.
MAX_DEPTH = 16

_NEWLINE, _SPACE, _QUOTE, _HASH, _APOSTROPHE = b"\n \"#'"
_COMMA, _DOT, _EQUALS, _OPEN, _CLOSE, _OPEN_INLINE, _CLOSE_INLINE = b",.=[]{}"
_END = 0xFF

# Keys and numbers are short: swallowed byte by byte they take as long as with re, without its
# garbage, and without its recursion, which fails on runs of more than 1200 bytes.
_BARE = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_AFTER_BARE = set(b"\t\n #,.=]}\xff")
_AFTER_WORD = set(b"\t\n #,=]}\xff")

_BOOLEANS = {b"true": True, b"false": False}
_ESCAPES = {34: b'"', 92: b"\\", 98: b"\b", 102: b"\f", 110: b"\n", 114: b"\r", 116: b"\t"}
_CONTROL = re.compile(b"[^\t\n -~\x80-\xff]")

# "Integer" and "Float". Two underscores side by side pass these patterns.
_LONGEST_NUMBER = 130  # re recurses for each character; 64 binary digits, underscored, are 129
_DECIMAL = b"[+-]?(0|[1-9]([0-9_]*[0-9])?)"
_BASES = b"0x[0-9a-fA-F]([0-9a-fA-F_]*[0-9a-fA-F])?$|0o[0-7]([0-7_]*[0-7])?$|0b[01]([01_]*[01])?$"
_INTEGER = re.compile(_DECIMAL + b"$|" + _BASES)
_RUN = b"[0-9]([0-9_]*[0-9])?"
_FLOAT = re.compile(_DECIMAL + b"(\\." + _RUN + b")?([eE][+-]?" + _RUN + b")?$|[+-]?(inf|nan)$")

# "Offset Date-Time" to "Local Time", as in RFC 3339, which has the leap second.
_DATE = b"\\d\\d\\d\\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])"
_TIME = b"([01]\\d|2[0-3]):[0-5]\\d:([0-5]\\d|60)(\\.\\d+)?"
_MOMENTS = (
    ("datetime", re.compile(_DATE + b"T" + _TIME + b"(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$")),
    ("datetime-local", re.compile(_DATE + b"T" + _TIME + b"$")),
    ("date-local", re.compile(_DATE + b"$")),
    ("time-local", re.compile(_TIME + b"$")),
)
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# How a table or array was made decides who may add to it. A table made by dotted keys has
# instead the offset of the section those keys stand in, which alone may add to it. A table that
# only leads to another one, as a in [a.b], has no kind until it is defined itself.
_HEADER, _INLINE, _TABLES = -1, -2, -3


class TOMLError(ValueError):
    """The document is not TOML 1.0.0: `message` says why, `line` and `column` where, from 1."""

    def __init__(self, message, source, offset):
        start = source.rfind(b"\n", 0, offset) + 1
        self.message = message
        self.line = source.count(b"\n", 0, offset) + 1
        self.column = len(source[start:offset].decode()) + 1
        super().__init__(f"line {self.line}, column {self.column}: {message}")


# A date, a time or both. `kind` is "datetime" (it has an offset), "datetime-local", "date-local"
# or "time-local"; `text` is RFC 3339, with T and Z in upper case and every digit as written.
Moment = namedtuple("Moment", ("kind", "text"))


def loads(source, lines=None):
    """Parse a TOML 1.0.0 document.

    :param source: the document as bytes, or as str
    :param lines: a dict that receives the line number of each key, table and array element
        under its path, such as ``("sensor", "noise", "rate")`` or ``("labels", 0)``
    :return: the root table, as an OrderedDict like every table; arrays are list, values are
        str, int, float, bool or Moment
    :raises TOMLError: the document is not valid, has an integer of more than 64 bits, a number
        of more than 130 characters, or tables and arrays more than MAX_DEPTH levels deep
    """
    if isinstance(source, str):
        # Surrogates pass here because the check of the bytes can name their place.
        source = source.encode("utf-8", "surrogatepass")
    if source[:3] == b"\xef\xbb\xbf":
        source = source[3:]
    source = source.replace(b"\r\n", b"\n")
    if not _is_text(source):
        raise _not_text(source)
    return _Parser(source, {} if lines is None else lines).document()


def _is_text(data):
    try:
        decoded(data)
    except UnicodeError:
        return False
    return not _CONTROL.search(data)


def _not_text(source):
    """Return the error for the first character of source that is not allowed in TOML."""
    pos = 0
    while True:
        for size in (1, 2, 3, 4):
            if _is_text(source[pos : pos + size]):
                pos += size
                break
        else:
            return TOMLError(f"byte 0x{source[pos]:02X} is not allowed in UTF-8 text", source, pos)


class _Parser:
    """One pass over a document; self.pos is the offset of the next byte."""

    def __init__(self, source, lines):
        self.src = source + b"\n\xff"
        self.pos = 0
        self.lines = lines
        self.kinds = {}
        self.counted = (0, 1)

    def line_at(self, pos):
        """Return the line number of pos, which must not be before the last one asked for."""
        start, line = self.counted
        line += self.src.count(b"\n", start, pos)
        self.counted = (pos, line)
        return line

    def error(self, pos, message):
        # The two bytes that loads() appended are no place in the user's file.
        return TOMLError(message, self.src, min(pos, len(self.src) - 2))

    def unexpected(self, expected):
        if self.src[self.pos] in (_NEWLINE, _END):
            return self.error(self.pos, "missing " + expected)
        return self.error(self.pos, f'expected {expected}, found "{self.word(self.pos)}"')

    def duplicate(self, path, pos):
        first = self.lines[path]
        return self.error(pos, f'duplicate key "{path[-1]}", first set on line {first}')

    def deeper(self, path, part):
        if len(path) == MAX_DEPTH:
            raise self.error(self.pos, f"nested more than {MAX_DEPTH} levels deep")
        return path + (part,)

    def word(self, start):
        return self.src[start : self.word_end(start + 1)].decode()

    def word_end(self, pos):
        while self.src[pos] not in _AFTER_WORD:
            pos += 1
        return pos

    def skip_spaces(self):
        """Skip spaces and tabs; return the byte after them."""
        src, pos = self.src, self.pos
        while src[pos] <= _SPACE and src[pos] != _NEWLINE:
            pos += 1
        self.pos = pos
        return src[pos]

    def skip_blank(self):
        """Skip white space, newlines and comments; return the byte after them."""
        while self.skip_spaces() in (_NEWLINE, _HASH):
            self.pos = self.src.find(b"\n", self.pos) + 1
        return self.src[self.pos]

    def document(self):
        root = table = OrderedDict()
        path, section = (), 0
        while self.skip_blank() != _END:
            if self.src[self.pos] == _OPEN:
                section = self.pos
                table, path = self.header(root)
            else:
                self.pair(table, path, section)
            if self.skip_spaces() not in (_NEWLINE, _HASH):
                raise self.unexpected(after_value(self.word(self.pos)))
        return root

    def header(self, root):
        """Parse [table] or [[table]]; return the table that it opens and its path."""
        start = self.pos
        line = self.line_at(start)
        close = b"]]" if self.src[start + 1] == _OPEN else b"]"
        self.pos += len(close)
        self.skip_spaces()
        parts = self.key()
        if self.src[self.pos : self.pos + len(close)] != close:
            raise self.unexpected(f'"{close.decode()}"')
        self.pos += len(close)
        table, path = root, ()
        for part in parts[:-1]:
            table, path = self.enter(table, self.deeper(path, part), start)
        path = self.deeper(path, parts[-1])
        if close == b"]]" and parts[-1] not in table:
            table[parts[-1]] = []
            self.kinds[path] = _TABLES
            self.lines[path] = line
        if self.kinds.get(path) != (_TABLES if close == b"]]" else None):
            raise self.duplicate(path, start)
        if close == b"]]":
            table[parts[-1]].append(OrderedDict())
        table, path = self.enter(table, path, start)
        self.kinds[path] = _HEADER
        self.lines[path] = line
        return table, path

    def enter(self, table, path, start):
        """Return the table at path, new or the last of an array of tables, and its path."""
        child = table.get(path[-1])
        if child is None:
            child = table[path[-1]] = OrderedDict()
            self.lines[path] = self.line_at(start)
        elif self.kinds.get(path) == _TABLES:
            return child[-1], self.deeper(path, len(child) - 1)
        elif self.kinds.get(path) == _INLINE or not isinstance(child, dict):
            raise self.duplicate(path, start)
        return child, path

    def pair(self, table, path, section):
        """Parse key = value into table; section is the offset of the header or brace before."""
        start = self.pos
        parts = self.key()
        if self.src[self.pos] != _EQUALS:
            raise self.unexpected(f'"=" after key "{parts[-1]}"')
        for part in parts[:-1]:
            path = self.deeper(path, part)
            if self.kinds.get(path, section) != section:
                raise self.duplicate(path, start)
            table, path = self.enter(table, path, start)
            self.kinds[path] = section
        path = self.deeper(path, parts[-1])
        if parts[-1] in table:
            raise self.duplicate(path, start)
        self.lines[path] = self.line_at(start)
        self.pos += 1
        self.skip_spaces()
        table[parts[-1]] = self.value(path)

    def key(self):
        """Parse a bare, quoted or dotted key and the space after it; return its parts."""
        parts = [self.key_part()]
        while self.skip_spaces() == _DOT:
            self.pos += 1
            self.skip_spaces()
            parts.append(self.key_part())
        return parts

    def key_part(self):
        src, start = self.src, self.pos
        if src[start] == _QUOTE or src[start] == _APOSTROPHE:
            return self.string(False)
        end = start
        while src[end] in _BARE:
            end += 1
        if end == start or src[end] not in _AFTER_BARE:
            raise self.unexpected("key of A-Z, a-z, 0-9, - and _, or in quotes")
        self.pos = end
        return src[start:end].decode()

    def value(self, path):
        byte = self.src[self.pos]
        if byte == _QUOTE or byte == _APOSTROPHE:
            return self.string(True)
        if byte == _OPEN:
            return self.array(path)
        if byte == _OPEN_INLINE:
            return self.inline_table(path)
        return self.scalar()

    def array(self, path):
        line = self.line_at(self.pos)
        self.pos += 1
        items = []
        while self.skip_blank() != _CLOSE:
            item_path = self.deeper(path, len(items))
            self.lines[item_path] = self.line_at(self.pos)
            items.append(self.value(item_path))
            byte = self.skip_blank()
            if byte == _COMMA:
                self.pos += 1
            elif byte != _CLOSE:
                raise self.unexpected(f'"," or "]" in the array from line {line}')
        self.pos += 1
        return items

    def inline_table(self, path):
        section = self.pos
        self.pos += 1
        table = OrderedDict()
        byte = self.skip_spaces()
        while byte != _CLOSE_INLINE:
            self.pair(table, path, section)
            byte = self.skip_spaces()
            if byte == _COMMA:
                self.pos += 1
                self.skip_spaces()
            elif byte != _CLOSE_INLINE:
                raise self.unexpected('"," or "}" on the line of the inline table')
        self.pos += 1
        self.kinds[path] = _INLINE
        return table

    def string(self, multiline):
        """Parse a string; only if multiline is true may it stand in three quotes."""
        src, start = self.src, self.pos
        mark = src[start : start + 1]
        pos, limit = start + 1, src.find(b"\n", start)
        if multiline and src[start : start + 3] == mark * 3:
            mark, pos, limit = mark * 3, start + 3, len(src)
            if src[pos] == _NEWLINE:
                pos += 1
        pieces, end = [], -1
        while True:
            if end < pos:
                end = src.find(mark, pos, limit)
            if end < 0:
                line = src[start : src.find(b"\n", start)].decode()
                raise self.error(start, "missing closing quote" + quotes(line))
            slash = src.find(b"\\", pos, end) if src[start] == _QUOTE else -1
            if slash < 0:
                break
            pieces.append(src[pos:slash])
            pos = self.escape(slash, pieces, len(mark) == 3)
        first = end
        while len(mark) == 3 and end < first + 2 and src[end + 3] == src[start]:
            end += 1  # a quote of the text itself stands before the closing three
        pieces.append(src[pos:end])
        self.pos = end + len(mark)
        return b"".join(pieces).decode()

    def escape(self, pos, pieces, multiline):
        """Append what the backslash at pos stands for to pieces; return the offset after it."""
        src, end = self.src, pos + 2
        letter = src[pos + 1]
        if letter in _ESCAPES:
            pieces.append(_ESCAPES[letter])
            return end
        if letter in b"uU":
            end += 4 if letter == 0x75 else 8
            digits = src[pos + 2 : end]
            code = -1 if digits.strip(b"0123456789abcdefABCDEF") else int(digits, 16)
            if 0 <= code < 0xD800 or 0xDFFF < code <= 0x10FFFF:
                pieces.append(chr(code).encode())
                return end
        elif multiline and not src[pos + 1 : src.find(b"\n", pos)].strip(b" \t"):
            while src[end] <= _SPACE:
                end += 1
            return end
        raise self.error(pos, f'bad escape "{self.word(pos)[:2]}"; write \\\\ for a backslash')

    def scalar(self):
        src, start = self.src, self.pos
        end = self.word_end(start)
        if end == start:
            raise self.unexpected("value")
        if src[end] == _SPACE and src[end + 1 : end + 3].isdigit():
            end = self.word_end(end + 1)  # a space may stand between a date and a time
        token = src[start:end]
        self.pos = end
        value = _BOOLEANS.get(token)
        if value is None:
            value = _number_or_moment(token)
        if value is None:
            text = token.decode()
            raise self.error(start, f'value "{text}" is not a TOML value; {hint(text)}')
        if isinstance(value, int) and not -1 << 63 <= value < 1 << 63:
            raise self.error(start, f"integer {token.decode()} does not fit into 64 bits")
        return value


def _number_or_moment(token):
    """Return the int, float or Moment that token stands for, or None."""
    if len(token) > _LONGEST_NUMBER or b"__" in token:
        return None
    if _INTEGER.match(token):
        return int(token.replace(b"_", b""), 0)
    if _FLOAT.match(token):
        return float(token.replace(b"_", b""))
    text = token.upper().replace(b" ", b"T")
    for kind, pattern in _MOMENTS:
        if pattern.match(text) and (kind == "time-local" or _is_day(text)):
            return Moment(kind, text.decode())
    return None


def _is_day(text):
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    if month == 2 and day == 29:
        return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= _MONTH_DAYS[month - 1]
