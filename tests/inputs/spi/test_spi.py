# SPDX-License-Identifier: MIT
"""type = "spi": the daemon on a fake bus, from what a chip shifts out to a reading."""

import errno
import subprocess

import pytest
from fakes.chips_spi import MAX31855, MAX31856, MAX31865, MCP3, Line
from fakes.spi import FakeSPI
from fitted import first_of, require, start_spi, wait_for_words
from kernel_sys import values
from support import SENSORD

STUCK = "all bits are %s: the bus is stuck"


def couple(celsius, internal=25):
    return {"temperature_c": celsius, "internal_temperature_c": internal}


def element(celsius, ohm):
    return {"temperature_c": celsius, "resistance_ohm": ohm}


def volts(*numbers):
    return {f"voltage{i}_v": number for i, number in enumerate(numbers)}


FOUR, TWO = {"wires": 4}, {"wires": 2}
PT1000 = {"wires": 3, "element": '"pt1000"', "mains_hz": 60}
# Driver, chip, keys, its reading, why something of it is null. The resistances are those of IEC
# 60751.
CASES = [
    ("max31855", MAX31855(), {}, couple(100), None),
    ("max31855", MAX31855(-250, -40), {}, couple(-250, -40), None),
    ("max31855", MAX31855(1600, 125), {}, couple(1600, 125), None),
    ("max31855", MAX31855(1801), {}, couple(None), "outside -270 to 1800"),
    ("max31855", MAX31855(fault=1), {}, couple(None), "thermocouple is open"),
    ("max31855", MAX31855(fault=2), {}, couple(None), "short circuit to ground"),
    ("max31855", MAX31855(fault=4), {}, couple(None), "short circuit to the supply"),
    ("max31855", MAX31855(extra=8), {}, couple(None, None), "does not answer as a MAX31855"),
    ("max31855", Line(0xFF), {}, couple(None, None), STUCK % "ones"),
    ("max31855", Line(0x00), {}, couple(None, None), STUCK % "zeros"),
    ("max31856", MAX31856(), {}, couple(100), None),
    ("max31856", MAX31856(-199.5, -55), {}, couple(-199.5, -55), None),
    ("max31856", MAX31856(1373), {}, couple(None), "outside -200 to 1372"),
    ("max31856", MAX31856(1700, kind=7), {"thermocouple": '"T"'}, couple(None),
     "outside -200 to 400"),
    ("max31856", MAX31856(1700, kind=6), {"thermocouple": '"S"', "mains_hz": 60}, couple(1700),
     None),
    ("max31856", MAX31856(status=1), {}, couple(None), "thermocouple is open"),
    ("max31856", MAX31856(status=2), {}, couple(None), "too high a voltage"),
    ("max31856", MAX31856(status=0x40), {}, couple(None), "beyond the range of the thermocouple"),
    ("max31865", MAX31865(100), FOUR, element(0, 100), None),
    ("max31865", MAX31865(138.505), FOUR, element(100, 138.505), None),
    ("max31865", MAX31865(60.256), TWO, element(-100, 60.256), None),
    ("max31865", MAX31865(18.53), TWO, element(-199.98, 18.53), None),
    ("max31865", MAX31865(390.47), FOUR, element(849.98, 390.47), None),
    ("max31865", MAX31865(1385.05, 4300), PT1000, element(100, 1385.05), None),
    ("max31865", MAX31865(138.505, 400), {**FOUR, "reference_ohm": 400}, element(100, 138.505),
     None),
    ("max31865", MAX31865(0.2), FOUR, element(None, None), "short circuit"),
    ("max31865", MAX31865(429), FOUR, element(None, None), "the element is open, or not a Pt100"),
    ("max31865", MAX31865(100, fault=0x20), FOUR, element(None, None), "the element is open"),
    ("max31865", MAX31865(100, fault=0x10), FOUR, element(None, None), "wire to FORCE- is open"),
    ("max31865", MAX31865(100, fault=0x08), FOUR, element(None, None), "wire to RTDIN- is open"),
    ("max31865", MAX31865(100, fault=0x04), FOUR, element(None, None), "too high or too low"),
    ("mcp3008", MCP3([0, 1.1, 3.2, 0.5, 2.5, 1.25, 0.033, 1]), {},
     volts(0, 1.1, 3.2, 0.5, 2.5, 1.25, 0.033, 1), None),
    ("mcp3008", MCP3([3.3, 1.0]), {"channels": "[0]"}, volts(None), "at VREF or above"),
    ("mcp3008", MCP3([2.0, 0.5]), {"channels": '["0-1", "1-0"]'},
     {"voltage0-voltage1_v": 1.5, "voltage1-voltage0_v": 0}, None),
    ("mcp3004", MCP3([0.5, 1, 1.5, 2], 2.5), {"reference_v": 2.5}, volts(0.5, 1, 1.5, 2), None),
    ("mcp3208", MCP3([0, 1.1, 3.2, 0.5, 2.5, 1.25, 0.033, 1], bits=12), {},
     volts(0, 1.1, 3.2, 0.5, 2.5, 1.25, 0.033, 1), None),
    ("mcp3208", MCP3([2.0, 0.5], bits=12), {"channels": '["0-1"]'},
     {"voltage0-voltage1_v": 1.5}, None),
    ("mcp3204", MCP3([0.5, 1, 1.5, 2], bits=12), {"channels": "[3, 2]"},
     {"voltage3_v": 2, "voltage2_v": 1.5}, None),
]  # fmt: skip
MODES = {"max31856": 1, "max31865": 1}


def test_values_at_the_limits_and_beyond(kernel, sensord):
    """A wrong factor is believed for years; a fault is null with its reason."""
    fitted = [(driver, chip, keys) for driver, chip, keys, _, _ in CASES]
    readings = start_spi(kernel, sensord, fitted, "1 s")
    for i, (driver, _, _, expected, reason) in enumerate(CASES):
        close = 0.006 if driver.startswith("mcp300") else 0.001
        found = first_of(readings, i, driver)
        if driver == "max31865" and reason is None:
            assert abs(found["temperature_c"] - expected["temperature_c"]) < 0.05, (i, found)
            found["temperature_c"] = expected["temperature_c"]
        require(found, expected, (i, driver, expected), close)
        wait_for_words(readings, i, reason or "ok")
        assert kernel.buses[i].mode & 3 == MODES.get(driver, 0), driver
    assert "mistake" not in readings.daemon.messages()


DRIVERS = ("max31856", "max31865", "mcp3008", "mcp3208")


def test_no_chip_at_the_chip_select(kernel, sensord):
    """SPI has no acknowledge: ones and zeros are no measurement. Only a converter of voltages
    cannot tell 0 V from zeros."""
    pairs = [(driver, byte) for driver in DRIVERS for byte in (0xFF, 0)]
    pairs = [pair for pair in pairs if pair[1] or not pair[0].startswith("mcp")]
    fitted = [(driver, Line(byte), FOUR if driver == "max31865" else {}) for driver, byte in pairs]
    readings = start_spi(kernel, sensord, fitted)
    for i, (driver, byte) in enumerate(pairs):
        wait_for_words(readings, i, f"no {driver.upper()} answers")
        wait_for_words(readings, i, f"all bits are {'ones' if byte else 'zeros'}")
        assert readings.of(f"s{i}") == [], driver
    readings.wait("beside")


def test_unplugged_and_back(kernel, sensord):
    """After a loss of supply a chip has lost its settings: it gets them again."""
    makers = (
        ("max31855", MAX31855, {}), ("max31856", MAX31856, {}), ("max31865", MAX31865, FOUR),
        ("mcp3008", lambda: MCP3([1.0, 2.0]), {"channels": "[1]"}),
    )  # fmt: skip
    fitted = [(driver, make(), keys) for driver, make, keys in makers]
    readings = start_spi(kernel, sensord, fitted)
    for i in range(len(makers)):
        readings.wait(f"s{i}", 1, 60)
    before = [values(readings.of(f"s{i}")[0]) for i in range(len(makers))]
    for bus in kernel.buses:
        bus.chip = Line(0xFF)
    for i in range(len(makers)):
        wait_for_words(readings, i, "all bits are ones")
    counts = [len(readings.of(f"s{i}")) for i in range(len(makers))]
    for (_, make, _), bus in zip(makers, kernel.buses, strict=True):
        bus.chip = make()
        bus.chip.selected()
    for i, (driver, _, _) in enumerate(makers):
        known = [r for r in readings.of(f"s{i}")[: counts[i]] if None not in r.values()]
        found = readings.wait(f"s{i}", len(known) + 1, 60)
        require(values(found[-1]), before[i], driver, 0.001)


def test_no_device_and_a_bus_that_fails(kernel, sensord):
    """The message says how to get the device."""
    readings = start_spi(kernel, sensord, [("max31855", MAX31855(), {})])
    readings.wait("s0")
    kernel.buses[0].error = errno.ETIMEDOUT
    wait_for_words(readings, 0, "/dev/spidev0.0")
    kernel.buses[0].error = None
    readings.wait("s0", len(readings.wait("s0")) + 1)
    absent = sensord('[sensor.s0]\ntype = "spi"\ndriver = "max31855"\ndevice = "/dev/spidev5.0"\n')
    wait_for_words(absent, 0, "dtparam=spi=on")


USERS = """
class Chip:
    def __init__(self, spi, scale=1):
        self.spi, self.scale = spi, scale

    @property
    def word(self):
        return int.from_bytes(self.spi.read(4), "big") * self.scale

class Ours(Chip):
    async def start(self):
        pass

    async def read(self):
        return [("raw", self.word)]
"""


def test_any_micropython_driver(kernel, sensord, tmp_path):
    """Chips that sensord does not know are as good."""
    folder = tmp_path / "drivers"
    folder.mkdir(mode=0o755)
    (folder / "mychip.py").write_text(USERS)
    kernel.devices["/dev/spidev0.1"] = bus = FakeSPI(MAX31855())
    bus.chip.word = 257
    table = '[sensor.s0]\ntype = "spi"\ndevice = "/dev/spidev0.1"\ninterval = "300 ms"\n'
    given = {"SENSORD_DRIVERS": str(folder)}
    readings = sensord(
        table + 'driver = "mychip:Chip"\nmode = 3\nbaudrate = 250000\narguments = {scale = 2}\n'
        'fields = {raw = "word"}\n', **given,
    )  # fmt: skip
    assert values(readings.wait("s0")[0]) == {"raw": 514}
    assert bus.mode & 3 == 3 and bus.speed == 250000
    readings.daemon.stop()
    readings = sensord(table + 'driver = "mychip:Ours"\n', **given)
    assert values(readings.wait("s0")[0]) == {"raw": 257}
    readings = sensord(table + 'driver = "nothere:Chip"\n', **given)
    wait_for_words(readings, 0, "no module named 'nothere'; it is looked for in")


@pytest.mark.parametrize(
    "lines, words",
    [
        ("", 'needs the key "driver"'),
        ('driver = "max31856"\nthermocouple = "X"', '"B", "E", "J", "K"'),
        ('driver = "max31865"', 'needs the key "wires"'),
        ('driver = "max31865"\nwires = 5', "must be 2, 3 or 4"),
        ('driver = "mcp3008"\nchannels = [8]', "from 0 to 7, not 8"),
        ('driver = "mcp3004"\nchannels = ["4-5"]', '"2-3", "3-2", not "4-5"'),
        ('driver = "mcp3008"\nchannels = ["1-2"]', 'not "1-2"'),
        ('driver = "mcp3008"\nreference_v = 9', "from 0.25 to 5.5"),
        ('driver = "max31855"\nbus = 1', 'unknown key "bus"'),
        ('driver = "max31855"\n[sensor.b]\ntype = "spi"\ndriver = "mcp3008"', "/dev/spidev0.0"),
    ],
)
def test_configurations_that_are_wrong(tmp_path, lines, words):
    """The check reports the error before anything starts."""
    path = tmp_path / "sensord.toml"
    path.write_text('[sensor.it]\ntype = "spi"\n' + lines + "\n")
    done = subprocess.run(
        [SENSORD, "check", "--config", path], capture_output=True, text=True, timeout=20,
        check=False,
    )  # fmt: skip
    assert done.returncode == 78 and words in done.stderr, done
