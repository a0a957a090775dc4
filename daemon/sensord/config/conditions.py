# SPDX-License-Identifier: MIT
"""Checks what the conditions of actions name, against the sensors there are."""

from ..actions.expression import Expression
from ..schema.nearest import suggestion
from ..values.field import TEXT


def problems(text, sensors, fields_of):
    """Yields what is wrong with a condition, in words.

    `sensors` are the names of those there are; `fields_of(sensor)` gives the Fields that a sensor
    declares, () where only its readings show them.
    """
    expression = Expression(text)
    kinds = {}
    for sensor, name in expression.names:
        if sensor not in sensors:
            yield 'there is no sensor "%s"; %s' % (sensor, suggestion(sensor, sensors))
            continue
        declared = {field.name: field.kind for field in fields_of(sensor)}
        if declared and name not in declared:
            yield '"%s" has no field "%s"; %s' % (sensor, name, suggestion(name, declared))
        kinds[(sensor, name)] = declared.get(name)
    for comparison, left, right in expression.comparisons:
        problem = _compared(comparison, _side(left, kinds), _side(right, kinds))
        if problem:
            yield problem


def _side(operand, kinds):
    """(whether it is a text, or None if that is not known; how it is written)."""
    if operand is None:
        return None, ""
    if isinstance(operand, tuple):
        kind = kinds.get(operand)
        return None if kind is None else kind == TEXT, "%s.%s" % operand
    if isinstance(operand, str):
        return True, '"%s"' % operand
    return False, "%g" % operand if isinstance(operand, float) else str(operand).lower()


def _compared(comparison, left, right):
    """Why a comparison can never be true, or None."""
    texts = (left[0], right[0])
    if None not in texts and texts[0] != texts[1]:
        text, number = (left, right) if texts[0] else (right, left)
        hint = ""
        if text[1].startswith('"') and text[1][1:-1].lstrip("+-").replace(".", "").isdigit():
            hint = ": write %s without quotes" % text[1][1:-1]
        return "%s is a text and %s is not: they cannot be compared%s" % (text[1], number[1], hint)
    if comparison in ("<", "<=", ">", ">="):
        for side in (left, right):
            if side[1].startswith('"') and side[1][1:-1].lstrip("+-").replace(".", "").isdigit():
                return "%s is a text: write %s without quotes" % (side[1], side[1][1:-1])
    return None
