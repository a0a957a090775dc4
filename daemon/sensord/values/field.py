# SPDX-License-Identifier: MIT
"""Field, by which an input declares what it measures, and Invalid, the value that is none."""

NUMBER, TEXT, BOOLEAN = "number", "text", "boolean"


class Field:
    """One field of a sensor's readings.

    Attributes: name; kind, NUMBER, TEXT or BOOLEAN; quantity, its name in output/quantities.py, or
    None where the field's name shows it; valid, (lowest, highest) of what the sensor can measure
    at all, in the field's unit, or None; options, all texts that a TEXT can be, or None; is_sum,
    whether it counts since the reading before, as pulses do.
    """

    def __init__(self, name, valid=None, kind=NUMBER, quantity=None, options=None, is_sum=False):
        self.name, self.valid, self.kind, self.quantity = name, valid, kind, quantity
        self.options, self.is_sum = options, is_sum


class Invalid:
    """Stands in a reading for a value that was not measured; `reason` completes "FIELD: …"."""

    def __init__(self, reason):
        self.reason = reason


def has_new_names(settings):
    """Whether fields of a sensor have other names in its readings than its input gives them."""
    if settings.get("statistics"):
        return True
    return any(table.get("name") is not None for table in settings.get("values", {}).values())


def steps_needed(settings, own_keys):
    """Whether a sensor's values take steps beyond the check; `own_keys` are the keys that its type
    has for itself."""
    if settings["statistics"] or settings.get("sample"):
        return True
    if settings["publish"] == "changes" and "publish" not in own_keys:
        return True
    if settings["interval"] and "interval" not in own_keys:
        return True
    for table in settings["values"].values():
        for key in ("median", "smooth", "digits", "name"):
            if table[key] is not None:
                return True
    return False


def names(fields):
    """The names of declared fields."""
    return [field.name for field in fields]


def classifier(labels, *more):
    """The fields of a classifier: the label, the probability of each, and `more`."""
    fields = [Field("label", kind=TEXT, options=labels)]
    fields += [Field(label, (0, 1), quantity="probability") for label in labels]
    return fields + list(more)
