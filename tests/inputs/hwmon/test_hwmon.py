# SPDX-License-Identifier: MIT
"""type = "hwmon": the disk that gets hot is the one that the reading names."""

import pytest
from kernel_sys import add, add_all, link, table, values
from support import wait_until

ROOT = "class/hwmon"
PACE = 'interval = "200 ms"'


def device(kernel, number, chip, **attributes):
    add_all(kernel, f"{ROOT}/hwmon{number}", {"name": chip, **attributes})


def read(kernel, sensord, **attributes):
    device(kernel, 3, "chip", **attributes)
    readings = sensord(table("case", "hwmon", 'device = "chip"', PACE))
    return values(readings.wait("case", known=False)[0]), readings


def test_labels_and_units(kernel, sensord):
    """Names that a person gave, where there are any."""
    reading, _ = read(
        kernel, sensord, temp1_input=21500, in1_input=3300, fan1_input=1200, temp2_input=40000,
        temp2_label="Package id 0", power1_input=2500000, beep_enable=0, humidity1_input=45120,
        energy1_input=1012345678901, curr1_input=-1500, pwm1_input=7,
    )  # fmt: skip
    assert reading == {
        "fan1_rpm": 1200, "package_id_0_temperature_c": 40.0, "power1_w": 2.5,
        "temperature1_c": 21.5, "voltage1_v": 3.3, "humidity1_percent": 45.12,
        "energy1_j": 1012345.678901, "current1_a": -1.5,
    }  # fmt: skip


def test_labels_that_are_no_names(kernel, sensord):
    """No value is lost to a label, and each name is valid and its own."""
    reading, readings = read(
        kernel, sensord, temp1_input=1000, temp1_label="Core 0", temp2_input=2000,
        temp2_label="core-0", temp3_input=3000, temp3_label="###", temp4_input=4000,
        temp4_label=b"T\xe4m\xff", temp5_input=5000, temp5_label='a"b\\c', temp6_input=6000,
        temp6_label="", in0_input=1000, in0_label="Core 0",
    )  # fmt: skip
    assert reading == {
        "core_0_temperature_c": 1, "core_0_temperature2_c": 2, "temperature3_c": 3,
        "t_m__temperature_c": 4, "a_b_c_temperature_c": 5, "temperature6_c": 6,
        "core_0_voltage_v": 1,
    }  # fmt: skip
    assert "came twice" not in readings.daemon.messages()


def test_faults_that_the_driver_reports(kernel, sensord):
    """A thermistor that came off measures -40 degrees."""
    reading, readings = read(
        kernel, sensord, temp1_input=-40000, temp1_fault=1, temp2_input=20000, temp2_fault=0,
        fan1_input="x",
    )  # fmt: skip
    assert reading == {"temperature1_c": None, "temperature2_c": 20, "fan1_rpm": None}
    message = "temperature1_c is null: the kernel's driver reports a fault of the sensor"
    readings.daemon.wait_for_message(message)
    add(kernel, f"{ROOT}/hwmon3/temp1_fault", 0)
    wait_until(
        lambda: readings.of("case")[-1]["temperature1_c"] == -40, 10, "the end of the fault"
    )
    assert readings.daemon.messages().count(message) == 1


@pytest.fixture
def disks(kernel):
    """Two NVMe drives, as in a real /sys; the folder of the second."""
    for i, bridge in enumerate(("1d.0", "1d.4")):
        address = f"0000:0{i + 1}:00.0"
        folder = f"devices/pci0000:00/0000:00:{bridge}/{address}/nvme/nvme{i}"
        link(kernel, f"{ROOT}/hwmon{i}", f"{folder}/hwmon{i}")
        link(kernel, f"{folder}/hwmon{i}/device", folder)
        device(kernel, i, "nvme", temp1_input=30000 + i * 20000, temp1_label="Composite")
        add(kernel, f"{folder}/serial", f"S4EVNF0M12345{i}     ")
    return f"{folder}/hwmon1"


def test_a_name_that_fits_two_is_an_error_that_lists_both(disks, sensord):
    readings = sensord(table("disk", "hwmon", 'device = "nvme"', PACE))
    readings.daemon.wait_for_message(
        "2 hwmon devices are called nvme: nvme (hwmon0, 0000:01:00.0, S4EVNF0M123450), nvme "
        "(hwmon1, 0000:02:00.0, S4EVNF0M123451); name one of them by its place"
    )
    assert readings.of("disk") == []


def test_names_that_stay_the_same(kernel, disks, sensord):
    """The place on the PCI bus, the serial number, the path: the number is none of them."""
    names = {
        "pci": ("0000:02:00.0", 50), "serial": ("S4EVNF0M123450", 30),
        "path": (f"/sys/{disks}", 50),
        "renumbered": (f"/sys/{disks.replace('hwmon1', 'hwmon7')}", 50),
        "bridge": ("0000:00:1d.0", 30), "number": ("hwmon1", 50),
    }  # fmt: skip
    readings = sensord(
        "".join(
            table(n, "hwmon", f'device = "{device}"', PACE) for n, (device, _) in names.items()
        )
    )
    for name, (_, celsius) in names.items():
        assert values(readings.wait(name)[0]) == {"composite_temperature_c": celsius}, name
    warnings = [line for line in readings.daemon.messages().splitlines() if "may be" in line]
    assert warnings == [
        "sensord: warning: number: hwmon1 may be another device after the next start; device = "
        '"0000:02:00.0" stays the same'
    ]


def test_a_device_that_goes_and_comes(kernel, sensord):
    """A fault in words, told once, and back again under another number."""
    device(kernel, 0, "lm75", temp1_input=20000)
    readings = sensord(
        table("case", "hwmon", 'device = "lm75"', PACE)
        + table("none", "hwmon", 'device = "lm99"', PACE)
    )
    readings.wait("case")
    readings.daemon.wait_for_message("no hwmon device lm99; there are: lm75 (hwmon0)")
    (kernel.sys / ROOT / "hwmon0").rename(kernel.sys / "away")
    readings.daemon.wait_for_message("case: there is no hwmon device lm75; there are: none")
    readings.wait_for_last("case", known=False)
    (kernel.sys / "away").rename(kernel.sys / ROOT / "hwmon5")
    readings.wait_for_last("case", known=True)
    assert readings.daemon.messages().count("error: case: ") == 1
    # A driver that is there and gives nothing.
    (kernel.sys / ROOT / "hwmon5/temp1_input").write_text("")
    readings.daemon.wait_for_message("case: temperature1_c is null: the kernel's driver gives no")
    add(kernel, f"{ROOT}/hwmon5/temp1_input", 25000)
    readings.wait_for_last("case", known=True)
    assert readings.of("case")[-1]["temperature1_c"] == 25.0
    assert readings.daemon.messages().count("error: case: ") == 2
