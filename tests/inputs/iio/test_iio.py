# SPDX-License-Identifier: MIT
"""type = "iio": a wrong scale, or the wrong one of two devices, is believed for years."""

import pytest
from kernel_sys import add, add_all, link, table, values
from support import wait_until

ROOT = "bus/iio/devices"
PACE = 'interval = "200 ms"'


def device(kernel, number, chip, **attributes):
    add_all(kernel, f"{ROOT}/iio:device{number}", {"name": chip, **attributes})


def placed(kernel, number, chip, place, **attributes):
    """A device at its place on an I2C bus, linked as in a real /sys."""
    folder = f"devices/platform/soc/fe804000.i2c/i2c-1/{place}/iio:device{number}"
    link(kernel, f"{ROOT}/iio:device{number}", folder)
    add_all(kernel, folder, {"name": chip, **attributes})
    return folder


def test_units(kernel, sensord):
    """The kernel's millidegrees and kilopascals are no user's."""
    device(
        kernel, 0, "bme280", in_temp_input=23450, in_pressure_input="101.325",
        in_humidityrelative_input=45120, in_temp_raw=519888, in_temp_scale="1",
    )  # fmt: skip
    device(
        kernel, 1, "mcp3008", in_voltage0_raw=512, in_voltage1_raw=100,
        in_voltage_scale="3.222656250", in_voltage1_offset=-100,
        in_accel_x_raw=1000, in_accel_scale="0.0098",
    )  # fmt: skip
    readings = sensord(
        table("air", "iio", 'device = "bme280"', PACE)
        + table("adc", "iio", 'device = "iio:device1"', PACE)
        + table("one", "iio", 'device = "mcp3008"', 'channels = ["voltage0"]', PACE)
    )
    assert values(readings.wait("air")[0]) == {
        "humidity_percent": 45.12, "pressure_hpa": 1013.25, "temperature_c": 23.45,
    }  # fmt: skip
    assert values(readings.wait("adc")[0]) == {
        "accel_x_m_s2": 9.8, "voltage0_v": 1.65, "voltage1_v": 0,
    }  # fmt: skip
    assert values(readings.wait("one")[0]) == {"voltage0_v": 1.65}


# Attributes of a device, and its reading.
SCALES = [
    ({"in_voltage0_raw": 1000, "in_voltage0_scale": 2, "in_voltage_scale": 3}, {"voltage0_v": 2}),
    ({"in_voltage0_raw": 1000, "in_voltage_scale": 3, "in_scale": 5}, {"voltage0_v": 3}),
    ({"in_voltage0_raw": 1000, "in_scale": 5, "scale": 7}, {"voltage0_v": 5}),
    ({"in_voltage0_raw": 1000, "scale": 7}, {"voltage0_v": 7}),
    ({"in_voltage0_raw": 1000}, {"voltage0_v": None}),
    # MCP3550, ADC0831: differential inputs alone
    (
        {"in_voltage0-voltage1_raw": 100000, "in_voltage-voltage_scale": "0.002384185"},
        {"voltage0-voltage1_v": 0.2384185},
    ),
    (
        {
            "in_voltage0-voltage1_raw": 1000, "in_voltage0-voltage1_scale": 2,
            "in_voltage-voltage_scale": 3, "in_voltage0_raw": 1000, "in_voltage_scale": 5,
        },
        {"voltage0-voltage1_v": 2, "voltage0_v": 5},
    ),
    (
        {"in_accel_x_raw": 100, "in_accel_y_raw": 100, "in_accel_scale": "0.01",
         "in_accel_y_scale": "0.02"},
        {"accel_x_m_s2": 1, "accel_y_m_s2": 2},
    ),
    (
        {"in_temp_raw": 100, "in_temp_offset": -50, "in_temp_scale": 250, "in_offset": 7},
        {"temperature_c": 12.5},
    ),
    ({"in_temp_raw": 100, "in_offset": 20, "scale": 100}, {"temperature_c": 12}),
    # A processed value needs no scale, whatever lies beside it.
    (
        {"in_voltage0_input": 1234, "in_voltage0_raw": 9, "in_voltage0_scale": 9},
        {"voltage0_v": 1.234},
    ),
    ({"in_current0_raw": 12345678, "in_current0_scale": "0.000001"}, {"current0_a": 1.2345678e-2}),
    # Nothing is known of its unit, and its name says none.
    ({"in_intensity_both_raw": 77}, {"intensity_both": 77}),
    # A scale that cannot be read is no scale of one.
    ({"in_voltage0_raw": 1000, "in_voltage0_scale": "?"}, {"voltage0_v": None}),
    ({"in_temp_raw": 1000, "in_temp_scale": 1, "in_temp_offset": ""}, {"temperature_c": None}),
    ({"in_temp_input": "nan", "in_pressure_input": 100}, {"temperature_c": None,
                                                           "pressure_hpa": 1000}),
    ({"in_temp_input": b"\xff\xfe", "in_pressure_input": 100}, {"temperature_c": None,
                                                                 "pressure_hpa": 1000}),
]  # fmt: skip


def test_scales_and_offsets_at_each_place_of_the_abi(kernel, sensord):
    """The raw number of a converter passes for volts if its scale is not found."""
    config = ""
    for i, (attributes, _) in enumerate(SCALES):
        device(kernel, i, f"chip{i}", **attributes)
        config += table(f"s{i}", "iio", f'device = "chip{i}"', PACE)
    readings = sensord(config)
    for i, (attributes, expected) in enumerate(SCALES):
        assert values(readings.wait(f"s{i}", known=False)[0]) == expected, attributes
    assert "the driver gives no scale: the raw value has no unit" in readings.daemon.messages()


def test_a_scale_that_changes(kernel, sensord):
    """Drivers choose another range while they measure."""
    device(kernel, 0, "tsl2591", in_illuminance_raw=100, in_illuminance_scale="0.5")
    readings = sensord(table("light", "iio", 'device = "tsl2591"', PACE))
    assert values(readings.wait("light")[0]) == {"illuminance_lx": 50}
    add(kernel, f"{ROOT}/iio:device0/in_illuminance_scale", "2.0")
    wait_until(lambda: readings.of("light")[-1]["illuminance_lx"] == 200, 10, "the new scale")


@pytest.fixture
def two(kernel):
    """Two BME280 on one bus; the first one's folder below devices/."""
    folder = placed(kernel, 0, "bme280", "1-0076", in_temp_input=20000)
    placed(kernel, 1, "bme280", "1-0077", in_temp_input=35000)
    add(kernel, f"{ROOT}/iio:device1/label", "cellar")
    return folder


def test_a_name_that_fits_two_is_an_error_that_lists_both(two, sensord):
    """Which of them comes first differs from boot to boot."""
    readings = sensord(table("indoor", "iio", 'device = "bme280"', PACE))
    readings.daemon.wait_for_message(
        "2 IIO devices are called bme280: bme280 (iio:device0, 1-0076), bme280 (iio:device1, "
        "1-0077, cellar); name one of them by its place"
    )
    assert readings.of("indoor") == []


def test_names_that_stay_the_same(kernel, two, sensord):
    """A place on the bus, a label, a path in /sys: the number is none of them."""
    names = {
        "place": ("1-0077", 35), "label": ("cellar", 35), "path": (f"/sys/{two}", 20),
        "above": (f"/sys/{two.rsplit('/', 1)[0]}", 20),
        "link": ("/sys/bus/i2c/devices/1-0076", 20),
        "renumbered": (f"/sys/{two.replace('device0', 'device9')}", 20),
        "number": ("iio:device1", 35), "numbered": ("/sys/bus/iio/devices/iio:device0", 20),
    }  # fmt: skip
    readings = sensord(
        "".join(table(n, "iio", f'device = "{device}"', PACE) for n, (device, _) in names.items())
    )
    for name, (_, celsius) in names.items():
        assert values(readings.wait(name)[0]) == {"temperature_c": celsius}, name
    warnings = [line for line in readings.daemon.messages().splitlines() if "may be" in line]
    assert sorted(warnings) == [
        "sensord: warning: number: iio:device1 may be another device after the next start; device "
        '= "1-0077" stays the same',
        "sensord: warning: numbered: /sys/bus/iio/devices/iio:device0 may be another device after "
        'the next start; device = "1-0076" stays the same',
    ]


def test_another_device_that_takes_the_number(kernel, two, sensord):
    """A driver that is loaded again gets the number that is free, not its old one."""
    readings = sensord(table("cellar", "iio", 'device = "cellar"', PACE))
    readings.wait("cellar")
    folder = kernel.sys / ROOT
    (folder / "swap").symlink_to((folder / "iio:device0").readlink())
    (folder / "swap").replace(folder / "iio:device1")
    readings.wait_for_last("cellar", known=False)
    assert all(r["temperature_c"] in (35, None) for r in readings.of("cellar"))
    readings.daemon.wait_for_message("there is no IIO device cellar")


def test_devices_that_go_and_come(kernel, sensord):
    """A driver that was unbound: nulls for a value that fails, a fault in words for a device that
    is gone, and back again. The sensor beside it does not notice."""
    device(kernel, 0, "bme280", in_temp_input=20000, in_pressure_input=100)
    device(kernel, 1, "other", in_temp_input=30000)
    readings = sensord(
        table("air", "iio", 'device = "bme280"', PACE)
        + table("none", "iio", 'device = "bme680"', PACE)
        + table("beside", "iio", 'device = "other"', PACE)
    )
    readings.wait("air")
    readings.daemon.wait_for_message(
        "no IIO device bme680; there are: bme280 (iio:device0), other"
    )
    (kernel.sys / ROOT / "iio:device0/in_pressure_input").unlink()
    wait_until(lambda: readings.of("air")[-1]["pressure_hpa"] is None, 10, "a null")
    assert readings.of("air")[-1]["temperature_c"] == 20.0
    readings.daemon.wait_for_message("air: pressure_hpa is null: the kernel's driver gives no")
    before = len(readings.of("beside"))
    (kernel.sys / ROOT / "iio:device0").rename(kernel.sys / "away")
    readings.daemon.wait_for_message("air: there is no IIO device bme280; there are: other")
    readings.wait_for_last("air", known=False)
    (kernel.sys / "away").rename(kernel.sys / ROOT / "iio:device2")
    add(kernel, f"{ROOT}/iio:device2/in_pressure_input", 100)
    readings.wait_for_last("air", known=True)
    assert all(r["temperature_c"] == 30 for r in readings.of("beside"))
    assert len(readings.of("beside")) > before + 2
