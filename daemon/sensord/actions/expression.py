# SPDX-License-Identifier: MIT
"""Conditions over the latest readings: `door.cat > 0.8 and not board.cpu_temperature_c >= 70`.

    or         = and {"or" and}
    and        = not {"and" not}
    not        = "not" not | comparison
    comparison = operand [("==" | "!=" | "<" | "<=" | ">" | ">=") operand]
    operand    = number | "text" | "true" | "false" | SENSOR.FIELD | "(" or ")"

A FIELD that is no plain name is written as a text: `door."a cat"`. What is not known, because
there was no reading yet or because its sensor has a fault, makes a comparison unknown; `and`,
`or` and `not` give true or false where that follows from what is known, and unknown otherwise
(Kleene's logic). A text and a number are not equal, and which is larger is unknown.
"""

_NUMBER = "0123456789.eE+-"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
_DIGITS = "0123456789"
_NAME = _LETTERS + _DIGITS + "-"
_OPERATORS = ("==", "!=", "<=", ">=", "<", ">", "(", ")", ".")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_DEEPEST = 8  # each level takes several calls, and the interpreter has few
_EXPECTED = 'a number, a "text", true, false, SENSOR.FIELD or "("'


class ExpressionError(ValueError):
    """What is wrong with a condition, and where."""

    def __init__(self, column, text):
        super().__init__("column %d: %s" % (column + 1, text))


def _tokens(text):
    """Yields (kind, value, column): "name", "number", "text", an operator, and "end"."""
    at = 0
    while at < len(text):
        c = text[at]
        start = at
        if c in " \t\n":
            at += 1
        elif c in _LETTERS:
            # A sensor's name may have "-" in it: there is no subtraction that could be meant.
            while at < len(text) and text[at] in _NAME:
                at += 1
            yield "name", text[start:at], start
        elif c in _DIGITS or c == "-":
            while at < len(text) and text[at] in _NUMBER:
                at += 1
            try:
                yield "number", float(text[start:at]), start
            except ValueError:
                raise ExpressionError(start, '"%s" is no number' % text[start:at])
        elif c in "\"'":
            end = text.find(c, at + 1)
            if end < 0:
                raise ExpressionError(start, "a text that does not end")
            yield "text", text[at + 1 : end], start
            at = end + 1
        else:
            for operator in _OPERATORS:
                if text.startswith(operator, at):
                    break
            else:
                raise ExpressionError(start, 'unexpected "%s"' % c)
            yield operator, operator, start
            at += len(operator)
    yield "end", None, len(text)


class _Parser:
    def __init__(self, text):
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0
        self.names = []

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
            raise ExpressionError(self._column, 'expected "and", "or" or the end')
        return node

    def _chain(self, word, part, make):
        parts = [part()]
        while self._is_word(word):
            self._next()
            parts.append(part())
        return parts[0] if len(parts) == 1 else make(parts)

    def _or(self):
        return self._chain("or", self._and, lambda parts: _decided_by(True, parts))

    def _and(self):
        return self._chain("and", self._not, lambda parts: _decided_by(False, parts))

    def _not(self):
        inverted = False
        while self._is_word("not"):
            self._next()
            inverted = not inverted
        node = self._comparison()
        return _not(node) if inverted else node

    def _comparison(self):
        left = self._operand()
        if self._kind not in _COMPARISONS:
            return left
        comparison = self._next()[0]
        right = self._operand()
        if self._kind in _COMPARISONS:
            raise ExpressionError(self._column, 'one comparison at a time: join them with "and"')
        return _compared(comparison, left, right)

    def _operand(self):
        kind, value, column = self._next()
        if kind in ("number", "text"):
            return lambda get: value
        if kind == "(":
            return self._nested(column)
        if kind != "name" or value in ("and", "or", "not"):
            raise ExpressionError(column, "expected " + _EXPECTED)
        if value in ("true", "false") and self._kind != ".":
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
            raise ExpressionError(self._column, 'expected "." and a field after "%s"' % sensor)
        self._next()
        kind, field, column = self._next()
        if kind not in ("name", "text") or not field:
            raise ExpressionError(column, 'expected a field of "%s"' % sensor)
        if (sensor, field) not in self.names:
            self.names.append((sensor, field))
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
    """A condition. Attribute: names, the (sensor, field) in it."""

    def __init__(self, text):
        """Raises ExpressionError with the column."""
        parser = _Parser(text)
        self._node = parser.whole()
        self.names = parser.names

    def evaluate(self, get):
        """True, False, or None if it is not known; `get(sensor, field)` gives the value of a
        field, or None."""
        return _truth(self._node(get))
