# SPDX-License-Identifier: MIT
"""Every quantity and its unit, in the words of each consumer: one row a quantity.

Sources: SenML units of RFC 8428, section 12.1, and RFC 8798; device and state classes of Home
Assistant's sensor documentation.
"""

# The columns: the quantity; the words that a field's name has before its unit, * for any, - for
# none: the field's input declares it; the end of the field's name; the unit for a person; SenML's
# unit and the factor to it; Home Assistant's unit, = for the same; its state class: a value, a
# total that rises, or a meter, which has its device class as a total only; its device class.
#
# A unit of one letter needs its word, for a field may be called class_a. The first row that fits
# counts. It is a text, since a table of tuples would take 10 kB of every daemon's memory.
_ROWS = """\
temperature      temperature,dew_point   _c       °C    Cel   1       = value temperature
temperature      temp                    _c       °C    Cel   1       = value temperature
humidity         humidity                _percent %     %RH   1       = value humidity
concentration    concentration           _percent %     /     0.01    = value -
share            *                       _percent %     /     0.01    = value -
pressure         *                       _hpa     hPa   Pa    100     = value atmospheric_pressure
illuminance      *                       _lx      lx    lx    1       = value illuminance
carbon_dioxide   co2                     _ppm     ppm   /     1e-6    = value carbon_dioxide
concentration    *                       _ppm     ppm   /     1e-6    = value -
voltage          voltage                 _v       V     V     1       = value voltage
current          current                 _a       A     A     1       = value current
power            power                   _w       W     W     1       = value power
power            *                       _kw      kW    W     1000    = value power
energy           energy                  _j       J     J     1       = meter energy
energy           *                       _kwh     kWh   J     3600000 = meter energy
energy           *                       _wh      Wh    J     3600    = meter energy
resistance       *                       _ohm     Ω     Ohm   1       = value -
rotation         *                       _rpm     rpm   1/min 1       = value -
frequency        *                       _hz      Hz    Hz    1       = value frequency
sound_level      *                       _db      dB    dB    1       = value sound_pressure
acceleration     *                       _m_s2    m/s²  m/s2  1       = value -
angular_velocity *                       _rad_s   rad/s rad/s 1       = value -
velocity         *                       _mm_s    mm/s  m/s   0.001   = value speed
speed            *                       _m_s     m/s   m/s   1       = value speed
speed            *                       _km_h    km/h  m/s   1/3.6   = value speed
direction        direction,course,heading _deg   °     deg   1       = value -
angle            *                       _deg     °     deg   1       = value -
magnetic_field   *                       _gauss   G     T     0.0001  = value -
magnetic_field   *                       _ut      µT    T     1e-6    = value -
precipitation    rain,precipitation      _mm      mm    m     0.001   = value precipitation
distance         *                       _mm      mm    m     0.001   = value distance
distance         distance,level,depth    _m       m     m     1       = value distance
volume           *                       _m3      m³    m3    1       = value -
mass             weight,mass             _g       g     g     1       = value weight
mass             *                       _kg      kg    kg    1       = value weight
charge           *                       _ah      Ah    C     3600    = value -
data             *                       _mib     MiB   B     1048576 = value data_size
data             *                       _kib     KiB   B     1024    = value data_size
duration         uptime,cpu,duration,age _s       s     s     1       = total duration
duration         *                       _ms      ms    s     0.001   = value duration
# Numbers without a unit.
count            total                   -        -     -     1       = total -
count            count,gaps,overruns     -        -     -     1       = value -
level            state                   -        -     -     1       = value -
load             load_1min,load_5min     -        -     -     1       = value -
uv_index         uv_index                -        -     -     1       = value -
ratio            crest_factor,kurtosis   -        -     -     1       = value -
deviations       distance                -        -     -     1       = value -
# Only where an input declares it: a class may have any name.
probability      -                       -        -     -     1       = value -
time_spent       -                       _s       s     s     1       = total duration
"""
_TOTAL = "_total"
# Statistics of a field, whose quantity is the field's.
_STATISTICS = ("_min", "_max", "_last")
_AXES = ("_x", "_y", "_z")


def _cell(text):
    return None if text == "-" else text


class Quantity:
    """The quantity of a field and its units.

    Attributes: name, or None; unit, for a person, or None; short_name, the field's name without
    its unit; senml_unit and factor, by which a value is multiplied for it; ha_unit, device_class
    and state_class (or None) for Home Assistant; class_given, whether the configuration gives the
    class.
    """

    class_given = False

    def __init__(self, cells, field, statistic=""):
        name, _, ending, unit, senml_unit, factor, ha_unit, state, device_class = cells
        self.name = _cell(name)
        self.unit, self.senml_unit, self.device_class = (
            _cell(text) for text in (unit, senml_unit, device_class)
        )
        dividend, _, divisor = factor.partition("/")
        self.factor = float(dividend) / float(divisor or 1)
        self.ha_unit = self.unit if ha_unit == "=" else ha_unit
        total = _TOTAL if ending != "-" and field.lower().endswith(_TOTAL) else ""
        end = len(field) - len(total)
        self.short_name = field[: end - (len(ending) if ending != "-" else 0)] + total + statistic
        rises = total or state == "total"
        self.state_class = "total_increasing" if rises else "measurement"
        if state == "meter" and not total:
            self.device_class = None


def _fits(words, ending, name):
    """Whether a field's name, in lower case and without _total, is of a row's quantity."""
    if ending != "-" and not name.endswith(ending):
        return False
    if words == "*":
        return len(name) > len(ending)
    stem = name
    if ending != "-":
        stem = name[: len(name) - len(ending)].replace("-", "_")
        if stem[-2:] in _AXES:
            stem = stem[:-2]
        # voltage0_v, temperature_2_c
        stem = stem.rstrip("0123456789").rstrip("_")
    return any(stem == word or stem.endswith("_" + word) for word in words.split(","))


def find(field, quantity=None):
    """The Quantity of a field by its name, or by the quantity that its input declares.

    None for a name that fits no row. ValueError for a declared quantity without a row.
    """
    found = _row_of(field, quantity)
    if found is not None:
        return Quantity(found, field)
    # Last, as _min is also "a minute" in a unit.
    for statistic in _STATISTICS:
        if field.lower().endswith(statistic):
            of = field[: -len(statistic)]
            found = _row_of(of, quantity)
            if found is not None:
                return Quantity(found, of, field[-len(statistic) :])
    if quantity is not None:
        raise ValueError('no quantity "%s" for the field "%s"' % (quantity, field))
    return None


def _row_of(field, quantity):
    """The cells of the row that fits a field."""
    whole = field.lower()
    name = whole[: -len(_TOTAL)] if whole.endswith(_TOTAL) else whole
    for row in _ROWS.split("\n"):
        cells = row.split()
        if not cells or row[0] == "#":
            continue
        words, ending = cells[1:3]
        if quantity is None:
            fits = words != "-" and (_fits(words, ending, name) or _fits(words, ending, whole))
        else:
            fits = cells[0] == quantity and (ending == "-" or name.endswith(ending))
        if fits:
            return cells
    return None


def _row_of_unit(unit, device_class):
    """The cells of the quantity that a unit is most likely of: that of the device class, one of
    any field with that unit, or the first."""
    found = None
    for row in _ROWS.split("\n"):
        cells = row.split()
        if not cells or row[0] == "#" or cells[1] == "-" or cells[3] != unit:
            continue
        if cells[8] == device_class:
            return cells
        if found is None or cells[1] == "*" and found[1] != "*":
            found = cells
    return found


def given(field, unit, device_class, found):
    """The Quantity of a field of which the configuration gives the unit, the device class or both;
    the other is None. `found` is as find() gives it for the field."""
    # Imported when needed: few configurations give any.
    from ..values import classes

    if unit is not None and (found is None or found.unit != unit):
        unit = classes.normal(unit)
        cells = _row_of_unit(unit, device_class)
        if cells is None:
            cells = ["-", "*", "-", unit, "-", "1", "=", "value", "-"]
        if not field.lower().endswith(cells[2]):
            cells[2] = "-"
        if cells[7] == "total":
            # A total by its field's name, which this field has not.
            cells[7] = "value"
        found = Quantity(cells, field)
    elif found is None:
        found = Quantity(["-", "*", "-", "-", "-", "1", "=", "value", "-"], field)
    if device_class is not None:
        found.device_class = device_class
        found.class_given = True
        found.state_class = classes.state_class(device_class, found.state_class)
    return found
