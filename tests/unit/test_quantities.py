# SPDX-License-Identifier: MIT
"""Each consumer gets the unit of what was measured, and none that a letter happens to suggest."""

from sensord.output.quantities import find


def test_units_by_name():
    for field, name, unit, senml, factor, ha_class in (
        ("temperature_c", "temperature", "°C", "Cel", 1, "temperature"),
        ("temperature1_c", "temperature", "°C", "Cel", 1, "temperature"),
        ("temperature_C", "temperature", "°C", "Cel", 1, "temperature"),
        ("28_0316a2794fff_temperature_c", "temperature", "°C", "Cel", 1, "temperature"),
        ("package_id_0_temperature_c", "temperature", "°C", "Cel", 1, "temperature"),
        ("voltage0_v", "voltage", "V", "V", 1, "voltage"),
        ("voltage0-voltage1_v", "voltage", "V", "V", 1, "voltage"),
        ("power1_w", "power", "W", "W", 1, "power"),
        ("rain_mm", "precipitation", "mm", "m", 0.001, "precipitation"),
        ("rain_mm_total", "precipitation", "mm", "m", 0.001, "precipitation"),
        ("humidity_percent", "humidity", "%", "%RH", 1, "humidity"),
        ("disk_used_percent", "share", "%", "/", 0.01, None),
        ("accel_x_m_s2", "acceleration", "m/s²", "m/s2", 1, None),
        ("anglvel_x_rad_s", "angular_velocity", "rad/s", "rad/s", 1, None),
        ("band_10_20_hz_m_s2", "acceleration", "m/s²", "m/s2", 1, None),
        ("l31_5hz_db", "sound_level", "dB", "dB", 1, "sound_pressure"),
        ("energy_kwh_total", "energy", "kWh", "J", 3600000, "energy"),
        ("energy_kwh", "energy", "kWh", "J", 3600000, None),
        ("uptime_s", "duration", "s", "s", 1, "duration"),
        ("total", "count", None, None, 1, None),
        ("gaps", "count", None, None, 1, None),
    ):
        quantity = find(field)
        assert quantity is not None, field
        found = (
            quantity.name, quantity.unit, quantity.senml_unit, quantity.factor,
            quantity.device_class,
        )  # fmt: skip
        assert found == (name, unit, senml, factor, ha_class), (field, found)


def test_a_letter_alone_is_no_unit():
    for field in (
        "class_a",
        "label_c",
        "c",
        "plan_b",
        "vitamin_c",
        "walking_s",
        "v",
        "_w",
        "mode_v",
    ):
        assert find(field) is None, field


def test_totals_rise():
    """Home Assistant draws them as consumption."""
    for field in ("rain_mm_total", "energy_wh_total", "total", "count_total"):
        assert find(field).state_class == "total_increasing", field
    assert find("rain_mm").state_class == find("count").state_class == "measurement"


def test_a_name_without_its_unit():
    for field, short in (
        ("temperature_c", "temperature"), ("rain_mm_total", "rain_total"),
        ("voltage0_v", "voltage0"), ("total", "total"), ("load_1min", "load_1min"),
    ):  # fmt: skip
        assert find(field).short_name == short


def test_a_declared_quantity_counts():
    assert find("temperature_c", "probability").unit is None
    assert find("walking_s", "time_spent").ha_unit == "s"
    try:
        find("x", "magic")
    except ValueError as error:
        assert "magic" in str(error)
    else:
        raise AssertionError("a quantity that no row has")
