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

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
_DIGITS = "0123456789"
_NAME = _LETTERS + _DIGITS + "-"
_OPERATORS = ("==", "!=", "<=", ">=", "<", ">", "(", ")", ".")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
# What other languages have, and how it is written here.
_MEANT = (("&&", "and"), ("||", "or"), ("!", "not"), ("=", "=="), ("&", "and"), ("|", "or"))
_CURLY = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"
_DEEPEST = 8  # each level takes several calls, and the interpreter has few
_EXPECTED = 'a number, a "text", true, false, SENSOR.FIELD or "("'


class ExpressionError(ValueError):
    """What is wrong with a condition, and where."""

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
    """What to write for the most likely mistakes, to be added to a message."""
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


def _tokens(text):
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


class _Parser:
    def __init__(self, text):
        self._tokens = list(_tokens(text))
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
        inverted = False
        # A sensor may be called "not".
        while self._is_word("not") and self._tokens[self._at + 1][0] != ".":
            self._next()
            inverted = not inverted
        node = self._comparison()
        if not inverted:
            return node
        self._is_condition()
        return _not(node)

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
