# SPDX-License-Identifier: MIT
"""Field, by which an input declares what it measures, and Invalid, the value that is none."""

NUMBER, TEXT, BOOLEAN = "number", "text", "boolean"


class Field:
    """One field of a sensor's readings.

    Attributes: name; kind, NUMBER, TEXT or BOOLEAN; quantity, its name in output/quantities.py, or
    None where the field's name shows it; valid, (lowest, highest) of what the sensor can measure
    at all, in the field's unit, or None; options, all texts that a TEXT can be, or None.
    """

    def __init__(self, name, valid=None, kind=NUMBER, quantity=None, options=None):
        self.name, self.valid, self.kind, self.quantity = name, valid, kind, quantity
        self.options = options


class Invalid:
    """Stands in a reading for a value that was not measured; `reason` completes "FIELD: …"."""

    def __init__(self, reason):
        self.reason = reason


def names(fields):
    """The names of declared fields."""
    return [field.name for field in fields]


def classifier(labels, *more):
    """The fields of a classifier: the label, the probability of each, and `more`."""
    fields = [Field("label", kind=TEXT, options=labels)]
    fields += [Field(label, (0, 1), quantity="probability") for label in labels]
    return fields + list(more)
