# SPDX-License-Identifier: MIT
"""Checks what the conditions of actions name, against the sensors there are."""

from ..actions.expression import Expression
from ..schema.nearest import suggestion
from ..values.field import TEXT
from ..values.number import number


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
    for operand in expression.conditions:
        is_text, written = _side(operand, kinds)
        if is_text:
            yield '%s is a text, and neither true nor false: compare it, as in %s == "…"' % (
                written,
                written,
            )


def _side(operand, kinds):
    """(whether it is a text, or None if that is not known; how it is written)."""
    if operand is None:
        return False, "a condition"
    if isinstance(operand, tuple):
        kind = kinds.get(operand)
        return None if kind is None else kind == TEXT, "%s.%s" % operand
    if isinstance(operand, str):
        return True, '"%s"' % operand
    if isinstance(operand, bool):
        return False, "true" if operand else "false"
    return False, "%g" % operand


def _number_in(written):
    """The number that a text in quotes is, as it is written, or None."""
    inside = written[1:-1] if written.startswith('"') else ""
    return inside if number(inside) is not None else None


def _compared(comparison, left, right):
    """Why a comparison can never be true, or None."""
    texts = (left[0], right[0])
    if None not in texts and texts[0] != texts[1]:
        text, other = (left, right) if texts[0] else (right, left)
        hint = ""
        if _number_in(text[1]):
            hint = ": write %s without quotes" % _number_in(text[1])
        elif text[1] in ('"true"', '"false"'):
            hint = ": write %s without quotes" % text[1][1:-1]
        elif _is_literal(other[1]):
            hint = ': write "%s" with quotes' % other[1]
        return "%s is a text and %s is not: they cannot be compared%s" % (text[1], other[1], hint)
    if comparison in ("<", "<=", ">", ">="):
        for _, written in (left, right):
            if _number_in(written):
                return "%s is a text: write %s without quotes" % (written, _number_in(written))
            if written in ("true", "false"):
                return "%s is neither more nor less than another: use == or !=" % written
    return None


def _is_literal(written):
    return written in ("true", "false") or written[:1].isdigit() or written[:1] == "-"
