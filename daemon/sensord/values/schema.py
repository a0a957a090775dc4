# SPDX-License-Identifier: MIT
"""The keys of a [sensor.NAME.values.FIELD] table, and those of a [sensor.NAME] table that say
which of its values are told."""

from ..schema.compound import FieldName, FixedArray, Points, Several
from ..schema.values import Choice, Duration, Integer, Number, Text

DOC = (
    "How the values of one field are taken, for any field of any sensor. FIELD is the name in the "
    "readings, in quotes if it has other characters than letters, digits, - and _. A value takes "
    "these steps in this order: kind, the chip's own limits, points, scale and offset, valid, "
    "median, smooth, statistics, digits, change."
)

_DAY_MS = 86400000

# Of each type of sensor, but for the keys that the type has itself.
INTERVAL = "interval"
SAMPLE = "sample"
SENSOR = {
    SAMPLE: Duration(
        "How often it is measured, where that is more often than it is told: the interval is so "
        "many times as long. Not given: once in the interval.",
        1,
        _DAY_MS,
        None,
    ),
    INTERVAL: Duration(
        "How often there is a reading at most, of the values that came since the last one. Not "
        "given: each time that values come.",
        100,
        _DAY_MS,
        None,
    ),
    "statistics": Several(
        "What a reading has of the samples since the one before. last and mean are in the field "
        "NAME, or with both last in NAME_last; min and max are in NAME_min and NAME_max. The mean "
        "of sound levels is that of their energies. Null samples do not count. Not given: last.",
        Choice("", ("last", "mean", "min", "max")),
        None,
    ),
    "publish": Choice(
        "always: each reading is told. changes: only one with a value that has changed, by at "
        "least `change` of its field.",
        ("always", "changes"),
        "always",
    ),
    "repeat": Duration(
        'With publish = "changes": how often a reading is told all the same. Not given: never.',
        1000,
        30 * _DAY_MS,
        None,
    ),
}

KEYS = {
    "kind": Choice(
        "Whether the field is a number or a text: text keeps leading zeros; with number, what is "
        "no number becomes null. Not given: whatever the value looks like.",
        ("number", "text"),
        None,
    ),
    "scale": Number("The value is multiplied by it: value * scale + offset.", -1e30, 1e30, None),
    "offset": Number("It is added to the value.", -1e30, 1e30, None),
    "points": Points(
        "Measured and true values: straight lines between them, and beyond them those of the "
        "nearest two. `sensord calibrate` measures them. scale and offset come after them.",
        None,
    ),
    "valid": FixedArray(
        "The lowest and the highest value that can be true, calibrated. A value outside becomes "
        "null, with the reason as the sensor's status. A chip's own limits hold besides.",
        Number("", -1e30, 1e30, None),
        2,
        None,
    ),
    "median": Integer(
        "The median of so many samples, the last ones: it takes out single wrong values.",
        1,
        101,
        None,
    ),
    "smooth": Duration(
        "The time constant of an exponential mean: a step in the value shows to 63 % after it.",
        1,
        _DAY_MS,
        None,
    ),
    "change": Number(
        'With publish = "changes": how far the value must be from the one that was told last to '
        "be told. Not given: at all.",
        0,
        1e30,
        None,
    ),
    "digits": Integer("The value is rounded to so many digits behind the point.", 0, 15, None),
    "name": FieldName("Another name for the field in the readings.", None),
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

# The keys that only a number can have.
OF_NUMBERS = (
    "scale", "offset", "points", "valid", "median", "smooth", "change", "digits", "unit",
)  # fmt: skip


def sensor_contradictions(settings):
    """Yields (key, text) for each of the keys of a sensor that does not go with the others."""
    sample, interval = settings.get("sample"), settings["interval"]
    if sample is not None and (sample > interval or interval % sample):
        yield "sample", "must go into the interval a whole number of times"


def contradictions(settings):
    """Yields (key, text) for each value that does not go with the others."""
    valid = settings["valid"]
    if valid is not None and valid[0] >= valid[1]:
        yield "valid", "must be the lowest and then the highest value"
    if settings["kind"] == "text":
        for key in OF_NUMBERS:
            if settings[key] is not None:
                yield key, "is for numbers, and kind is text"
    if settings["scale"] == 0:
        yield "scale", "must not be 0: all values would be the same"
    unit, device_class = settings["unit"], settings["class"]
    if unit is not None and not unit.strip():
        yield "unit", "must not be empty"
    if device_class is not None:
        # Imported when needed: few configurations give one.
        from . import classes

        units = classes.units(device_class)
        if not classes.exists(device_class):
            yield "class", "is unknown to Home Assistant; %s" % classes.hint(device_class)
        elif unit is not None and units is not None and classes.normal(unit) not in units:
            yield "unit", classes.wrong_unit(device_class, units)
