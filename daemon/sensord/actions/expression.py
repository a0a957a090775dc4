# SPDX-License-Identifier: MIT
"""Conditions over the latest readings: `door.cat > 0.8 and not board.cpu_temperature_c >= 70`.

    or         = and {"or" and}
    and        = not {"and" not}
    not        = "not" not | comparison
    comparison = operand [("==" | "!=" | "<" | "<=" | ">" | ">=") operand]
    operand    = number | "text" | "true" | "false" | SENSOR.FIELD | "(" or ")"

A SENSOR or FIELD that is no plain name is written in quotes: `door."a cat"`, `"433".value`. A
value that is not known, because there was no reading yet or because its sensor has a fault, makes
a comparison unknown; `and`, `or` and `not` give true or false where that follows from the known
values, and unknown otherwise (Kleene's logic). A text and a number are not equal, and which is
larger is unknown.
"""

from .tokens import ExpressionError, tokens

__all__ = ("Expression", "ExpressionError")

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_DEEPEST = 8  # each level takes several calls, and the interpreter has few
_EXPECTED = 'a number, a "text", true, false, SENSOR.FIELD or "("'


class _Parser:
    def __init__(self, text):
        self._tokens = list(tokens(text))
        self._at = 0
        self._depth = 0
        self.names = []
        self.comparisons = []
        self.conditions = []
        self._said = None  # the operand that was parsed last: a value, (sensor, field), or None

    @property
    def _kind(self):
        return self._tokens[self._at][0]

    @property
    def _value(self):
        return self._tokens[self._at][1]

    @property
    def _column(self):
        return self._tokens[self._at][2]

    def _next(self):
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is_word(self, word):
        return self._kind == "name" and self._value == word

    def whole(self):
        node = self._or()
        if self._kind != "end":
            hint = ""
            if self._kind == "name" and self._value in ("AND", "OR", "NOT"):
                hint = ": write %s" % self._value.lower()
            raise ExpressionError(self._column, 'expected "and", "or" or the end' + hint)
        self._is_condition()
        return node

    def _is_condition(self):
        """The operand that was parsed last stands alone, where it is true or false."""
        if self._said is not None:
            self.conditions.append(self._said)
        self._said = None

    def _chain(self, word, part, make):
        parts = [part()]
        while self._is_word(word):
            self._is_condition()
            self._next()
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        self._is_condition()
        return make(parts)

    def _or(self):
        return self._chain("or", self._and, lambda parts: _decided_by(True, parts))

    def _and(self):
        return self._chain("and", self._not, lambda parts: _decided_by(False, parts))

    def _not(self):
        count = 0
        # A sensor may be called "not".
        while self._is_word("not") and self._tokens[self._at + 1][0] != ".":
            self._next()
            count += 1
        node = self._comparison()
        if not count:
            return node
        self._is_condition()
        node = _not(node)
        # Two make a condition of a value: not not 70 is true.
        return node if count % 2 else _not(node)

    def _comparison(self):
        left = self._operand()
        if self._kind not in _COMPARISONS:
            return left
        said = self._said
        comparison = self._next()[0]
        right = self._operand()
        self.comparisons.append((comparison, said, self._said))
        self._said = None
        if self._kind in _COMPARISONS:
            raise ExpressionError(self._column, 'one comparison at a time: join them with "and"')
        return _compared(comparison, left, right)

    def _operand(self):
        kind, value, column = self._next()
        if kind == "text" and self._kind == ".":
            return self._field(value)
        if kind in ("number", "text"):
            self._said = value
            return lambda get: value
        if kind == "(":
            return self._nested(column)
        if kind != "name" or (value in ("and", "or", "not") and self._kind != "."):
            hint = ""
            if kind == "." and self._kind == "name" and self._value[:1].isdigit():
                hint = ": a number needs a digit before its point"
            raise ExpressionError(column, "expected " + _EXPECTED + hint)
        if value in ("true", "false") and self._kind != ".":
            self._said = value == "true"
            return lambda get: value == "true"
        return self._field(value)

    def _nested(self, column):
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ExpressionError(column, "more than %d parentheses in each other" % _DEEPEST)
        node = self._or()
        if self._kind != ")":
            raise ExpressionError(self._column, 'expected ")"')
        self._next()
        self._depth -= 1
        return node

    def _field(self, sensor):
        if self._kind != ".":
            hint = ": write %s" % sensor.lower() if sensor in ("True", "False") else ""
            raise ExpressionError(
                self._column, 'expected "." and a field after "%s"%s' % (sensor, hint)
            )
        self._next()
        kind, field, column = self._next()
        if kind not in ("name", "text") or not field:
            raise ExpressionError(
                column, 'expected a field of "%s", in quotes if it is no plain name' % sensor
            )
        self._said = (sensor, field)
        if self._said not in self.names:
            self.names.append(self._said)
        return lambda get: get(sensor, field)


def _truth(value):
    """A value as a condition: a number is true unless it is 0, a text is unknown."""
    if value is None or isinstance(value, str):
        return None
    return bool(value)


def _decided_by(decisive, parts):
    def node(get):
        result = not decisive
        for part in parts:
            value = _truth(part(get))
            if value is None:
                result = None
            elif value == decisive:
                return decisive
        return result

    return node


def _not(part):
    def node(get):
        value = _truth(part(get))
        return None if value is None else not value

    return node


def _compared(comparison, left, right):
    def node(get):
        a, b = left(get), right(get)
        if a is None or b is None:
            return None
        alike = isinstance(a, str) == isinstance(b, str)
        if comparison == "==":
            return alike and a == b
        if comparison == "!=":
            return not alike or a != b
        if not alike:
            return None
        if comparison == "<":
            return a < b
        if comparison == "<=":
            return a <= b
        return a > b if comparison == ">" else a >= b

    return node


class Expression:
    """A condition.

    Attributes: names, the (sensor, field) in it; comparisons, (operator, left, right) each, where
    a side is a number, a text, a truth value, (sensor, field), or None for a condition in
    parentheses; conditions, the sides that stand without a comparison.
    """

    def __init__(self, text):
        """Raises ExpressionError with the column."""
        parser = _Parser(text)
        self._node = parser.whole()
        self.names = parser.names
        self.comparisons = parser.comparisons
        self.conditions = parser.conditions

    def evaluate(self, get):
        """True, False, or None if it is not known; `get(sensor, field)` gives the value of a
        field, or None."""
        return _truth(self._node(get))
