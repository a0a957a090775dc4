# SPDX-License-Identifier: MIT
"""The keys of a [sensor.NAME.values.FIELD] table."""

from ..schema.compound import FixedArray
from ..schema.values import Choice, Number, Text

DOC = (
    "How the values of one field are taken, for any field of any sensor. FIELD is the name in the "
    "readings, in quotes if it has other characters than letters, digits, - and _."
)

KEYS = {
    "kind": Choice(
        "Whether the field is a number or a text: text keeps leading zeros; with number, what is "
        "no number becomes null. Not given: whatever the value looks like.",
        ("number", "text"),
        None,
    ),
    "valid": FixedArray(
        "The lowest and the highest value that can be true. A value outside becomes null, with "
        "the reason as the sensor's status. A chip's own limits hold besides.",
        Number("", -1e30, 1e30, None),
        2,
        None,
    ),
    "unit": Text(
        "The field's unit, such as °C or kWh, where its name does not end in one: for Home "
        "Assistant, sensord/HOST/info and SenML.",
        None,
    ),
    "class": Text(
        "The field's device class in Home Assistant, such as temperature; for true and false one "
        "of its binary sensors, such as door.",
        None,
    ),
}


def contradictions(settings):
    """Yields (key, text) for each value that does not go with the others."""
    valid = settings["valid"]
    if valid is not None and valid[0] >= valid[1]:
        yield "valid", "must be the lowest and then the highest value"
    if valid is not None and settings["kind"] == "text":
        yield "valid", "is for numbers, and kind is text"
    unit, device_class = settings["unit"], settings["class"]
    if unit is not None and not unit.strip():
        yield "unit", "must not be empty"
    if unit is not None and settings["kind"] == "text":
        yield "unit", "is for numbers, and kind is text"
    if device_class is not None:
        # Imported when needed: few configurations give one.
        from . import classes

        units = classes.units(device_class)
        if not classes.exists(device_class):
            yield "class", "is unknown to Home Assistant; %s" % classes.hint(device_class)
        elif unit is not None and units is not None and classes.normal(unit) not in units:
            yield "unit", classes.wrong_unit(device_class, units)
