# SPDX-License-Identifier: MIT
"""The mistakes that people make: one message each, with its line, that says what to write."""

import re

import pytest
from tables import check, table

# Names of Python's types, which a user need not know.
_PYTHON = re.compile(r"\b(str|int|float|dict|bool|NoneType|OrderedDict|Moment|bytes)\b")

# (text, line, words)
MISTAKES = [
    ('[sensor.a]\ntype = \u201csystem\u201d', 2, "use straight quotes"),
    ("[sensor.a]\ntype = 'system\u2019", 2, "missing closing quote; use straight quotes"),
    ('[sensor.a]\ntype = "system"\ninterval = .5', 3, "0.5"),
    ('[sensor.a]\ntype = "system"\ninterval = 5.', 3, "5.0"),
    ('[sensor.a]\ntype = "system"\ninterval = 1,5', 3, "a number has a point, not a comma"),
    ('[sensor.a]\ntype = "system"\ninterval = 5s', 3, 'a value with a unit is a string: "5s"'),
    ('[sensor.a]\ntype = "system"\ninterval = 5', 3, 'must be a duration such as "30 s"'),
    ('[sensor.a]\ntype = "system"\ninterval = "1,5 s"', 3, "a number has a point"),
    ('[sensor.a]\ntype = "system"\ninterval = "5 S"', 3, "use one of ms, s, min, h, d"),
    ('[sensor.a]\ntype = "system"\ninterval = True', 3, "write it in lower case"),
    ('[sensor.a]\ntype = "system"\ninterval = 2020-01-01', 3, "not a date or time"),
    ('[sensor.a]\ntype = "system"\ninterval = {}', 3, "not a table"),
    ('[[sensor]]\ntype = "system"', 1, "write [sensor.NAME] with single brackets"),
    ('[[sensor.x]]\ntype = "system"', 1, "write [sensor.NAME] with single brackets"),
    ('[[mqtt]]\nserver = "mqtt://a"', 1, "write [mqtt] with single brackets"),
    ("sensor = 1", 1, "sensor must be written as a table: [sensor.NAME]"),
    ("[sensor]\nx = 1", 2, "sensor must be written as a table: [sensor.NAME]"),
    ('[Sensor.a]\ntype = "system"', 1, 'did you mean "sensor"?'),
    ('[sensors.a]\ntype = "system"', 1, 'did you mean "sensor"?'),
    ('[sensor.a]\ntype = "I2C"', 2, 'did you mean "i2c"?'),
    ('[sensor.a]\ntype = "bme280"', 2, 'type = "i2c" with driver = "bme280"'),
    ('[sensor.a]\ntype = "BME280"', 2, 'type = "i2c" with driver = "bme280"'),
    ('[sensor.a]\ntype = "DS18B20"', 2, 'type = "w1"'),
    ('[sensor.a]\ntype = "dht22"', 2, 'type = "iio" with device = "dht11"'),
    ('[sensor.a]\ntype = "image"\nlabels = ["a"]', 1, 'needs the key "model"'),
    ('[sensor.a]\ntype = "sound"\ntime-weighting = "fast"', 3, 'did you mean "time_weighting"?'),
    ('[sensor.a]\ntype = "sound"\nRate = 8000', 3, 'did you mean "rate"?'),
    ('[sensor.a]\ntype = "sound"\nrate = "8000"', 3, "an integer, not a string: write it without"),
    ('[sensor.a]\ntype = "exec"\ncommand = "ls -l"', 3, '["sh", "-c", "…"] runs a line'),
    ('[sensor.a]\ntype = "exec"\ncommand = []', 3, "an array of strings, the program first"),
    ('[sensor.a]\ntype = "exec"\ncommand = [1]', 3, "an array of strings, the program first"),
    ('[sensor.a]\ntype = "exec"\ncommand = [""]', 3, "must name a program first"),
    ('[sensor.a]\ntype = "exec"\ncommand = ["x"]\nrename = {a = 1}', 4, "a name for each field"),
    ('[sensor.a]\ntype = "exec"\ncommand = ["x"]\nrename = "a"', 4, "must be a table such as"),
    ('[sensor.a]\ntype = "exec"\ncommand = ["x"]\nrename = {a = "b", c = "b"}', 4, "twice"),
    ('[sensor.a]\ntype = "gpio"\npin = 1\nfield = "count"', 4, "has a field of that name"),
    ('[sensor.a]\ntype = "system"\n[sensor.a.values.foo]', 3, 'has no field "foo"; known: cpu_'),
    ('[sensor.a]\ntype = "system"\n[sensor.a.values.uptime]', 3, 'did you mean "uptime_s"?'),
    ('[sensor.a]\ntype = "system"\nvalues = 1', 3, "[sensor.NAME.values.FIELD]"),
    ('[sensor.a]\ntype = "system"\nvalues = {a = 1}', 3, "[sensor.NAME.values.FIELD]"),
    ('[sensor.a]\ntype = "w1"\n[[sensor.a.values.x]]', 3, "with single brackets"),
    ('[sensor.a]\ntype = "w1"\n[sensor.a.values.x]\nvalid = [2, 1]', 4, "lowest and then the"),
    ('[sensor.a]\ntype = "w1"\n[sensor.a.values.x]\nvalid = [1, 1]', 4, "lowest and then the"),
    ('[sensor.a]\ntype = "w1"\n[sensor.a.values.x]\nvalid = [1]', 4, "must be an array of 2"),
    ('[sensor.a]\ntype = "w1"\n[sensor.a.values.x]\nvalid = 5', 4, "must be an array of 2"),
    ('[sensor.a]\ntype = "w1"\n[sensor.a.values.x]\nvalid = [nan, 5]', 4, "not nan"),
    ('[sensor.a]\ntype = "w1"\n[sensor.a.values.x]\nvalid = ["1", "5"]', 4, "without quotes"),
    ('[sensor.a]\ntype = "w1"\n[sensor.a.values.x]\nvalid = [1, 5]\nkind = "text"', 4, "is text"),
    ('[sensor.a]\ntype = "w1"\n[sensor.a.values.x]\nkind = "txt"', 4, 'did you mean "text"?'),
    ('[sensor.a]\ntype = "w1"\n[sensor.a.values.x]\nkind = 5', 4, 'must be "number" or "text"'),
    ('[sensor.a]\ntype = "w1"\n[sensor.a.values.x]\nKind = "text"', 4, 'did you mean "kind"?'),
    ('[action.a]\nwhen = "true"\npwm = "pwmchip0"', 3, 'such as "pwmchip0:1"'),
    ('[action.a]\nwhen = "true"\npwm = "1"', 3, "write it without quotes"),
    ('[action.a]\nwhen = true\npin = 1', 2, "must be a string, not a boolean"),
]  # fmt: skip


@pytest.mark.parametrize("text, line, words", MISTAKES)
def test_a_mistake_has_one_message(tmp_path, text, line, words):
    status, messages = check(tmp_path, text + "\n")
    found = messages.splitlines()
    assert status == 78 and len(found) == 1, messages
    assert f"checked.toml:{line}: " in found[0] and words in found[0], messages
    assert not _PYTHON.search(found[0].partition(": ")[2]), messages


DRIVERS = [
    ("sht31", 'did you mean "sht3x"?'),
    ("SHT35", 'did you mean "sht3x"?'),
    ("sht-40", 'did you mean "sht4x"?'),
    ("scd41", 'did you mean "scd4x"?'),
    ("BME280", 'did you mean "bme280"?'),
    ("bme_280", 'did you mean "bme280"?'),
    ("bne280", 'did you mean "bme280"?'),
    ("lm75b", 'did you mean "lm75"?'),
    ("DS18B20", 'it is a sensor on the 1-Wire bus: type = "w1"'),
    ("dht22", 'type = "iio" with device = "dht11"'),
    ("mpu6050", 'it is an accelerometer: type = "vibration" or "motion"'),
    # Another chip, however alike its name is.
    ("bme680", 'type = "iio" or "hwmon"'),
    ("bmp180", 'type = "iio" or "hwmon"'),
    ("ina260", 'type = "iio" or "hwmon"'),
    ("xyzzy", 'type = "iio" or "hwmon"'),
]


@pytest.mark.parametrize("name, words", DRIVERS)
def test_a_driver_that_is_not_there(tmp_path, name, words):
    """A chip of the same family is offered, and none that is read in another way."""
    status, messages = check(tmp_path, table("a", "i2c", f'driver = "{name}"'))
    assert status == 78 and messages.rstrip().endswith(words), messages


@pytest.mark.parametrize(
    "address, words",
    [
        ('"0x76"', "must be an address from 0x03 to 0x77, not a string: write it without quotes"),
        ("0xEC", "not 0xec; without the bit for reading and writing it is 0x76"),
        ("0x78", "must be from 0x03 to 0x77, not 0x78"),
        ("2", "must be from 0x03 to 0x77, not 0x02"),
        ("-1", "must be from 0x03 to 0x77, not -0x01"),
        ("true", "must be an address from 0x03 to 0x77, not a boolean"),
        ("118.0", "must be an address from 0x03 to 0x77, not a number"),
        ("76", "is 76, which is 0x4c; the chip has 0x76: write the address with 0x"),
    ],
)
def test_addresses_are_hexadecimal(tmp_path, address, words):
    text = table("a", "i2c", 'driver = "bme280"', f"address = {address}")
    status, messages = check(tmp_path, text)
    assert status == 78 and ":4: [sensor.a] address " in messages and words in messages, messages


@pytest.mark.parametrize("address", ["0x76", "118", "119", "0x50"])
def test_any_other_address_is_left_to_the_user(tmp_path, address):
    """A chip can be behind an address translator."""
    status, messages = check(
        tmp_path, table("a", "i2c", 'driver = "bme280"', f"address = {address}")
    )
    assert status == 0, messages


def test_the_address_of_an_accelerometer_is_hexadecimal(tmp_path):
    lines = 'driver = "mpu6050"', "address = 68"
    status, messages = check(tmp_path, table("a", "vibration", *lines))
    assert status == 78 and "is 68, which is 0x44; the chip has 0x68" in messages, messages


def test_both_spellings_of_type(tmp_path):
    status, messages = check(tmp_path, '[sensor.a]\nType = "system"\n')
    assert status == 78 and 'checked.toml:2: unknown key "Type" in [sensor.a]; did you mean' in (
        messages
    )
