# SPDX-License-Identifier: MIT
"""Reads and evaluates conditions of actions; see fuzzing.py for its command line.

Half of the inputs are texts, of which any exception but ExpressionError is a failure. The others
are decisions that make a condition and its meaning at once: Expression must have the same one.
"""

import random

import fuzzing
from fuzzing import Choices
from mutations import mutated

from sensord.actions.expression import Expression, ExpressionError
from sensord.config.conditions import problems
from sensord.values.field import BOOLEAN, NUMBER, TEXT, Field

TEXTS = (
    b"door.cat > 0.8 and not board.cpu_temperature_c >= 70",
    b"not (a.x == \"on\" or 433.value != 'off') and true",
    b'"433"."a field" <= -1.5e3 or 1wire.t < .5 or 28_0a.x == false',
)
WORDS = (
    b"and", b" or ", b"not ", b"(", b")", b"==", b"=", b"!=", b"<", b">=", b".", b'"', b"'", b" ",
    b"true", b"false.x", b"a.x", b"1", b"-", b"1e", b"1e999", b"0.5", b"1.2.3", b"\xc3\xa9", b"\n",
    b"\0", b"&&", b"AND", b"((((((((((", b"\xe2\x80\x9c", b",", b"1wire.t",
)  # fmt: skip
# Fields, their kinds, and the values that they take.
FIELDS = (
    ("a", "x", NUMBER), ("a", "y", NUMBER), ("433", "value", TEXT), ("b-1", "a field", TEXT),
    ("not", "and", BOOLEAN), ("a", "true", BOOLEAN), ("1wire", "t", None),
)  # fmt: skip
VALUES = (None, None, True, False, 0, 1, -1, 0.5, 70, 1e300, "", "on", "x", "1")
LITERALS = (("0", 0), ("1", 1), ("-0.5", -0.5), ("1e3", 1000.0), ('"on"', "on"), ("''", ""),
            ("true", True), ("false", False))  # fmt: skip
SENSORS = {sensor for sensor, _, _ in FIELDS}
DEEPEST = 6


def make():
    if random.getrandbits(1):
        return b"\0" + fuzzing.random_bytes(60)
    kind = random.getrandbits(1)
    if kind:
        return b"\1" + mutated(TEXTS[random.getrandbits(8) % len(TEXTS)], WORDS)
    n = random.getrandbits(3) + 1
    return b"\1" + b" ".join([WORDS[random.getrandbits(8) % len(WORDS)] for _ in range(n)])


def fields_of(sensor):
    return [Field(name, kind=kind) for about, name, kind in FIELDS if about == sensor]


# The reference: a condition is a text and a function of the values, written from the manual alone.


def truth(value):
    return None if value is None or isinstance(value, str) else bool(value)


def field(choices):
    sensor, name, _ = choices.of(FIELDS)
    texts = []
    for word in (sensor, name):
        plain = all(c.isalpha() or c.isdigit() or c in "_-" for c in word)
        texts.append("'%s'" % word if not plain or choices.below(3) == 0 else word)
    return ".".join(texts), lambda values: values[(sensor, name)]


def operand(choices, depth):
    kind = choices.below(4)
    if kind == 0 and depth < DEEPEST:
        text, meaning = condition(choices, depth + 1)
        return "( %s)" % text, meaning
    if kind == 1:
        text, value = choices.of(LITERALS)
        return text, lambda values: value
    return field(choices)


def compared(sign, a, b):
    if a is None or b is None:
        return None
    if isinstance(a, str) != isinstance(b, str):
        return {"==": False, "!=": True}.get(sign)
    if sign == "==":
        return a == b
    if sign == "!=":
        return a != b
    less, more = a < b, a > b
    return {"<": less, "<=": not more, ">": more, ">=": not less}[sign]


def comparison(choices, depth):
    left, left_value = operand(choices, depth)
    if choices.below(3) == 0:
        return left, left_value
    right, right_value = operand(choices, depth)
    sign = choices.of(("==", "!=", "<", "<=", ">", ">="))
    return (
        "%s %s %s" % (left, sign, right),
        lambda values: compared(sign, left_value(values), right_value(values)),
    )


def negation(choices, depth):
    text, meaning = comparison(choices, depth)
    for _ in range(choices.below(3)):
        text, meaning = "not " + text, inverted(meaning)
    return text, meaning


def inverted(meaning):
    def inverse(values):
        value = truth(meaning(values))
        return None if value is None else not value

    return inverse


def joined(choices, depth, word, part):
    found = [part(choices, depth) for _ in range(1 + choices.below(3) // (1 + depth))]
    if len(found) == 1:
        return found[0]

    def meaning(values):
        # Kleene: false < unknown < true; "and" is the least of them, "or" the most.
        ranks = [{False: 0, None: 1, True: 2}[truth(value(values))] for _, value in found]
        return (False, None, True)[min(ranks) if word == "and" else max(ranks)]

    return (" %s " % word).join([text for text, _ in found]), meaning


def conjunction(choices, depth):
    return joined(choices, depth, "and", negation)


def condition(choices, depth):
    return joined(choices, depth, "or", conjunction)


def check_meaning(data):
    choices = Choices(data)
    text, meaning = condition(choices, 0)
    values = {(sensor, name): choices.of(VALUES) for sensor, name, _ in FIELDS}
    expected = truth(meaning(values))
    found = Expression(text).evaluate(lambda sensor, name: values[(sensor, name)])
    assert found is expected, "%s with %r is %r, not %r" % (text, values, found, expected)
    list(problems(text, SENSORS, fields_of))
    return 1


def check_text(data):
    try:
        text = data.decode()
    except UnicodeError:
        # The configuration is UTF-8.
        return 0
    try:
        expression = Expression(text)
    except ExpressionError as error:
        assert str(error).startswith("column "), error
        return 0
    for value in VALUES:
        assert expression.evaluate(lambda sensor, name, value=value: value) in (True, False, None)
    list(problems(text, SENSORS, fields_of))
    return 1


def check(data):
    return check_text(data[1:]) if data[:1] == b"\1" else check_meaning(data[1:])


fuzzing.main("conditions", make, check)
