# SPDX-License-Identifier: MIT
"""type = "i2c": chips for power, light, angle, temperature by infrared and magnetic fields. Each
sensor has a bus of its own."""

import subprocess

import pytest
from fakes import chips_light_power as chips
from fakes.i2c import Chip, Words
from fitted import first_of, require, start_i2c, wait_for_words
from kernel_sys import values
from support import SENSORD

ADDRESSES = {
    "ads1015": 0x48, "ads1115": 0x48, "as5600": 0x36, "hmc5883l": 0x1E, "ina226": 0x40,
    "ina228": 0x40, "ina3221": 0x40, "ltr390": 0x53, "mlx90614": 0x5A, "qmc5883l": 0x0D,
    "tsl2561": 0x39, "tsl2591": 0x29, "veml7700": 0x10,
}  # fmt: skip
MAKERS = {
    "ads1015": lambda: chips.ADS1015([1.0, 2.0, 0, 0]), "as5600": chips.as5600,
    "hmc5883l": chips.HMC5883L, "ina226": chips.ina226, "ina228": chips.INA228,
    "ina3221": chips.ina3221, "ltr390": lambda: chips.LTR390(5, 100),
    "mlx90614": chips.MLX90614, "qmc5883l": chips.QMC5883L,
    "tsl2561": lambda: chips.TSL2561(1000, 300), "tsl2591": lambda: chips.TSL2591(400, 100),
    "veml7700": lambda: chips.VEML7700(100),
}  # fmt: skip
FIELD = ("magnetic_field_x_ut", "magnetic_field_y_ut", "magnetic_field_z_ut")


def lux(value, overload=False):
    return {"illuminance_lx": value, "overload": overload}


def power(voltage, current, watt, overload=False):
    return {"voltage_v": voltage, "current_a": current, "power_w": watt, "overload": overload}


def power_228(voltage, current, watt, overload=False):
    return {
        "voltage_v": voltage, "current_a": current, "power_w": watt, "energy_wh_total": 24,
        "charge_ah": -2, "temperature_c": 25, "overload": overload,
    }  # fmt: skip


def power_3221(first, second=(5, -0.5, -2.5), third=(0, 0, 0), overload=False):
    found = {}
    for i, numbers in enumerate((first, second, third), 1):
        names = (f"voltage{i}_v", f"current{i}_a", f"power{i}_w")
        found.update(zip(names, numbers, strict=True))
    return {**found, "overload": overload}


def magnetic(*numbers):
    return dict(zip(FIELD, numbers, strict=True))


def uv(index, lx, overload=False):
    return {"uv_index": index, "illuminance_lx": lx, "overload": overload}


# Driver, chip, keys, its reading, why something of it is null.
CASES = [
    ("ads1015", chips.ADS1015([1.0, 3.3, -0.1, 5.0]), {},
     {"voltage0_v": 1.0, "voltage1_v": 3.3, "voltage2_v": -0.1, "voltage3_v": None},
     "beyond full_scale"),
    ("ads1115", chips.Differences([1.0, 3.3, -0.1, 0.5]),
     {"channels": '[0, "0-1", "0-3", "1-3", "2-3"]'},
     {"voltage0_v": 1.0, "voltage0-voltage1_v": -2.3, "voltage0-voltage3_v": 0.5,
      "voltage1-voltage3_v": 2.8, "voltage2-voltage3_v": -0.6}, None),
    ("ina226", chips.ina226(), {}, power(12, 0.5, 6), None),
    ("ina226", chips.ina226(-20000), {"shunt_ohm": 0.01}, power(12, -5, -60), None),
    ("ina226", chips.ina226(32766), {}, power(12, 0.81915, 9.8298), None),
    ("ina226", chips.ina226(32767), {}, power(12, None, None, True), "more current than"),
    ("ina226", chips.ina226(-32768), {}, power(12, None, None, True), "more current than"),
    ("ina226", chips.ina226(bus=28800), {}, power(36, 0.5, 18), None),
    ("ina226", chips.ina226(bus=28801), {}, power(None, 0.5, None), "more than the 36 V"),
    ("ina228", chips.INA228(), {}, power_228(12, 2, 24), None),
    ("ina228", chips.INA228(-96000), {}, power_228(12, -2, -24), None),
    ("ina228", chips.INA228(524287), {}, power_228(12, None, None, True), "more current than"),
    ("ina228", chips.INA228(-524288), {}, power_228(12, None, None, True), "more current than"),
    ("ina228", chips.INA228(bus=435200), {}, power_228(85, 2, 170), None),
    ("ina228", chips.INA228(bus=435210), {}, power_228(None, 2, None), "more than the 85 V"),
    ("ina3221", chips.ina3221(), {}, power_3221((12, 0.5, 6)), None),
    ("ina3221", chips.ina3221((4095, -1250, 0)), {},
     power_3221((12, None, None), overload=True), "more current than"),
    ("ina3221", chips.ina3221(volts=(3251, 625, 0)), {}, power_3221((None, 0.5, None)),
     "more than the 26 V"),
    ("ina3221", chips.ina3221(), {"channels": "[2]", "shunt_ohm": 0.05},
     {"voltage2_v": 5, "current2_a": -1, "power2_w": -5, "overload": False}, None),
    ("veml7700", chips.VEML7700(0), {}, lux(0), None),
    ("veml7700", chips.VEML7700(0.42), {}, lux(0.42), None),
    ("veml7700", chips.VEML7700(100), {}, lux(100), None),
    ("veml7700", chips.VEML7700(900), {}, lux(900), None),
    # The application note's polynomial, by hand
    ("veml7700", chips.VEML7700(10000), {}, lux(14792.9), None),
    ("veml7700", chips.VEML7700(20000), {}, lux(73718), None),
    ("veml7700", chips.VEML7700(24000), {}, lux(None, True), "brighter than 120000 lx"),
    ("tsl2561", chips.TSL2561(0, 0), {}, lux(0), None),
    ("tsl2561", chips.TSL2561(1000, 300), {}, lux(18.91), None),
    ("tsl2561", chips.TSL2561(1000, 550), {}, lux(5.35), None),
    ("tsl2561", chips.TSL2561(1000, 300, 0x10), {}, lux(20.51), None),
    ("tsl2561", chips.TSL2561(1000, 1400), {}, lux(0), None),
    ("tsl2561", chips.TSL2561(700000, 210000), {}, lux(13235), None),
    ("tsl2561", chips.TSL2561(2000000, 900000), {}, lux(20250), None),
    ("tsl2561", chips.TSL2561(2400000, 900000), {}, lux(None, True), "brighter than 40000 lx"),
    ("tsl2591", chips.TSL2591(0, 0), {}, lux(0), None),
    ("tsl2591", chips.TSL2591(0.04, 0.01), {}, lux(0.0918), None),
    ("tsl2591", chips.TSL2591(400, 100), {}, lux(918), None),
    ("tsl2591", chips.TSL2591(400, 500), {}, lux(0), None),
    ("tsl2591", chips.TSL2591(36000, 9000), {}, lux(82620), None),
    ("tsl2591", chips.TSL2591(36863, 9000), {}, lux(None, True), "brighter than 88000 lx"),
    ("ltr390", chips.LTR390(5, 100), {}, uv(5, 100), None),
    ("ltr390", chips.LTR390(0, 0), {}, uv(0, 0), None),
    ("ltr390", chips.LTR390(11.25, 60000), {}, uv(11.25, 60000), None),
    ("ltr390", chips.LTR390(3, 200000), {}, uv(3, None, True), "brighter than 157285 lx"),
    ("as5600", chips.as5600(), {}, {"angle_deg": 90}, None),
    ("as5600", chips.as5600(4095), {}, {"angle_deg": 359.91}, None),
    ("as5600", chips.as5600(0, 0, 128), {}, {"angle_deg": None}, "no magnet is near"),
    ("as5600", chips.as5600(100, 0x30), {}, {"angle_deg": None}, "too weak"),
    ("as5600", chips.as5600(100, 0x28), {}, {"angle_deg": None}, "too strong"),
    ("mlx90614", chips.MLX90614(), {},
     {"object_temperature_c": 36.61, "ambient_temperature_c": 22.01}, None),
    ("mlx90614", chips.MLX90614(object_=0x8005), {},
     {"object_temperature_c": None, "ambient_temperature_c": 22.01}, "marks the measurement"),
    ("mlx90614", chips.MLX90614(object_=32658), {},
     {"object_temperature_c": None, "ambient_temperature_c": 22.01}, "outside -70 to 380"),
    ("qmc5883l", chips.QMC5883L(), {}, magnetic(20, -30.5, 45), None),
    ("qmc5883l", chips.QMC5883L(700, 0, 0), {}, magnetic(700, 0, 0), None),
    ("qmc5883l", chips.QMC5883L(150, 1, -1), {"range": 200}, magnetic(150, 1, -1), None),
    ("qmc5883l", chips.QMC5883L(1200, 0, 0), {}, magnetic(None, None, None), "stronger than 800"),
    ("hmc5883l", chips.HMC5883L(), {}, magnetic(20, -30, 44.95), None),
    ("hmc5883l", chips.HMC5883L(-4096, 0, 0), {}, magnetic(None, 0, 0), "stronger than the chip"),
]  # fmt: skip


def fit(driver, chip, **keys):
    return driver, ADDRESSES[driver], chip, keys


def test_values_at_the_limits_and_beyond(kernel, sensord):
    """A wrong factor is believed for years; a saturated chip gives null with the reason."""
    fitted = [fit(driver, chip, **keys) for driver, chip, keys, _, _ in CASES]
    readings = start_i2c(kernel, sensord, fitted, "1 s")
    for i, (driver, _, _, expected, reason) in enumerate(CASES):
        require(first_of(readings, i, driver), expected, (i, driver, expected), 0.002)
        wait_for_words(readings, i, reason or "ok")
    assert "mistake" not in readings.daemon.messages()


class Stuck(Chip):
    def __init__(self, byte):
        self.byte = byte

    def read(self, n):
        return bytes([self.byte]) * n


def test_stuck_buses(kernel, sensord):
    """All ones and all zeros are no measurement."""
    pairs = [(driver, byte) for driver in ADDRESSES for byte in (0xFF, 0)]
    fitted = [fit(driver, Stuck(byte)) for driver, byte in pairs]
    readings = start_i2c(kernel, sensord, fitted)
    for i, (driver, byte) in enumerate(pairs):
        words = f"all bits are {'ones' if byte else 'zeros'}: the bus is stuck"
        wait_for_words(readings, i, words)
        found = [values(reading) for reading in readings.of(f"s{i}")]
        assert all(value is None for reading in found for value in reading.values()), driver
    assert "mistake" not in readings.daemon.messages()


class Other(Words):
    """A chip that takes no settings."""

    def __init__(self):
        super().__init__(dict.fromkeys(range(256), 9029))

    def set(self, register, value):
        pass


NO = ("ina226", "ina228", "ina3221", "veml7700", "tsl2561", "tsl2591", "ltr390", "qmc5883l",
      "hmc5883l")  # fmt: skip


def test_another_chip_and_none(kernel, sensord):
    """Its numbers would look like measurements; an absent chip hurts nobody else."""
    fitted = [fit(driver, Other()) for driver in NO]
    fitted += [fit(driver, None) for driver in ADDRESSES]
    readings = start_i2c(kernel, sensord, fitted)
    for i, driver in enumerate(NO):
        wait_for_words(readings, i, f"no {driver.upper()}")
    for i, driver in enumerate(ADDRESSES, len(NO)):
        wait_for_words(readings, i, f"/dev/i2c-{i}")
        assert readings.of(f"s{i}") == [], driver
    readings.wait("beside")


def test_unplugged_exchanged_and_back(kernel, sensord):
    """After a loss of supply a chip has lost its settings: it gets them again."""
    drivers = list(MAKERS)
    fitted = [fit(driver, MAKERS[driver]()) for driver in drivers]
    readings = start_i2c(kernel, sensord, fitted)
    for i in range(len(drivers)):
        readings.wait(f"s{i}", 1, 60)
    before = [values(readings.of(f"s{i}")[0]) for i in range(len(drivers))]
    for bus in kernel.buses:
        bus.chips = {}
    for i in range(len(drivers)):
        wait_for_words(readings, i, f"/dev/i2c-{i}")
    counts = [len(readings.of(f"s{i}")) for i in range(len(drivers))]
    for driver, bus in zip(drivers, kernel.buses, strict=True):
        bus.chips = {ADDRESSES[driver]: MAKERS[driver]()}
    for i, driver in enumerate(drivers):
        known = [r for r in readings.of(f"s{i}")[: counts[i]] if None not in r.values()]
        found = readings.wait(f"s{i}", len(known) + 1, 60)
        require(values(found[-1]), before[i], driver, 0.001)


def test_a_wrong_checksum_is_no_temperature(kernel, sensord):
    chip = chips.MLX90614()
    readings = start_i2c(kernel, sensord, [fit("mlx90614", chip)])
    readings.wait("s0")
    chip.damaged = True
    wait_for_words(readings, 0, "wrong checksum")
    chip.damaged = False
    count = len(readings.wait("s0"))
    readings.wait("s0", count + 1)


class Never:
    """In the place of a conversion: one that does not end."""

    running, _at = True, 1

    def begin(self, seconds):
        pass


def test_chips_that_do_not_convert(kernel, sensord):
    """A chip whose supply is too low answers and does not measure."""
    fitted = []
    for driver in ("ina226", "ina228", "ina3221", "tsl2591", "ltr390", "qmc5883l", "hmc5883l"):
        chip = MAKERS[driver]()
        for name in ("_converting", "_measuring", "_integrating"):
            if hasattr(chip, name):
                setattr(chip, name, Never())
        fitted.append(fit(driver, chip))
    readings = start_i2c(kernel, sensord, fitted)
    for i, (driver, *_) in enumerate(fitted):
        does = "convert" if driver.startswith("ina") else "measure"
        wait_for_words(readings, i, f"does not {does}")
        assert readings.of(f"s{i}") == []


def test_sixteen_bits_from_an_ads1015(kernel, sensord):
    """An ADS1115 in its place has other times and other numbers."""
    chip = chips.ADS1115([1.0003, 1.0, 1.0, 1.0])
    readings = start_i2c(kernel, sensord, [fit("ads1015", chip)])
    wait_for_words(readings, 0, "is it an ADS1115?")
    assert readings.of("s0") == []


@pytest.mark.parametrize(
    "keys, words",
    [
        ('driver = "ads1115"\nchannels = ["0-2"]', '"0-1", "0-3", "1-3", "2-3", not "0-2"'),
        ('driver = "ads1115"\nchannels = [true]', "an input from 0 to 3"),
        ('driver = "ina3221"\nchannels = [0]', "from 1 to 3"),
        ('driver = "qmc5883l"\nrange = 2', "200 or 800"),
    ],
)
def test_configurations_that_are_wrong(tmp_path, keys, words):
    path = tmp_path / "sensord.toml"
    path.write_text(f'[sensor.it]\ntype = "i2c"\n{keys}\n')
    done = subprocess.run(
        [SENSORD, "check", "--config", path], capture_output=True, text=True, timeout=20,
        check=False,
    )  # fmt: skip
    assert done.returncode == 78 and words in done.stderr, done
