# SPDX-License-Identifier: MIT
"""type = "i2c": a number that no chip measured looks like any other. Each sensor here has a bus of
its own, /dev/i2c-N, so that one daemon reads them all."""

import errno
import random

import pytest
from fakes import environment as chips
from fakes.i2c import Chip, FakeI2CBus, Words
from kernel_sys import values
from support import wait_until

ADDRESSES = {
    "ads1115": 0x48, "aht20": 0x38, "bh1750": 0x23, "bme280": 0x76, "bmp280": 0x76,
    "ina219": 0x40, "lm75": 0x48, "mcp9808": 0x18, "scd4x": 0x62, "sht3x": 0x44, "sht4x": 0x44,
    "tmp117": 0x48,
}  # fmt: skip
BESIDE = '[sensor.beside]\ntype = "system"\ninterval = "100 ms"\n'


@pytest.fixture
def start(kernel, sensord):
    """start([(driver, chip), …], interval) gives the Readings of sensors s0, s1, …, and beside."""

    def start(fitted, interval="300 ms", make_bus=FakeI2CBus):
        config = BESIDE
        kernel.buses = []
        for i, (driver, chip) in enumerate(fitted):
            kernel.buses.append(make_bus({ADDRESSES[driver]: chip}))
            kernel.devices[f"/dev/i2c-{i}"] = kernel.buses[-1]
            config += (
                f'[sensor.s{i}]\ntype = "i2c"\ndriver = "{driver}"\nbus = {i}\n'
                f'interval = "{interval}"\n'
            )
        return sensord(config)

    return start


def with_words(make, *words):
    chip = make()
    chip.words = list(words)
    return chip


class AHT20(chips.AHT20):
    def __init__(self, humidity=0x80000, temperature=0x60000):
        super().__init__()
        self.measured = (humidity << 20 | temperature).to_bytes(5, "big")

    def write(self, data):
        super().write(data)
        if self._measuring.running:
            self._data = self.measured


def tmp117(raw):
    chip = chips.TMP117()
    chip.registers[0] = raw & 0xFFFF
    return chip


def scd4x(co2=500, temperature=0x6667, humidity=0x5EB9):
    chip = chips.SCD4x()
    chip.answers[0xEC05] = [co2, temperature, humidity]
    return chip


def ads1115(raw):
    return chips.ADS1115([raw * 4.096 / 32768, 1.024, 0, 0])


def bme280(temperature=519888, pressure=415148, humidity=0x6F00, chip_id=0x60):
    chip = chips.BME280(chip_id)
    chip.measured = (
        (pressure << 4).to_bytes(3, "big") + (temperature << 4).to_bytes(3, "big")
        + humidity.to_bytes(2, "big")
    )  # fmt: skip
    return chip


def raw_of(index, key, wanted):
    """The raw value of a BME280 at which `wanted` is measured, by the datasheet's formulas:
    temperature rises with its raw value, pressure falls."""
    low, high = 0, 0xFFFFF
    while high - low > 1:
        middle = (low + high) // 2
        found = chips.bme280_expected(bme280(**{key: middle}))[index]
        if (found < wanted) == (index == 0):
            low = middle
        else:
            high = middle
    return high


def at_celsius(celsius):
    return bme280(temperature=raw_of(0, "temperature", celsius))


def at_hpa(hpa):
    return bme280(pressure=raw_of(2, "pressure", hpa))


NONE_OF_BME280 = {"temperature_c": None, "humidity_percent": None, "pressure_hpa": None}
# Driver, chip, some fields of its reading, why one of them is null.
LIMITS = [
    ("lm75", chips.lm75(0x7D00), {"temperature_c": 125}, None),
    ("lm75", chips.lm75(0x7D20), {"temperature_c": None}, "outside -55 to 125"),
    ("lm75", chips.lm75(0xC900), {"temperature_c": -55}, None),
    ("lm75", chips.lm75(0xC8E0), {"temperature_c": None}, "outside -55 to 125"),
    ("mcp9808", chips.mcp9808(0x07D0), {"temperature_c": 125}, None),
    ("mcp9808", chips.mcp9808(0xC7D1), {"temperature_c": None}, "outside -40 to 125"),
    ("mcp9808", chips.mcp9808(0x1D80), {"temperature_c": -40}, None),
    ("mcp9808", chips.mcp9808(0x1D7F), {"temperature_c": None}, "outside -40 to 125"),
    ("mcp9808", chips.mcp9808(0x0000), {"temperature_c": 0}, None),
    ("tmp117", tmp117(19200), {"temperature_c": 150}, None),
    ("tmp117", tmp117(19201), {"temperature_c": None}, "outside -55 to 150"),
    ("tmp117", tmp117(-7040), {"temperature_c": -55}, None),
    ("tmp117", tmp117(-7041), {"temperature_c": None}, "outside -55 to 150"),
    ("tmp117", tmp117(0), {"temperature_c": 0}, None),
    ("tmp117", tmp117(-1), {"temperature_c": -0.008}, None),
    ("sht3x", with_words(chips.sht3x, 63662, 0),
     {"temperature_c": 125, "humidity_percent": 0}, None),
    ("sht3x", with_words(chips.sht3x, 63665, 65535),
     {"temperature_c": None, "humidity_percent": 100}, "outside -40 to 125"),
    ("sht3x", with_words(chips.sht3x, 1873, 26214), {"temperature_c": -40}, None),
    ("sht3x", with_words(chips.sht3x, 1870, 26214),
     {"temperature_c": None, "humidity_percent": 40}, "outside -40 to 125"),
    ("sht4x", with_words(chips.sht4x, 63662, 0),
     {"temperature_c": 125, "humidity_percent": 0}, None),
    ("sht4x", with_words(chips.sht4x, 63665, 26214),
     {"temperature_c": None, "humidity_percent": 44}, "outside -40 to 125"),
    ("aht20", AHT20(0, 707788), {"temperature_c": 85, "humidity_percent": 0}, None),
    ("aht20", AHT20(0xFFFFF, 707820), {"temperature_c": None, "humidity_percent": 100},
     "outside -40 to 85"),
    ("aht20", AHT20(0x80000, 52429), {"temperature_c": -40}, None),
    ("aht20", AHT20(0x80000, 52400), {"temperature_c": None, "humidity_percent": 50},
     "outside -40 to 85"),
    ("bh1750", chips.BH1750(65534), {"illuminance_lx": 54611.7, "overload": False}, None),
    ("bh1750", chips.BH1750(65535), {"illuminance_lx": None, "overload": True}, "brighter than"),
    ("bh1750", chips.BH1750(0), {"illuminance_lx": 0, "overload": False}, None),
    ("ads1115", ads1115(32766), {"voltage0_v": 4.09575, "voltage1_v": 1.024}, None),
    ("ads1115", ads1115(32767), {"voltage0_v": None, "voltage1_v": 1.024}, "beyond full_scale"),
    ("ads1115", ads1115(-32767), {"voltage0_v": -4.095875, "voltage1_v": 1.024}, None),
    ("ads1115", ads1115(-32768), {"voltage0_v": None, "voltage1_v": 1.024}, "beyond full_scale"),
    ("ina219", chips.INA219(31999), {"current_a": 3.1999, "overload": False}, None),
    ("ina219", chips.INA219(32000),
     {"voltage_v": 12, "current_a": None, "power_w": None, "overload": True}, "more current"),
    ("ina219", chips.INA219(-31999), {"current_a": -3.1999, "overload": False}, None),
    ("ina219", chips.INA219(-32000),
     {"voltage_v": 12, "current_a": None, "power_w": None, "overload": True}, "more current"),
    ("ina219", chips.INA219(bus=8000 << 3 | 2), {"voltage_v": 32, "power_w": 48}, None),
    ("ina219", chips.INA219(bus=8001 << 3 | 2),
     {"voltage_v": None, "current_a": 1.5, "power_w": None}, "more than the 32 V"),
    ("ina219", chips.INA219(bus=2), {"voltage_v": 0, "power_w": 0}, None),
    ("ina219", chips.INA219(bus=3000 << 3),
     {"voltage_v": None, "current_a": None, "power_w": None, "overload": None},
     "no conversion has finished"),
    ("scd4x", scd4x(40000), {"co2_ppm": 40000}, None),
    ("scd4x", scd4x(40001),
     {"co2_ppm": None, "temperature_c": 25, "humidity_percent": 37}, "outside 0 to 40000"),
    ("scd4x", scd4x(0), {"co2_ppm": None, "temperature_c": 25}, "has not measured yet"),
    ("scd4x", scd4x(500, 39321), {"temperature_c": 60}, None),
    ("scd4x", scd4x(500, 39324), {"temperature_c": None, "co2_ppm": 500}, "outside -10 to 60"),
    ("scd4x", scd4x(500, 13107), {"temperature_c": -10}, None),
    ("scd4x", scd4x(500, 13104), {"temperature_c": None, "co2_ppm": 500}, "outside -10 to 60"),
    ("bme280", at_celsius(84.99), {"temperature_c": 84.99}, None),
    ("bme280", at_celsius(85.02), NONE_OF_BME280, "which it cannot measure"),
    ("bme280", at_celsius(-39.98), {"temperature_c": -39.98}, None),
    ("bme280", at_celsius(-40.02), NONE_OF_BME280, "which it cannot measure"),
    ("bme280", at_hpa(1099.95), {"pressure_hpa": 1099.95}, None),
    ("bme280", at_hpa(1100.05), {"temperature_c": 25.08, "pressure_hpa": None},
     "outside 300 to 1100"),
    ("bme280", at_hpa(300.05), {"pressure_hpa": 300.05}, None),
    ("bme280", at_hpa(299.95), {"temperature_c": 25.08, "pressure_hpa": None},
     "outside 300 to 1100"),
    ("bme280", bme280(temperature=0x80000), NONE_OF_BME280, "skipped the measurement"),
    ("bme280", bme280(pressure=0x80000),
     {"temperature_c": 25.08, "pressure_hpa": None}, "skipped the measurement"),
    ("bme280", bme280(humidity=0x8000),
     {"temperature_c": 25.08, "humidity_percent": None, "pressure_hpa": 1006.53},
     "skipped the measurement"),
    ("bmp280", bme280(pressure=0x80000, chip_id=0x58),
     {"temperature_c": 25.08, "pressure_hpa": None}, "skipped the measurement"),
]  # fmt: skip


def test_values_at_the_limits_and_beyond(start):
    """Null for what a chip cannot measure, with the reason, and for nothing else."""
    readings = start([(driver, chip) for driver, chip, _, _ in LIMITS], "1 s")
    for i, (driver, _, expected, reason) in enumerate(LIMITS):
        reading = values(wait_until(lambda i=i: readings.of(f"s{i}"), 60, f"{driver}, s{i}")[0])
        for field, value in expected.items():
            close = 0.0001 if field.endswith("_v") else 0.021
            assert reading[field] == (value and pytest.approx(value, abs=close)), (
                driver,
                expected,
            )
        if reason is None:
            readings.daemon.wait_for_message(f"s{i}: ok")
            assert None not in reading.values(), (driver, expected)
        else:
            readings.daemon.wait_for_message(f"s{i}: ")
            said = readings.daemon.messages().partition(f" s{i}: ")[2].partition("\n")[0]
            assert "is null" in said and reason in said, (driver, said)


class Stuck(Chip):
    def __init__(self, byte):
        self.byte = byte

    def read(self, n):
        return bytes([self.byte]) * n


def test_stuck_buses(start):
    """All ones and all zeros are no measurement. 65535 of a BH1750 is more light than it measures
    as well, and 0 its darkness: nothing tells them apart."""
    fitted = [(driver, byte) for driver in ADDRESSES for byte in (0xFF, 0)]
    fitted = [pair for pair in fitted if pair[0] != "bh1750"]
    readings = start([(driver, Stuck(byte)) for driver, byte in fitted])
    for i, (driver, byte) in enumerate(fitted):
        words = f"all bits are {'ones' if byte else 'zeros'}: the bus is stuck"
        wait_until(
            lambda i=i, words=words: any(
                f" s{i}: " in line and words in line
                for line in readings.daemon.messages().splitlines()
            ), 15, f"{driver} {words}: {readings.daemon.messages()}",
        )  # fmt: skip
        found = [values(reading) for reading in readings.of(f"s{i}")]
        assert all(value is None for reading in found for value in reading.values()), driver
    assert "mistake" not in readings.daemon.messages()


def without(*ranges):
    """A BME280 of whose calibration some registers are zeros."""
    chip = chips.BME280()
    for first, last in ranges:
        chip.registers[first : last + 1] = bytes(last + 1 - first)
    return chip


def test_a_bme280_without_calibration(start):
    """The values that can be calculated are published; the rest is no 0 degrees and 0 %."""
    all_of_it = without((0x88, 0xA1), (0xE1, 0xE7))
    temperature, pressure, humidity = (
        without((0x88, 0x8D)),
        without((0x8E, 0x9F)),
        without((0xE1, 0xE7)),
    )
    chosen = (all_of_it, temperature, pressure, humidity)
    readings = start([("bme280", chip) for chip in chosen])
    for i in (0, 1):
        readings.daemon.wait_for_message(f"s{i}: the BME280 at 0x76 has no calibration")
        assert readings.of(f"s{i}") == []
    for i, field in ((2, "pressure_hpa"), (3, "humidity_percent")):
        readings.daemon.wait_for_message(f"s{i}: {field} is null: the chip has no calibration")
        null = [name for name, value in readings.of(f"s{i}")[0].items() if value is None]
        assert null == [field]


class Other(Words):
    """A chip that takes no settings."""

    def __init__(self):
        super().__init__({0: 0x1234, 1: 0x8583})

    def set(self, register, value):
        pass


# Driver, chip, the one in its place, words; None if the second one is as good.
EXCHANGED = [
    ("bme280", chips.BME280, lambda: chips.BME280(0x58), "no BME280"),
    ("bmp280", lambda: chips.BME280(0x58), chips.BME280, "no BMP280"),
    ("mcp9808", chips.mcp9808, lambda: Words({5: 0x1234, 6: 0x1234}), "no MCP9808"),
    ("tmp117", chips.TMP117, lambda: chips.lm75(0x1234), "no TMP117"),
    ("ina219", chips.INA219, lambda: chips.lm75(0x1234), "no INA219"),
    ("ads1115", lambda: chips.ADS1115([1] * 4), Other,
     "does not keep its settings"),
    ("sht3x", chips.sht3x, chips.AHT20, "sht3x"),
    ("bme280", chips.BME280, chips.BME280, None),
    ("aht20", chips.AHT20, chips.AHT20, None),
    ("bh1750", chips.BH1750, chips.BH1750, None),
    ("ina219", chips.INA219, chips.INA219, None),
]  # fmt: skip


def test_chips_that_are_exchanged(start, kernel):
    """A chip takes the place of another between two readings: no number is made of the registers
    of one and the calibration of the other."""
    readings = start([(driver, first()) for driver, first, _, _ in EXCHANGED])
    for i in range(len(EXCHANGED)):
        readings.wait(f"s{i}")
    before = [values(readings.of(f"s{i}")[0]) for i in range(len(EXCHANGED))]
    counts = [len(readings.of(f"s{i}")) for i in range(len(EXCHANGED))]
    for (driver, _, second, _), bus in zip(EXCHANGED, kernel.buses, strict=True):
        bus.chips = {ADDRESSES[driver]: second()}
    for i, (driver, _, _, words) in enumerate(EXCHANGED):
        if words is None:
            readings.wait(f"s{i}", counts[i] + 3)
            assert readings.daemon.messages().count(f" s{i}: ") == 1, driver
        else:
            readings.wait_for_last(f"s{i}", known=False)
            if words != driver:
                readings.daemon.wait_for_message(words)
        for reading in readings.of(f"s{i}"):
            if None not in reading.values():
                assert values(reading) == before[i], driver


class FlakyBus(FakeI2CBus):
    """Loses each fourth transfer, and others at random."""

    def __init__(self, chips):
        super().__init__(chips)
        self._random = random.Random(4)
        self._n = 0

    def _transfer(self, messages):
        self._n += 1
        if self._n % 4 == 0 or self._random.random() < 0.1:
            raise OSError(errno.EREMOTEIO, "no acknowledge")
        return super()._transfer(messages)


class Disturbed(chips.SHT):
    """One checksum of four is wrong."""

    reads = 0

    def read(self, n):
        self.damaged = (self.reads + 1) % 4 == 0
        data = super().read(n)
        self.reads += 1
        return data


def test_loose_contacts(start):
    """One read of four fails: nothing is null, nothing is told, and nobody else notices."""
    makers = {
        "bme280": chips.BME280, "mcp9808": chips.mcp9808, "tmp117": chips.TMP117,
        "lm75": chips.lm75, "bh1750": chips.BH1750, "aht20": chips.AHT20,
        "ads1115": lambda: chips.ADS1115([1] * 4), "ina219": chips.INA219,
        "sht3x": lambda: Disturbed(b"\x24\x00", 0.0125, [25466, 26214]),
        "sht4x": lambda: Disturbed(b"\xfd", 0.0075, [25466, 56098]), "scd4x": chips.SCD4x,
    }  # fmt: skip
    readings = start([(driver, make()) for driver, make in makers.items()], "100 ms", FlakyBus)
    for i, driver in enumerate(makers):
        wait_until(lambda i=i: len(readings.of(f"s{i}")) >= 12, 30, f"{driver}: {i}")
        assert all(None not in reading.values() for reading in readings.of(f"s{i}")), driver
        assert readings.daemon.messages().count(f" s{i}: ") == 1, readings.daemon.messages()
    # At 100 ms, on a machine that does other things as well.
    assert len(readings.of("beside")) > len(readings.of("s0")) // 2
