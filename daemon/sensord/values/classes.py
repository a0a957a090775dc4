# SPDX-License-Identifier: MIT
"""Home Assistant's device classes, for the key `class` of a field.

Source: homeassistant.components.sensor.const and binary_sensor of Home Assistant 2026.2;
`make test-home-assistant` compares them.
"""

from ..schema.nearest import suggestion
from .field import BOOLEAN, NUMBER

# Of sensors: the class; its state class, value for a measurement, total for what only rises,
# either for both, sum for a total that also falls, - for none; its units with "_" for a blank, -
# for none, * for any. Some classes have several rows. A text, as a table of tuples would take more
# memory. µ is U+00B5, which all versions of Home Assistant take.
_SENSOR = """\
absolute_humidity value g/m³|mg/m³
apparent_power value kVA|mVA|VA
aqi value -
area either ac|cm²|ft²|ha|in²|km²|mi²|mm²|m²|yd²
atmospheric_pressure value bar|cbar|hPa|inHg|inH₂O|kPa|mbar|mmHg|mPa|Pa|psi
battery value %
blood_glucose_concentration value mg/dL|mmol/L
carbon_dioxide value ppm
carbon_monoxide value mg/m³|ppb|ppm|µg/m³
conductivity value mS/cm|S/cm|µS/cm
current value A|mA
data_rate value B/s|bit/s|GB/s|Gbit/s|GiB/s|kB/s|kbit/s|KiB/s|MB/s|Mbit/s|MiB/s
data_size either B|bit|EB|EiB|GB|Gbit|GiB|kB|kbit|KiB|MB|Mbit|MiB|PB|PiB|TB|TiB|YB|YiB|ZB|ZiB
date - *
distance either cm|ft|in|km|m|mi|mm|nmi|yd
duration either d|h|min|ms|s|µs
energy total cal|Gcal|GJ|GWh|J|kcal|kJ|kWh|Mcal|MJ|mWh|MWh|TWh|Wh
energy_distance value km/kWh|kWh/100km|mi/kWh|Wh/km
energy_storage value cal|Gcal|GJ|GWh|J|kcal|kJ|kWh|Mcal|MJ|mWh|MWh|TWh|Wh
enum - *
frequency value GHz|Hz|kHz|MHz
gas total CCF|ft³|L|MCF|m³
humidity value %
illuminance value lx
irradiance value BTU/(h⋅ft²)|W/m²
moisture value %
monetary sum *
nitrogen_dioxide value ppb|µg/m³
nitrogen_monoxide value ppb|µg/m³
nitrous_oxide value µg/m³
ozone value ppb|µg/m³
ph value -
pm1 value µg/m³
pm10 value µg/m³
pm25 value µg/m³
pm4 value µg/m³
power value GW|kW|mW|MW|TW|W
power_factor value %|-
precipitation either cm|in|mm
precipitation_intensity value in/d|in/h|mm/d|mm/h
pressure value bar|cbar|hPa|inHg|inH₂O|kPa|mbar|mmHg|mPa|Pa|psi
reactive_energy total kvarh|varh
reactive_power value kvar|mvar|var
signal_strength value dB|dBm
sound_pressure value dB|dBA
speed value Beaufort|ft/s|in/d|in/h|in/s|km/h|kn|m/min|m/s|mm/d|mm/h|mm/s|mph
sulphur_dioxide value ppb|µg/m³
temperature value K|°C|°F
temperature_delta value K|°C|°F
timestamp - *
volatile_organic_compounds value mg/m³|µg/m³
volatile_organic_compounds_parts value ppb|ppm
voltage value kV|MV|mV|V|µV
volume total CCF|fl._oz.|ft³|gal|L|MCF|mL|m³
volume_flow_rate value ft³/min|gal/d|gal/h|gal/min|L/h|L/min|L/s|mL/s|m³/h|m³/min|m³/s
volume_storage value CCF|fl._oz.|ft³|gal|L|MCF|mL|m³
water total CCF|ft³|gal|L|MCF|m³
weight either g|kg|lb|mg|oz|st|µg
wind_direction - °
wind_speed value Beaufort|ft/s|in/s|km/h|kn|m/min|m/s|mm/s|mph
"""
_BINARY = (
    "battery battery_charging carbon_monoxide cold connectivity door garage_door gas heat "
    "light lock moisture motion moving occupancy opening plug power presence problem running "
    "safety smoke sound tamper update vibration window "
)
_OF_TEXTS = ("date", "enum", "timestamp")
_MU, _MICRO = "\u03bc", "\u00b5"


def _rows(device_class):
    """[[class, state class, units], …] of a sensor's class."""
    rows = _SENSOR.split("\n")
    return [row.split() for row in rows if row.startswith(device_class + " ")]


def exists(device_class):
    """Whether there is such a class."""
    return bool(_rows(device_class)) or is_binary(device_class)


def hint(device_class):
    """The name to write in place of one that does not exist."""
    sensor = [row.split()[0] for row in _SENSOR.split("\n") if row]
    return suggestion(device_class, set(sensor + _BINARY.split()))


def is_binary(device_class):
    """Whether a class is one of binary sensors."""
    return device_class in _BINARY.split()


def fits(device_class, kind):
    """Whether values of a kind (NUMBER, TEXT, BOOLEAN) can have a class."""
    if kind == BOOLEAN:
        return is_binary(device_class)
    if kind == NUMBER:
        return bool(_rows(device_class)) and device_class not in _OF_TEXTS
    return device_class in _OF_TEXTS


def normal(unit):
    """A unit with the micro sign that all versions of Home Assistant take."""
    return unit.replace(_MU, _MICRO)


def units(device_class):
    """The units that a class may have, "" for none; None if it may have any."""
    found = []
    for row in _rows(device_class):
        if row[2] == "*":
            return None
        found += ["" if unit == "-" else unit.replace("_", " ") for unit in row[2].split("|")]
    return found or [""]


def wrong_unit(device_class, allowed):
    """Words for a unit that a class does not have."""
    named = [unit for unit in allowed if unit]
    if not named:
        return 'does not go with class = "%s", which has no unit' % device_class
    return 'does not go with class = "%s", which has %s' % (device_class, ", ".join(named))


def state_class(device_class, otherwise):
    """The state class of numbers of a class: `otherwise`, "measurement" or "total_increasing", if
    the class may have it, and None if it has none."""
    rows = _rows(device_class)
    if not rows or rows[0][1] == "-":
        return None
    if rows[0][1] == "either":
        return otherwise
    return {"value": "measurement", "total": "total_increasing", "sum": "total"}[rows[0][1]]
