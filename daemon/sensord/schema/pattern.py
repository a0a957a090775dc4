# SPDX-License-Identifier: MIT
"""Regular expressions as the interpreter's re knows them (a part of Python's)."""

import re

from .values import Text

_CLASSES = "dDsSwW"
# The matcher takes up to as many steps for each character of a line.
_LONGEST = 500
# Why an escape that Python has is none here, and what to write.
_ESCAPES = {
    "t": "write \\s for a tab",
    "n": "a line is matched without its end: leave it out",
    "r": "a line is matched without its end: leave it out",
    "b": "leave it out",
}


def parts(pattern):
    """Yields the parts of a regular expression: a class, an escape, or one character."""
    at = 0
    while at < len(pattern):
        end = at + 1
        if pattern[at] == "\\":
            end = at + 2
        elif pattern[at] == "[":
            while end < len(pattern) and pattern[end] != "]":
                end += 2 if pattern[end] == "\\" else 1
            end += 1
        yield pattern[at:end]
        at = end


def groups(pattern):
    """How many groups a regular expression has."""
    return sum([part == "(" for part in parts(pattern)])


class Pattern(Text):
    form = "a regular expression"

    def parse(self, value):
        value = Text.parse(self, value)
        if len(value) > _LONGEST:
            raise ValueError("has more than %d characters" % _LONGEST)
        found = list(parts(value))
        for i, part in enumerate(found):
            problem = _unknown(part, found[i + 1] if i + 1 < len(found) else "")
            if problem:
                raise ValueError(problem)
        try:
            re.compile(value)
        except (getattr(re, "error", ValueError), RuntimeError, OverflowError):
            raise ValueError("is no regular expression: are its brackets and repetitions right?")
        problem = _misplaced_anchor(found)
        if problem:
            raise ValueError(problem)
        return value


def _unknown(part, following):
    """The part that the interpreter would take for something else than was meant, or None."""
    if part[0] == "\\":
        letter = part[1:]
        if letter.isdigit():
            return 'has "%s": a group cannot be referred to here' % part
        if letter.isalpha() and letter not in _CLASSES:
            hint = _ESCAPES.get(letter, "known: \\d \\D \\s \\S \\w \\W")
            return 'has "%s", which is not known here: %s' % (part, hint)
    if part == "{":
        return (
            'has "{", which is no repetition here: write the part as often as it comes, '
            "or \\{ for the character"
        )
    if part == "(" and following == "?":
        return 'has "(?", which is not known here: write a plain group (…), and its field'
    if part[0] == "[":
        return _unknown_class(part)
    return None


def _unknown_class(part):
    if part in ("[]", "[^]"):
        return 'has an empty class "%s": write \\] for the character' % part
    if part.startswith(("[[:", "[^[:")):
        return 'has "[:", which is not known here: write [0-9] or [a-zA-Z]'
    if any(ord(c) > 127 for c in part):
        return (
            "has %s: a class here has characters of ASCII only; write the others as (ä|ö)" % part
        )
    for i in range(1, len(part) - 1):
        if part[i] == "\\" and part[i + 1] in "tnrb":
            return 'has "\\%s", which is not known here: %s' % (
                part[i + 1],
                _ESCAPES[part[i + 1]],
            )
    return None


def _misplaced_anchor(found):
    """Says which anchor can never hold where it stands, or None."""
    outer, at_start = [], True
    for i, part in enumerate(found):
        if part == "^" and not at_start:
            return 'has "^" where no line begins: write \\^ for the character'
        if part == "$" and not _may_end(found, i):
            return 'has "$" where no line ends: write \\$ for the character'
        if part == "(":
            outer.append(at_start)
        elif part == ")":
            at_start = outer.pop() and at_start
        elif part == "|":
            at_start = outer[-1] if outer else True
        elif part not in ("^", "*", "?"):
            optional = found[i + 1 : i + 2] in (["*"], ["?"])
            at_start = at_start and optional
    return None


def _may_end(found, i):
    """Whether everything behind the part at `i` may be empty."""
    i += 1
    while i < len(found):
        if found[i] == "|":
            i = _group_end(found, i)
        elif found[i] in (")", "*", "+", "?") or found[i + 1 : i + 2] in (["*"], ["?"]):
            i += 1
        else:
            return False
    return True


def _group_end(found, i):
    """The index of the ")" that closes the group around `i`, or the end."""
    depth = 0
    while i < len(found):
        depth += (found[i] == "(") - (found[i] == ")")
        if depth < 0:
            break
        i += 1
    return i
