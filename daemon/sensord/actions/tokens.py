# SPDX-License-Identifier: MIT
"""The words of a condition; expression.py says how they are put together."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
_DIGITS = "0123456789"
_NAME = _LETTERS + _DIGITS + "-"
_OPERATORS = ("==", "!=", "<=", ">=", "<", ">", "(", ")", ".")
# Operators of other languages, and how they are written here.
_MEANT = (("&&", "and"), ("||", "or"), ("!", "not"), ("=", "=="), ("&", "and"), ("|", "or"))
_TOO_LARGE = (float("inf"), float("-inf"))
_CURLY = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"


class ExpressionError(ValueError):
    """A condition is wrong: the reason, and the column."""

    def __init__(self, column, text):
        super().__init__("column %d: %s" % (column + 1, text))


def _number_end(text, at):
    """Where the number ends that begins at `at`: -12.5e-3."""

    def digits(at):
        while at < len(text) and text[at] in _DIGITS:
            at += 1
        return at

    end = digits(at + (text[at] == "-"))
    if text[end : end + 1] == "." and text[end + 1 : end + 2].isdigit():
        end = digits(end + 1)
    if text[end : end + 1] in ("e", "E"):
        exponent = end + 1 + (text[end + 1 : end + 2] in ("+", "-"))
        if text[exponent : exponent + 1].isdigit():
            end = digits(exponent)
    return end


def _hint(text, at):
    """The cure of the most likely mistakes, to be added to a message."""
    for mark, meant in _MEANT:
        if text.startswith(mark, at):
            return ": write %s" % meant
    if text[at] in _CURLY:
        return ": use straight quotes (' or \") in place of typographic ones"
    if text[at] == "," and text[at + 1 : at + 2].isdigit():
        return ": a number has a point, not a comma"
    return ""


def _begins_name(text, at, after_dot):
    """Whether a name begins at `at`: also one that begins with a digit, as 1wire and 28_0a do."""
    if text[at] in _LETTERS:
        return True
    if text[at] not in _DIGITS or after_dot:
        return after_dot and text[at] in _DIGITS
    end = at
    while end < len(text) and text[end] in _NAME:
        end += 1
    # A sensor's name has a dot and a field behind it; 0.8 is a number all the same.
    behind = text[end + 1 : end + 2]
    return (
        text[end : end + 1] == "."
        and behind != ""
        and not (text[at:end].isdigit() and behind.isdigit())
    )


def tokens(text):
    """Yields (kind, value, column): "name", "number", "text", an operator, and "end"."""
    at = 0
    kind = None
    while at < len(text):
        c = text[at]
        start = at
        if c in " \t\n":
            at += 1
            continue
        if _begins_name(text, at, kind == "."):
            # A sensor's name may have "-" in it: there is no subtraction that could be meant.
            while at < len(text) and text[at] in _NAME:
                at += 1
            kind, value = "name", text[start:at]
        elif c in _DIGITS or c == "-":
            at = _number_end(text, at)
            while text[at : at + 1] == ".":
                at += 1
                at = _number_end(text, at) if at < len(text) else at
            try:
                kind, value = "number", float(text[start:at])
            except ValueError:
                raise ExpressionError(start, '"%s" is no number' % text[start:at])
            if value in _TOO_LARGE:
                raise ExpressionError(start, "the number is too large")
        elif c in "\"'":
            end = text.find(c, at + 1)
            if end < 0:
                raise ExpressionError(start, "a text that does not end")
            kind, value = "text", text[at + 1 : end]
            at = end + 1
        else:
            for operator in _OPERATORS:
                if text.startswith(operator, at):
                    break
            else:
                raise ExpressionError(start, 'unexpected "%s"%s' % (c, _hint(text, start)))
            kind = value = operator
            at += len(operator)
        yield kind, value, start
    yield "end", None, len(text)
