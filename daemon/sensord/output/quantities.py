# SPDX-License-Identifier: MIT
"""Every quantity and its unit, in the words of each consumer: one row a quantity.

Sources: SenML units of RFC 8428, section 12.1, and RFC 8798; device and state classes of Home
Assistant's sensor documentation.
"""

# Home Assistant's state classes. A metered quantity has its device class as a total only, because
# Home Assistant accepts the class only for totals.
MEASURED, INCREASING, METERED = "measurement", "total_increasing", "metered"
_TOTAL = "_total"
_AXES = ("_x", "_y", "_z")

# Quantity; words that a field's name has before the unit, None for any; unit as the field's name
# ends with it; unit in words for a person; SenML's unit and the factor to it; Home Assistant's
# unit, device class and state class. A unit of one letter needs its word, since a field may be
# called class_a. The first row that fits counts.
_ROWS = (
    ("temperature", ("temperature", "temp", "dew_point"), "_c", "°C", "Cel", 1, "°C",
     "temperature", MEASURED),
    ("humidity", ("humidity",), "_percent", "%", "%RH", 1, "%", "humidity", MEASURED),
    ("concentration", ("concentration",), "_percent", "%", "/", 0.01, "%", None, MEASURED),
    ("share", None, "_percent", "%", "/", 0.01, "%", None, MEASURED),
    ("pressure", None, "_hpa", "hPa", "Pa", 100, "hPa", "atmospheric_pressure", MEASURED),
    ("illuminance", None, "_lx", "lx", "lx", 1, "lx", "illuminance", MEASURED),
    ("carbon dioxide", ("co2",), "_ppm", "ppm", "/", 1e-6, "ppm", "carbon_dioxide", MEASURED),
    ("concentration", None, "_ppm", "ppm", "/", 1e-6, "ppm", None, MEASURED),
    ("voltage", ("voltage",), "_v", "V", "V", 1, "V", "voltage", MEASURED),
    ("current", ("current",), "_a", "A", "A", 1, "A", "current", MEASURED),
    ("power", ("power",), "_w", "W", "W", 1, "W", "power", MEASURED),
    ("power", None, "_kw", "kW", "W", 1000, "kW", "power", MEASURED),
    ("energy", ("energy",), "_j", "J", "J", 1, "J", "energy", METERED),
    ("energy", None, "_kwh", "kWh", "J", 3600000, "kWh", "energy", METERED),
    ("energy", None, "_wh", "Wh", "J", 3600, "Wh", "energy", METERED),
    ("resistance", None, "_ohm", "Ω", "Ohm", 1, "Ω", None, MEASURED),
    ("speed of rotation", None, "_rpm", "rpm", "1/min", 1, "rpm", None, MEASURED),
    ("frequency", None, "_hz", "Hz", "Hz", 1, "Hz", "frequency", MEASURED),
    ("sound level", None, "_db", "dB", "dB", 1, "dB", "sound_pressure", MEASURED),
    ("acceleration", None, "_m_s2", "m/s²", "m/s2", 1, "m/s²", None, MEASURED),
    ("angular velocity", None, "_rad_s", "rad/s", "rad/s", 1, "rad/s", None, MEASURED),
    ("velocity", None, "_mm_s", "mm/s", "m/s", 0.001, "mm/s", "speed", MEASURED),
    ("speed", None, "_m_s", "m/s", "m/s", 1, "m/s", "speed", MEASURED),
    ("speed", None, "_km_h", "km/h", "m/s", 1 / 3.6, "km/h", "speed", MEASURED),
    ("magnetic flux density", None, "_gauss", "G", "T", 1e-4, "G", None, MEASURED),
    ("precipitation", ("rain", "precipitation"), "_mm", "mm", "m", 0.001, "mm", "precipitation",
     MEASURED),
    ("distance", None, "_mm", "mm", "m", 0.001, "mm", "distance", MEASURED),
    ("distance", ("distance", "level", "depth"), "_m", "m", "m", 1, "m", "distance", MEASURED),
    ("volume", None, "_m3", "m³", "m3", 1, "m³", None, MEASURED),
    ("mass", ("weight", "mass"), "_g", "g", "g", 1, "g", "weight", MEASURED),
    ("mass", None, "_kg", "kg", "kg", 1, "kg", "weight", MEASURED),
    ("data", None, "_mib", "MiB", "B", 1048576, "MiB", "data_size", MEASURED),
    ("data", None, "_kib", "KiB", "B", 1024, "KiB", "data_size", MEASURED),
    ("duration", ("uptime", "cpu", "duration", "age"), "_s", "s", "s", 1, "s", "duration",
     INCREASING),
    ("duration", None, "_ms", "ms", "s", 0.001, "ms", "duration", MEASURED),
    # Numbers without a unit, by their whole name or its end.
    ("count", ("total",), "", None, None, 1, None, None, INCREASING),
    ("count", ("count", "gaps", "overruns"), "", None, None, 1, None, None, MEASURED),
    ("level", ("state",), "", None, None, 1, None, None, MEASURED),
    ("load", ("load_1min", "load_5min"), "", None, None, 1, None, None, MEASURED),
    ("ratio", ("crest_factor", "kurtosis"), "", None, None, 1, None, None, MEASURED),
    ("deviations", ("distance",), "", None, None, 1, None, None, MEASURED),
    # Only for fields that an input declares so: a class may have any name.
    ("probability", (), "", None, None, 1, None, None, MEASURED),
    ("time spent", (), "_s", "s", "s", 1, "s", "duration", INCREASING),
)  # fmt: skip


class Quantity:
    """The quantity that a field measures, and its unit.

    Attributes: name; unit, for a person, or None; senml_name, the field's name without its unit;
    senml_unit and factor, by which a value is multiplied for it; ha_unit, device_class (or None)
    and state_class for Home Assistant.
    """

    def __init__(self, row, field):
        name, _, ending, self.unit, self.senml_unit, self.factor, self.ha_unit, *classes = row
        self.name = name
        total = _TOTAL if ending and _ends(field, _TOTAL) else ""
        end = len(field) - len(total)
        self.senml_name = field[: end - len(ending)] + total
        self.device_class, self.state_class = classes
        if self.state_class == METERED:
            self.state_class = MEASURED
            if not total:
                self.device_class = None
        if total:
            self.state_class = INCREASING


def _ends(name, ending):
    return name.lower().endswith(ending)


def _fits(row, name):
    """Whether a field's name, in lower case and without _total, fits a row."""
    _, words, ending = row[:3]
    if not name.endswith(ending):
        return False
    if words is None:
        return len(name) > len(ending)
    stem = name[: len(name) - len(ending)]
    if stem[-2:] in _AXES:
        stem = stem[:-2]
    if ending:
        # voltage0_v, temperature_2_c
        stem = stem.rstrip("0123456789").rstrip("_")
    return any(stem == word or stem.endswith("_" + word) for word in words)


def find(field, quantity=None):
    """The Quantity of a field by its name, or by the quantity that its input declares.

    None for a name that fits no row. ValueError for a declared quantity without a row.
    """
    name = field.lower()
    if name.endswith(_TOTAL):
        name = name[: -len(_TOTAL)]
    for row in _ROWS:
        if quantity is None:
            if _fits(row, name) or _fits(row, field.lower()):
                return Quantity(row, field)
        elif row[0] == quantity and name.endswith(row[2]):
            return Quantity(row, field)
    if quantity is not None:
        raise ValueError('no quantity "%s" for the field "%s"' % (quantity, field))
    return None
