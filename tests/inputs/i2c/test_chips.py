# SPDX-License-Identifier: MIT
"""type = "i2c": the daemon on a fake bus, from a chip's registers to a reading."""

import errno
import os
import subprocess
import time

import pytest
from fakes import environment as chips
from kernel_sys import values
from support import SENSORD, wait_until


def table(name, driver, **keys):
    lines = [f"[sensor.{name}]", 'type = "i2c"', f'driver = "{driver}"', 'interval = "300 ms"']
    return "\n".join(lines + [f"{key} = {value}" for key, value in keys.items()]) + "\n"


@pytest.mark.parametrize(
    "driver, address, chip, keys, expected",
    [
        ("sht3x", 0x44, chips.sht3x, {}, {"temperature_c": 23.0, "humidity_percent": 40.0}),
        ("sht4x", 0x44, chips.sht4x, {}, {"temperature_c": 23.0, "humidity_percent": 100}),
        ("aht20", 0x38, chips.AHT20, {}, {"temperature_c": 25.0, "humidity_percent": 50.0}),
        ("mcp9808", 0x18, chips.mcp9808, {}, {"temperature_c": 25.25}),
        (
            "mcp9808", 0x1F, lambda: chips.mcp9808(0x1F60), {"address": 0x1F},
            {"temperature_c": -10.0},
        ),
        ("tmp117", 0x48, chips.TMP117, {}, {"temperature_c": -25.0}),
        ("lm75", 0x48, chips.lm75, {}, {"temperature_c": -24.875}),
        ("bh1750", 0x23, chips.BH1750, {}, {"illuminance_lx": 1234.2, "overload": False}),
        (
            "bh1750", 0x5C, lambda: chips.BH1750(65535), {"address": 0x5C},
            {"illuminance_lx": None, "overload": True},
        ),
        (
            "ads1115", 0x48, lambda: chips.ADS1115([1.0, 3.3, -0.1, 5.0]), {},
            {"voltage0_v": 1.0, "voltage1_v": 3.3, "voltage2_v": -0.1, "voltage3_v": None},
        ),
        (
            "ads1115", 0x49, lambda: chips.ADS1115([0, 0.2, 0, 0]),
            {"address": 0x49, "channels": [1], "full_scale": 0.256}, {"voltage1_v": 0.2},
        ),
        (
            "scd4x", 0x62, chips.SCD4x, {},
            {"co2_ppm": 500, "temperature_c": 25.0, "humidity_percent": 37.0},
        ),
        (
            "ina219", 0x40, chips.INA219, {},
            {"voltage_v": 12.0, "current_a": 1.5, "power_w": 18.0, "overload": False},
        ),
        (
            "ina219", 0x41, lambda: chips.INA219(shunt=-1000, bus=1000 << 3 | 3),
            {"address": 0x41, "shunt_ohm": 0.01},
            {"voltage_v": 4.0, "current_a": None, "power_w": None, "overload": True},
        ),
    ],
)  # fmt: skip
def test_values(bus, sensord, driver, address, chip, keys, expected):
    """A wrong factor is believed for years."""
    bus.chips[address] = chip()
    readings = sensord(table("it", driver, **keys))
    wait_until(lambda: len(readings.of("it")) >= 2, 15, "two readings")
    reading = values(readings.of("it")[0])
    assert list(reading) == list(expected)
    for name, value in expected.items():
        if value is None:
            assert reading[name] is None
        else:
            close = 2e-4 if name.startswith("v") else 0.011
            assert reading[name] == pytest.approx(value, abs=close)


def test_bme280(bus, sensord):
    """Against the integer formulas of the datasheet."""
    bus.chips[0x76] = model = chips.BME280()
    (reading,) = sensord(table("climate", "bme280")).wait("climate")[:1]
    temperature, humidity, pressure = chips.bme280_expected(model)
    assert temperature == 25.08 and abs(pressure - 1006.53) < 0.01
    assert reading["temperature_c"] == pytest.approx(temperature, abs=0.011)
    assert reading["humidity_percent"] == pytest.approx(humidity, abs=0.1)
    assert reading["pressure_hpa"] == pytest.approx(pressure, abs=0.02)


def test_bmp280_has_no_humidity(bus, sensord):
    """A value that a chip cannot measure is not made up."""
    bus.chips[0x77] = chips.BME280(0x58)
    (reading,) = sensord(table("air", "bmp280", address=0x77)).wait("air")[:1]
    assert list(reading) == ["time", "temperature_c", "pressure_hpa"]
    assert reading["pressure_hpa"] == pytest.approx(1006.53, abs=0.02)


@pytest.mark.parametrize(
    "driver, address, chip, words",
    [
        ("bme280", 0x76, lambda: chips.BME280(0x58), "no BME280"),
        ("mcp9808", 0x48, chips.mcp9808, None),
        ("tmp117", 0x48, chips.lm75, "no TMP117"),
        ("ina219", 0x40, chips.lm75, "no INA219"),
    ],
)
def test_another_chip_at_the_address(bus, sensord, driver, address, chip, words):
    """Its numbers would look like measurements."""
    bus.chips[address] = chip()
    readings = sensord(table("it", driver) + '[sensor.board]\ntype = "system"\ninterval = "1 s"\n')
    readings.daemon.wait_for_message(words or "/dev/i2c-1")
    assert readings.of("it") == []
    readings.wait("board")


def test_a_wrong_checksum_is_a_fault_and_null(bus, sensord):
    """A disturbed cable gives readings that are wrong, not missing."""
    bus.chips[0x44] = chip = chips.sht3x()
    bus.chips[0x38] = other = chips.AHT20()
    readings = sensord(table("out", "sht3x") + table("in", "aht20"))
    readings.wait("out", 2)
    readings.wait("in", 2)
    chip.damaged = other.damaged = True
    for name in ("in", "out"):
        readings.wait_for_last(name, known=False)
    assert "wrong checksum" in readings.daemon.messages()
    chip.damaged = other.damaged = False
    for name in ("in", "out"):
        readings.wait_for_last(name, known=True)
        assert sum(r["temperature_c"] is None for r in readings.of(name)) == 1


def test_unplugged_and_plugged_in_again(bus, sensord):
    """A loose wire is said once, hurts nobody else, and heals."""
    bus.chips[0x76] = chip = chips.BME280()
    bus.chips[0x23] = chips.BH1750()
    readings = sensord(table("climate", "bme280") + table("light", "bh1750"))
    readings.wait("climate", 2)
    del bus.chips[0x76]
    readings.daemon.wait_for_message("climate: /dev/i2c-1")
    before = len(readings.of("light"))
    time.sleep(2.5)
    assert len(readings.of("light")) >= before + 6, "the other sensor stood still"
    assert readings.daemon.messages().count("climate: /dev/i2c-1") == 1, "said once"
    bus.chips[0x76] = chip
    count = len(readings.of("climate"))
    wait_until(lambda: len(readings.of("climate")) > count + 1, 10, "it is back")
    assert readings.of("climate")[-1]["temperature_c"] == pytest.approx(25.08, abs=0.011)
    assert "climate: ok" in readings.daemon.messages().split("climate: /dev/i2c-1")[1]


def test_not_there_at_the_start_and_a_bus_that_hangs(bus, sensord):
    """Sensors are plugged in after the board was switched on."""
    readings = sensord(table("late", "sht4x") + table("absent", "lm75", bus=7))
    readings.daemon.wait_for_message("/dev/i2c-7")
    assert "dtparam=i2c_arm=on" in readings.daemon.messages()
    readings.daemon.wait_for_message("late: /dev/i2c-1")
    bus.chips[0x44] = chips.sht4x()
    readings.wait("late", 1)
    bus.error = errno.ETIMEDOUT
    readings.daemon.wait_for_message("hangs")
    assert readings.of("absent") == []


def test_a_chip_that_never_gets_ready(bus, sensord):
    """A chip whose supply is too low answers and does not measure."""
    bus.chips[0x48] = chip = chips.TMP117()
    chip.registers[0] = 0x8000
    readings = sensord(table("it", "tmp117"))
    readings.daemon.wait_for_message("does not convert")
    bus.chips[0x48] = chips.ADS1115([1, 1, 1, 1])
    bus.chips[0x48]._converting.begin(3600)
    bus.chips[0x48].set = lambda register, value: None
    readings = sensord(table("it", "ads1115"))
    readings.daemon.wait_for_message("does not finish converting")


THIRD_PARTY = """
class Therm:
    def __init__(self, i2c, address=0x48, scale=1):
        self.i2c, self.address, self.scale = i2c, address, scale

    @property
    def temperature(self):
        data = self.i2c.readfrom_mem(self.address, 0, 2)
        return (data[0] << 8 | data[1]) * self.scale

    def both(self):
        return self.temperature, "text"

    def broken(self):
        return 1 // 0

class Ours:
    def __init__(self, i2c, address=0x48):
        self.therm = Therm(i2c, address)

    async def start(self):
        pass

    async def read(self):
        return [("raw", self.therm.temperature)]
"""


@pytest.fixture
def drivers(tmp_path):
    folder = tmp_path / "drivers"
    folder.mkdir(mode=0o755)
    (folder / "therm.py").write_text(THIRD_PARTY)
    return folder


def foreign(sensord, folder, driver, **keys):
    return sensord(table("it", driver, **keys), SENSORD_DRIVERS=str(folder))


def test_any_micropython_driver(bus, sensord, drivers):
    """Chips that sensord does not know are as good."""
    bus.chips[0x48] = chips.lm75(0x0100)
    keys = {"address": 0x48, "arguments": "{scale = 2}"}
    fields = '{celsius = "temperature", first = "both.0", word = "both.1"}'
    readings = foreign(sensord, drivers, "therm:Therm", fields=fields, **keys)
    (reading,) = readings.wait("it")[:1]
    assert values(reading) == {"celsius": 512, "first": 512, "word": "text"}
    readings = foreign(sensord, drivers, "therm:Therm", fields='["temperature", "both.0"]')
    (reading,) = readings.wait("it")[:1]
    assert values(reading) == {"temperature": 256, "both_0": 256}
    (reading,) = foreign(sensord, drivers, "therm:Ours").wait("it")[:1]
    assert values(reading) == {"raw": 256}


@pytest.mark.parametrize(
    "driver, keys, words",
    [
        ("nothere:Therm", {}, "no module named 'nothere'; it is looked for in"),
        ("therm:Nothing", {"fields": '["a"]'}, "therm:Nothing"),
        ("therm:Therm", {}, "say with `fields` which"),
        ("therm:Therm", {"fields": '["broken"]'}, "divi"),
        ("therm:Therm", {"fields": '["missing"]'}, "missing"),
        ("therm:Therm", {"fields": '["both"]'}, "is no number"),
        ("therm:Therm", {"fields": '["temperature"]', "arguments": "{colour = 1}"}, "therm:Therm"),
    ],
)
def test_mistakes_of_drivers_are_faults(bus, sensord, drivers, driver, keys, words):
    """A driver of somebody's must not look like a fault of the daemon."""
    bus.chips[0x48] = chips.lm75()
    readings = foreign(sensord, drivers, driver, **keys)
    readings.daemon.wait_for_message(words)
    assert "Traceback" not in readings.daemon.messages()


def other_owner(path):
    os.chown(path, 1000, -1)


def others_may_write(path):
    path.chmod(0o666 if path.is_file() else 0o777)


HELPER = "from helper import *\n" + THIRD_PARTY
PACKAGE = "from parts.inner import *\n" + THIRD_PARTY


@pytest.mark.parametrize("change", [other_owner, others_may_write])
@pytest.mark.parametrize("place", ["", "therm.py", "helper.py", "parts", "parts/inner.py"])
def test_code_that_others_may_change_is_not_used(bus, sensord, drivers, change, place):
    """Whoever writes there is the daemon; also in what a driver imports."""
    (drivers / "therm.py").write_text(PACKAGE if "parts" in place else HELPER)
    (drivers / "helper.py").write_text("")
    (drivers / "parts").mkdir(mode=0o755)
    (drivers / "parts/inner.py").write_text("")
    change(drivers / place)
    readings = foreign(sensord, drivers, "therm:Ours")
    shown = str(drivers / place).rstrip("/")
    readings.daemon.wait_for_message(
        f"{shown} must belong to root and be writable by root alone: "
        f"chown root {shown}; chmod go-w {shown}"
    )
    assert readings.of("it") == []


def test_a_link_that_others_may_turn_is_not_used(bus, sensord, drivers, tmp_path):
    """The file is root's, and its folder another's: that user can put another file there."""
    others = tmp_path / "others"
    others.mkdir()
    (drivers / "therm.py").rename(others / "therm.py")
    other_owner(others)
    (drivers / "therm.py").symlink_to(others / "therm.py")
    readings = foreign(sensord, drivers, "therm:Ours")
    readings.daemon.wait_for_message(f"the folder {others} must belong to root")
    assert readings.of("it") == []


def test_code_of_ones_own_in_links_and_folders_is_used(bus, sensord, drivers, tmp_path):
    """A driver that is a package, and one that is a link to where it is developed."""
    bus.chips[0x48] = chips.lm75(0x0100)
    (drivers / "notes.txt").touch(0o666)
    (drivers / "gone.py").symlink_to(tmp_path / "nowhere")
    (drivers / "parts").mkdir(mode=0o755)
    (drivers / "parts/inner.py").write_text(THIRD_PARTY)
    (drivers / "therm.py").write_text("from parts.inner import Ours\n")
    os.symlink(drivers, tmp_path / "link")
    readings = foreign(sensord, tmp_path / "link", "therm:Ours")
    (reading,) = readings.wait("it")[:1]
    assert values(reading) == {"raw": 256}


@pytest.mark.parametrize(
    "lines, words",
    [
        ('driver = "bme820"', 'must be "ads1015"'),
        ('driver = "x:"', "MODULE:CLASS"),
        ('driver = "bme280"\nchannels = [1]', 'unknown key "channels"'),
        ('driver = "ads1115"\nchannels = [4]', "from 0 to 3"),
        ('driver = "ads1115"\nchannels = [1, 1]', "has 1 twice"),
        ('driver = "ads1115"\nchannels = []', "an empty one"),
        ('driver = "ads1115"\nfull_scale = 5', "4.096"),
        (
            'driver = "bme280"\naddress = 0x99',
            "from 0x03 to 0x77, not 0x99; without the bit for reading and writing it is 0x4c",
        ),
        ('driver = "a:B"\nfields = [1]', "an array such as"),
        ('driver = "a:B"\nfields = {time = "t"}', 'called "time"'),
        ('driver = "a:B"\narguments = 1', "an inline table"),
        ("", 'needs the key "driver"'),
    ],
)
def test_configurations_that_are_wrong(tmp_path, lines, words):
    """The check reports the error before anything starts."""
    path = tmp_path / "sensord.toml"
    path.write_text('[sensor.it]\ntype = "i2c"\n' + lines + "\n")
    done = subprocess.run(
        [SENSORD, "check", "--config", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 78 and words in done.stderr, done.stderr
