# SPDX-License-Identifier: MIT
"""Every quantity and its unit, in the words of each consumer: one row a quantity.

Sources: SenML units of RFC 8428, section 12.1, and RFC 8798; device and state classes of Home
Assistant's sensor documentation.
"""

# Of a metered quantity Home Assistant takes its device class for a total only.
_METERED, _MEASUREMENT, _INCREASING = "metered", "measurement", "total_increasing"
_TOTAL = "_total"
_AXES = ("_x", "_y", "_z")

# Quantity; words that a field's name has before the unit, None for any; unit as the field's name
# ends with it; unit in words for a person; SenML's unit and the factor to it; Home Assistant's
# unit, device class and state class, in literals, so that the table takes no memory. A unit of one
# letter needs its word, for a field may be
# called class_a. The first row that fits counts.
_ROWS = (
    ("temperature", ("temperature", "temp", "dew_point"), "_c", "°C", "Cel", 1, "°C",
     "temperature", "measurement"),
    ("humidity", ("humidity",), "_percent", "%", "%RH", 1, "%", "humidity", "measurement"),
    ("concentration", ("concentration",), "_percent", "%", "/", 0.01, "%", None, "measurement"),
    ("share", None, "_percent", "%", "/", 0.01, "%", None, "measurement"),
    ("pressure", None, "_hpa", "hPa", "Pa", 100, "hPa", "atmospheric_pressure", "measurement"),
    ("illuminance", None, "_lx", "lx", "lx", 1, "lx", "illuminance", "measurement"),
    ("carbon dioxide", ("co2",), "_ppm", "ppm", "/", 1e-6, "ppm", "carbon_dioxide", "measurement"),
    ("concentration", None, "_ppm", "ppm", "/", 1e-6, "ppm", None, "measurement"),
    ("voltage", ("voltage",), "_v", "V", "V", 1, "V", "voltage", "measurement"),
    ("current", ("current",), "_a", "A", "A", 1, "A", "current", "measurement"),
    ("power", ("power",), "_w", "W", "W", 1, "W", "power", "measurement"),
    ("power", None, "_kw", "kW", "W", 1000, "kW", "power", "measurement"),
    ("energy", ("energy",), "_j", "J", "J", 1, "J", "energy", "metered"),
    ("energy", None, "_kwh", "kWh", "J", 3600000, "kWh", "energy", "metered"),
    ("energy", None, "_wh", "Wh", "J", 3600, "Wh", "energy", "metered"),
    ("resistance", None, "_ohm", "Ω", "Ohm", 1, "Ω", None, "measurement"),
    ("speed of rotation", None, "_rpm", "rpm", "1/min", 1, "rpm", None, "measurement"),
    ("frequency", None, "_hz", "Hz", "Hz", 1, "Hz", "frequency", "measurement"),
    ("sound level", None, "_db", "dB", "dB", 1, "dB", "sound_pressure", "measurement"),
    ("acceleration", None, "_m_s2", "m/s²", "m/s2", 1, "m/s²", None, "measurement"),
    ("angular velocity", None, "_rad_s", "rad/s", "rad/s", 1, "rad/s", None, "measurement"),
    ("velocity", None, "_mm_s", "mm/s", "m/s", 0.001, "mm/s", "speed", "measurement"),
    ("speed", None, "_m_s", "m/s", "m/s", 1, "m/s", "speed", "measurement"),
    ("speed", None, "_km_h", "km/h", "m/s", 0.2777777777777778, "km/h", "speed", "measurement"),
    ("magnetic flux density", None, "_gauss", "G", "T", 1e-4, "G", None, "measurement"),
    ("precipitation", ("rain", "precipitation"), "_mm", "mm", "m", 0.001, "mm", "precipitation",
     "measurement"),
    ("distance", None, "_mm", "mm", "m", 0.001, "mm", "distance", "measurement"),
    ("distance", ("distance", "level", "depth"), "_m", "m", "m", 1, "m", "distance", "measurement"),
    ("volume", None, "_m3", "m³", "m3", 1, "m³", None, "measurement"),
    ("mass", ("weight", "mass"), "_g", "g", "g", 1, "g", "weight", "measurement"),
    ("mass", None, "_kg", "kg", "kg", 1, "kg", "weight", "measurement"),
    ("data", None, "_mib", "MiB", "B", 1048576, "MiB", "data_size", "measurement"),
    ("data", None, "_kib", "KiB", "B", 1024, "KiB", "data_size", "measurement"),
    ("duration", ("uptime", "cpu", "duration", "age"), "_s", "s", "s", 1, "s", "duration",
     "total_increasing"),
    ("duration", None, "_ms", "ms", "s", 0.001, "ms", "duration", "measurement"),
    # Numbers without a unit, by their whole name or its end.
    ("count", ("total",), "", None, None, 1, None, None, "total_increasing"),
    ("count", ("count", "gaps", "overruns"), "", None, None, 1, None, None, "measurement"),
    ("level", ("state",), "", None, None, 1, None, None, "measurement"),
    ("load", ("load_1min", "load_5min"), "", None, None, 1, None, None, "measurement"),
    ("ratio", ("crest_factor", "kurtosis"), "", None, None, 1, None, None, "measurement"),
    ("deviations", ("distance",), "", None, None, 1, None, None, "measurement"),
    # Only where an input says so: a class may have any name.
    ("probability", (), "", None, None, 1, None, None, "measurement"),
    ("time spent", (), "_s", "s", "s", 1, "s", "duration", "total_increasing"),
)  # fmt: skip


class Quantity:
    """What a field measures.

    Attributes: name; unit, for a person, or None; short_name, the field's name without its unit;
    senml_unit and factor, by which a value is multiplied for it; ha_unit, device_class (or None)
    and state_class for Home Assistant.
    """

    def __init__(self, row, field):
        name, _, ending, self.unit, self.senml_unit, self.factor, self.ha_unit, *classes = row
        self.name = name
        total = _TOTAL if ending and _ends(field, _TOTAL) else ""
        end = len(field) - len(total)
        self.short_name = field[: end - len(ending)] + total
        self.device_class, self.state_class = classes
        if self.state_class == _METERED:
            self.state_class = _MEASUREMENT
            if not total:
                self.device_class = None
        if total:
            self.state_class = _INCREASING


def _ends(name, ending):
    return name.lower().endswith(ending)


def _fits(row, name):
    """Whether a field's name, in lower case and without _total, is of a row's quantity."""
    _, words, ending = row[:3]
    if not name.endswith(ending):
        return False
    if words is None:
        return len(name) > len(ending)
    stem = name[: len(name) - len(ending)].replace("-", "_")
    if stem[-2:] in _AXES:
        stem = stem[:-2]
    if ending:
        # voltage0_v, temperature_2_c
        stem = stem.rstrip("0123456789").rstrip("_")
    return any(stem == word or stem.endswith("_" + word) for word in words)


def find(field, quantity=None):
    """The Quantity of a field by its name, or by the quantity that its input declares.

    None if nothing is known of it. ValueError for a declared quantity that has no row.
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
