# SPDX-License-Identifier: MIT
"""Third-party drivers of tests/drivers.txt, unmodified, on models of their chips."""

import pytest
from fakes import chips, programs
from fakes.i2c import FakeI2CBus
from fakes.spi import FakeSPI
from support import TOP

# Each driver, its chips by address, and its expected output.
DRIVERS = [
    ("mcp9808", {0x18: chips.mcp9808}, "25.25"),
    ("tmp117", {0x48: chips.tmp117}, "25.00"),
    ("pct2075", {0x37: chips.pct2075}, "25.13"),
    ("mlx90614", {0x5A: chips.mlx90614}, "22.01 36.61"),
    ("hdc1080", {0x40: chips.HDC1080}, "26.00 50.00"),
    ("ahtx0", {0x38: chips.AHT20}, "25.00 50.00"),
    ("lis2hh12", {0x1E: chips.lis2hh12}, "0.50 -0.25 1.00"),
    ("mpu9250", {0x68: chips.mpu6500, 0x0C: chips.ak8963}, "0.00 0.00 9.81 15.00 -30.00 45.00"),
    ("scd30", {0x61: chips.scd30}, "1 2 439.10 27.24 48.81"),
    ("sgp40", {0x59: chips.sgp40}, "30000 0xd400"),
    ("urtc", {0x68: chips.ds3231}, "2024 2 29 4 23 59 58\n2025 12 31 3 1 2 3"),
    ("tcs34725", {0x29: chips.tcs34725}, "1000 1500 800 4000"),
    ("bme280", {0x76: chips.bme280}, "25.08 100653"),
    ("ina219", {0x40: chips.ina219}, "12.00 1.50 -0.01"),
    ("bmp180", {0x77: chips.bmp180}, "15.00 699.64"),
]


# @micropython.viper needs an interpreter with a native emitter. sensord's has none: nothing in its
# process may write code.
STOCK_ONLY = ("bme280",)
RUNS = [
    pytest.param(interpreter, *row, id=f"{row[0]}-{interpreter}")
    for row in DRIVERS
    for interpreter in programs.INTERPRETERS
    if interpreter == "stock" or row[0] not in STOCK_ONLY
]


@pytest.fixture
def run(system):
    def start(interpreter, driver):
        environment = {
            **system.environment,
            "MICROPYPATH": f".frozen:{TOP}/hal_linux:{TOP}/tests/hal:{TOP}/build/drivers",
            "MACHINE_I2C": "1",
        }
        output = programs.run(interpreter, "i2c_drivers", driver, environment=environment)
        assert not system.errors
        return output

    return start


@pytest.mark.parametrize(("interpreter", "driver", "models", "expected"), RUNS)
def test_a_driver_reads_what_its_chip_measured(run, system, interpreter, driver, models, expected):
    """People choose MicroPython's API for its drivers: their readings must be right."""
    bus = FakeI2CBus({address: model() for address, model in models.items()})
    system.devices["/dev/i2c-1"] = bus
    assert run(interpreter, driver) == expected


@pytest.mark.parametrize("interpreter", programs.INTERPRETERS)
def test_a_display_shows_the_drawing(run, system, interpreter):
    """Frames of 1 KB, and commands, must arrive as drawn."""
    chip = chips.SSD1306()
    system.devices["/dev/i2c-1"] = FakeI2CBus({0x3C: chip})
    run(interpreter, "ssd1306")
    drawn = bytearray(1024)
    drawn[128 + 5] = 1 << 1
    drawn[7 * 128 :] = b"\xff" * 128
    assert chip.memory == drawn
    assert 0xAF in chip.commands


@pytest.mark.parametrize("interpreter", programs.INTERPRETERS)
def test_a_led_matrix_shows_the_drawing(run, system, interpreter):
    """The same for a display on SPI."""
    chip = chips.MAX7219()
    system.devices["/dev/i2c-1"] = FakeI2CBus({})
    system.devices["/dev/spidev0.0"] = FakeSPI(chip)
    run(interpreter, "max7219")
    assert chip.registers[1:9] == b"\x80\0\0\x01\0\0\0\0"
    assert (chip.registers[10], chip.registers[12]) == (7, 1)
