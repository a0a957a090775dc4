# SPDX-License-Identifier: MIT
"""The kinds of configuration values: each kind checks one TOML value and says what is wrong.

Every kind has `parse(value)`, which returns the value as the daemon uses it or raises ValueError
with a text that completes "KEY …" ("must be …, not …"); `form`, the same rule in words for the
manual page; and `default`, or REQUIRED. It may have `warn(value)`, which yields texts that
complete "KEY …" about a value that is right and may all the same be a mistake, for `sensord
check`; and `is_secret`, for what other users must not read in the configuration.
"""

import os

from ..errors import ENOENT
from . import REQUIRED
from .nearest import nearest

_MAX_DIGITS = 15
_MAX_TEXT = 1024
_S_IFMT, _S_IFDIR = 0xF000, 0x4000  # <sys/stat.h>
# ProtectHome= in the unit hides them.
HIDDEN = ("/home/", "/root/", "/run/user/")
_UNITS_MS = {"ms": 1, "s": 1000, "min": 60000, "h": 3600000, "d": 86400000}
_UNITS_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024 * 1024, "GiB": 1024 * 1024 * 1024}


def toml_type(value):
    """The name of a TOML value's type in a message to a person."""
    for kind, name in (
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a number"),
        (str, "a string"),
        (list, "an array"),
        (dict, "a table"),
    ):
        if isinstance(value, kind):
            return name
    return "a date or time"


def _split_unit(text):
    """("1.5 s") -> (1.5, "s"); raises ValueError if it is no number followed by a word."""
    end = 0
    while end < len(text) and text[end] in "0123456789.":
        end += 1
    number, unit = text[:end], text[end:].strip()
    if number in ("", ".") or number.count(".") > 1 or len(number) > _MAX_DIGITS:
        raise ValueError
    return (float(number) if "." in number else int(number)), unit


def format_duration(ms):
    """The shortest form of a duration: 90000 -> "90 s"."""
    for unit in ("d", "h", "min", "s"):
        if ms >= _UNITS_MS[unit] and ms % _UNITS_MS[unit] == 0:
            return "%d %s" % (ms // _UNITS_MS[unit], unit)
    return "%d ms" % ms


def format_size(size):
    """The shortest form of a size in bytes: 8388608 -> "8 MiB"."""
    for unit in ("GiB", "MiB", "KiB"):
        if size >= _UNITS_BYTES[unit] and size % _UNITS_BYTES[unit] == 0:
            return "%d %s" % (size // _UNITS_BYTES[unit], unit)
    return "%d B" % size


def _is_number(value):
    """Whether a value is a text that is written as a number."""
    if not isinstance(value, str):
        return False
    digits = value[1:] if value[:1] in ("+", "-") else value
    return digits[:1].isdigit() and all(c.isdigit() or c == "." for c in digits)


class Kind:
    def __init__(self, doc, default=REQUIRED):
        self.doc = doc
        self.default = default


class Text(Kind):
    form = "a string"

    def parse(self, value):
        if not isinstance(value, str):
            raise ValueError("must be a string, not %s" % toml_type(value))
        if not value:
            raise ValueError("must not be empty")
        if min(value) < " ":
            raise ValueError("must not contain control characters")
        if len(value) > _MAX_TEXT:
            raise ValueError("must not be longer than %d characters" % _MAX_TEXT)
        return value


class Secret(Text):
    """A password, or the like."""

    is_secret = True


class Topic(Text):
    form = "a topic with {host} and {sensor}"

    def parse(self, value):
        value = Text.parse(self, value)
        if "{sensor}" not in value.split("/"):
            raise ValueError("must have {sensor} as one of its levels")
        for wildcard in "+#":
            if wildcard in value:
                raise ValueError('must not contain the wildcard "%s"' % wildcard)
        rest = value.replace("{sensor}", "").replace("{host}", "")
        if "{" in rest or "}" in rest:
            raise ValueError("knows only {host} and {sensor}")
        return value


class TopicPrefix(Text):
    form = "the first levels of a topic"

    def parse(self, value):
        value = Text.parse(self, value)
        for character in "+#{}\0":
            if character in value:
                raise ValueError('must not contain "%s"' % character)
        if "" in value.split("/"):
            raise ValueError("must not have an empty level: no / at its start or end")
        return value


class Boolean(Kind):
    form = "true or false"

    def parse(self, value):
        if not isinstance(value, bool):
            raise ValueError("must be true or false, not %s" % toml_type(value))
        return value


class Number(Kind):
    form = "a number from %s to %s"
    _types = (int, float)
    _name = "a number"

    def __init__(self, doc, low, high, default=REQUIRED):
        Kind.__init__(self, doc, default)
        self.low = low
        self.high = high
        self.form = self.form % (low, high)

    def parse(self, value):
        if isinstance(value, bool) or not isinstance(value, self._types):
            hint = ": write it without quotes" if _is_number(value) else ""
            raise ValueError("must be %s, not %s%s" % (self._name, toml_type(value), hint))
        if not self.low <= value <= self.high:
            raise ValueError("must be from %s to %s, not %s" % (self.low, self.high, value))
        return value


class Integer(Number):
    form = "an integer from %s to %s"
    _types = int
    _name = "an integer"


class Choice(Kind):
    def __init__(self, doc, choices, default=REQUIRED):
        Kind.__init__(self, doc, default)
        self.choices = choices
        quoted = ['"%s"' % c if isinstance(c, str) else str(c) for c in choices]
        self.form = quoted[0]
        if len(quoted) > 1:
            self.form = ", ".join(quoted[:-1]) + " or " + quoted[-1]

    def parse(self, value):
        if value not in self.choices:
            raise ValueError("must be %s, not %s" % (self.form, self._shown(value)))
        return value

    def _shown(self, value):
        """A wrong value, and the choice that was probably meant."""
        if not isinstance(value, str):
            return toml_type(value)
        meant = nearest(value, [c for c in self.choices if isinstance(c, str)])
        return '"%s"' % value + ('; did you mean "%s"?' % meant if meant else "")


class Address(Kind):
    """The address of a chip on I2C, or None."""

    form = "an address from 0x03 to 0x77"
    _LOW, _HIGH = 0x03, 0x77

    def __init__(self, doc):
        Kind.__init__(self, doc, None)

    def parse(self, value):
        if isinstance(value, bool) or not isinstance(value, int):
            hint = ": write it without quotes" if isinstance(value, str) else ""
            raise ValueError("must be %s, not %s%s" % (self.form, toml_type(value), hint))
        if self._LOW <= value <= self._HIGH:
            return value
        hint = ""
        if self._HIGH < value <= 0xFF and self._LOW <= value >> 1 <= self._HIGH:
            hint = "; without the bit for reading and writing it is 0x%02x" % (value >> 1)
        sign = "-" if value < 0 else ""
        raise ValueError("must be from 0x03 to 0x77, not %s0x%02x%s" % (sign, abs(value), hint))


class _WithUnit(Kind):
    def __init__(self, doc, low, high, default=REQUIRED):
        Kind.__init__(self, doc, default)
        self.low = low
        self.high = high

    def parse(self, value):
        if not isinstance(value, str):
            raise ValueError("must be %s, not %s" % (self.form, toml_type(value)))
        if value[:1].isdigit() and "," in value:
            raise ValueError('must be %s, not "%s": a number has a point' % (self.form, value))
        try:
            number, unit = _split_unit(value)
        except ValueError:
            raise ValueError('must be %s, not "%s"' % (self.form, value))
        if unit not in self._units:
            known = ", ".join(sorted(self._units, key=lambda name: self._units[name]))
            if not unit:
                raise ValueError('"%s" has no unit: use one of %s' % (value, known))
            raise ValueError('has the unknown unit "%s": use one of %s' % (unit, known))
        result = int(round(number * self._units[unit]))
        if not self.low <= result <= self.high:
            raise ValueError(
                'must be from %s to %s, not "%s"'
                % (self._format(self.low), self._format(self.high), value)
            )
        return result


class Duration(_WithUnit):
    """A string such as "500 ms"; parses to milliseconds. `low` and `high` are milliseconds."""

    form = 'a duration such as "30 s"'
    _units = _UNITS_MS
    _format = staticmethod(format_duration)


class DurationOr(Duration):
    """A duration, or a word that stands for 0."""

    def __init__(self, doc, low, high, word, default=REQUIRED):
        Duration.__init__(self, doc, low, high, default)
        self._word = word
        self.form = '%s, or "%s"' % (self.form, word)

    def parse(self, value):
        return 0 if value == self._word else Duration.parse(self, value)


class Size(_WithUnit):
    """A string such as "8 MiB"; parses to bytes. `low` and `high` are bytes."""

    form = 'a size such as "8 MiB"'
    _units = _UNITS_BYTES
    _format = staticmethod(format_size)


class ExistingFile(Text):
    form = "the path of a file"
    _folder = False
    _what = "a file"

    def parse(self, value):
        value = Text.parse(self, value)
        try:
            mode = os.stat(value)[0]
            if (mode & _S_IFMT == _S_IFDIR) != self._folder:
                raise ValueError('must be %s, and "%s" is not' % (self.form, value))
            if not self._folder:
                open(value, "rb").close()
        except OSError as error:
            if error.errno == ENOENT:
                raise ValueError('names %s that is not there: "%s"' % (self._what, value))
            raise ValueError(
                'names %s that cannot be read: "%s" (%s)' % (self._what, value, error)
            )
        return value

    def warn(self, value):
        for folder in HIDDEN:
            if value.startswith(folder):
                yield "names %s, and the service cannot read what is in %s" % (value, folder)


class SecretFile(ExistingFile):
    """The file of a private key, or the like."""

    def warn(self, value):
        # Imported when needed: only `sensord check` warns.
        from .permissions import readers

        yield from ExistingFile.warn(self, value)
        who = readers(value)
        if who is not None:
            yield "names %s, which %s can read: chmod 640 %s; chgrp sensord %s" % (
                value, who, value, value,
            )  # fmt: skip


class ExistingFolder(ExistingFile):
    form = "the path of a folder"
    _folder = True
    _what = "a folder"
