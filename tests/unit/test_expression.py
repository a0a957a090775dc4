# SPDX-License-Identifier: MIT
"""A condition is evaluated as written, and an error names its column."""

from sensord.actions.expression import Expression, ExpressionError

VALUES = {
    ("door", "cat"): 0.9,
    ("door", "label"): "cat",
    ("door", "a cat"): 0.9,
    ("board", "cpu_temperature_c"): 61.5,
    ("noise", "overload"): False,
    ("pump-2", "gaps"): 0,
    ("gone", "x"): None,
}


def evaluate(text):
    return Expression(text).evaluate(lambda sensor, field: VALUES.get((sensor, field)))


def test_conditions():
    for text, expected in (
        ("door.cat > 0.8", True),
        ("door.cat > 0.8 and board.cpu_temperature_c < 70", True),
        ("door.cat>0.8and board.cpu_temperature_c<60", False),
        ("door.cat >= 0.9", True),
        ("door.cat <= 0.9", True),
        ("door.cat != 0.9", False),
        ("0.5 < door.cat", True),
        ("-1.5e0 < pump-2.gaps", True),
        ('door.label == "cat"', True),
        ("door.label != 'cat'", False),
        ('door."a cat" > 0.8', True),
        ("not noise.overload", True),
        ("not not noise.overload", False),
        ("noise.overload == false", True),
        ("noise.overload or door.cat > 1", False),
        ("door.cat > 1 and door.cat > 1 or door.cat > 0", True),
        ("door.cat > 1 and (door.cat > 1 or door.cat > 0)", False),
        ("not (door.cat > 1) and not pump-2.gaps", True),
        ("not door.cat > 1", True),
        ("true", True),
        ("(((true)))", True),
        ("1", True),
        ("door.cat", True),
    ):
        assert evaluate(text) is expected, text


def test_unknown_values_make_the_result_unknown_unless_the_rest_decides():
    for text, expected in (
        ("gone.x > 1", None),
        ("not gone.x > 1", None),
        ("gone.x == gone.x", None),
        ("gone.x > 1 or true", True),
        ("gone.x > 1 or false", None),
        ("gone.x > 1 and false", False),
        ("gone.x > 1 and true", None),
        ("false or gone.x > 1 or true", True),
        ("nobody.x > 1", None),
        ("door.label > 1", None),
        ("door.label == 1", False),
        ('door.cat != "cat"', True),
        ("door.label", None),
        ("not door.label", None),
    ):
        assert evaluate(text) is expected, text


def test_the_names_in_an_expression_are_known():
    names = Expression('a.b > 1 and (a.b < 2 or c-d."e f" == 3)').names
    assert names == [("a", "b"), ("c-d", "e f")]


def test_errors_say_where():
    for text, message in (
        ("", "column 1: expected a number"),
        ("door.cat >", "column 11: expected a number"),
        ("door.cat > 0.8 board.x < 1", 'column 16: expected "and", "or" or the end'),
        ("door > 0.8", 'column 6: expected "." and a field after "door"'),
        ("door. > 0.8", 'column 7: expected a field of "door"'),
        ("1 < door.cat < 2", "column 14: one comparison at a time"),
        ("(door.cat > 1", 'column 14: expected ")"'),
        ("door.cat > 1)", 'column 13: expected "and"'),
        ("door.cat = 1", 'column 10: unexpected "="'),
        ("door.cat & 1", 'column 10: unexpected "&"'),
        ('door.label == "cat', "column 15: a text that does not end"),
        ("door.cat > 1.2.3", 'column 12: "1.2.3" is no number'),
        ("and", "column 1: expected a number"),
        ("door.cat > not 1", "column 12: expected a number"),
        ("(" * 9 + "true" + ")" * 9, "column 9: more than 8 parentheses"),
        ("door.cat > 1 or", "column 16: expected a number"),
        ("__import__('os')", 'column 11: expected "." and a field'),
    ):
        try:
            Expression(text)
        except ExpressionError as error:
            assert str(error).startswith(message), (text, str(error))
        else:
            raise AssertionError(text)


def test_long_and_deep_ones_fit():
    assert evaluate(" and ".join(["door.cat > 0.8"] * 200)) is True
    assert evaluate("(" * 8 + "true" + ")" * 8) is True
    assert evaluate("not " * 500 + "true") is True


def _random(seed):
    while True:
        seed = (seed * 1103515245 + 12345) % 2147483648
        yield seed >> 16


def _made(random, depth):
    """A condition as text, and its value by three-valued logic, computed independently."""
    kind = next(random) % (5 if depth else 2)
    if kind == 0:
        text, value = (("true", True), ("false", False), ("gone.x > 1", None))[next(random) % 3]
        return text, value
    if kind == 1:
        a, b = next(random) % 4, next(random) % 4
        operator = ("==", "!=", "<", "<=", ">", ">=")[next(random) % 6]
        results = (a == b, a != b, a < b, a <= b, a > b, a >= b)
        return "%d %s %d" % (a, operator, b), results[
            ("==", "!=", "<", "<=", ">", ">=").index(operator)
        ]
    left, x = _made(random, depth - 1)
    if kind == 2:
        return "not (%s)" % left, None if x is None else not x
    right, y = _made(random, depth - 1)
    order = {False: 0, None: 1, True: 2}
    back = {0: False, 1: None, 2: True}
    if kind == 3:
        return "(%s) and (%s)" % (left, right), back[min(order[x], order[y])]
    return "(%s) or (%s)" % (left, right), back[max(order[x], order[y])]


def test_random_conditions_follow_the_rules():
    random = _random(1)
    for _ in range(500):
        text, expected = _made(random, 4)
        assert evaluate(text) is expected, text
