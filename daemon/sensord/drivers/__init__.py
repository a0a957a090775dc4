# SPDX-License-Identifier: MIT
"""Drivers of sensor chips on I2C, each from its datasheet.

A driver is a class:

    ADDRESS                      where the chip is unless the configuration says otherwise
    Driver(i2c, address, settings)   settings are the checked ones of its sensor
    await driver.start()         finds and sets up the chip
    await driver.read()          one measurement: a list of (name, value), None for what is unknown

Both raise OSError, as machine.I2C does, or Fault. They wait for the chip in asyncio.
"""

from ..sensors import Fault

# The class of each built-in driver and the module it is in.
BUILT_IN = {
    "ads1115": ("ads1115", "ADS1115"),
    "aht20": ("aht20", "AHT20"),
    "bh1750": ("bh1750", "BH1750"),
    "bme280": ("bme280", "BME280"),
    "bmp280": ("bme280", "BMP280"),
    "ina219": ("ina219", "INA219"),
    "lm75": ("thermometers", "LM75"),
    "mcp9808": ("thermometers", "MCP9808"),
    "scd4x": ("sensirion", "SCD4x"),
    "sht3x": ("sensirion", "SHT3x"),
    "sht4x": ("sensirion", "SHT4x"),
    "tmp117": ("thermometers", "TMP117"),
}

# An accelerometer that a driver of the kernel reads; see iio_accelerometer.py.
IIO = "iio"

# Accelerometers are others: Driver(i2c, address, range_g); capacity, in samples; await
# start(rate_hz); read(samples), which fills an int16 array and returns the rows or, when samples
# were lost, None; restart(), which empties the FIFO.
ACCELEROMETERS = {
    "adxl345": ("adxl345", "ADXL345"),
    "lis3dh": ("lis3dh", "LIS3DH"),
    "mpu6050": ("mpu6886", "MPU6050"),
    "mpu6886": ("mpu6886", "MPU6886"),
}


def load(name):
    """The class of a built-in driver."""
    module, class_name = BUILT_IN.get(name) or ACCELEROMETERS[name]
    # Imported when needed: a daemon pays only for the chips it has.
    return getattr(__import__("sensord.drivers." + module, None, None, (class_name,)), class_name)


def crc8(data):
    """CRC-8 of Sensirion's chips and the AHT20: polynomial 31h, start FFh."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ 0x31 if crc & 0x80 else crc << 1
        crc &= 0xFF
    return crc


def int16(data, at=0):
    """A signed word of 16 bits, the high byte first."""
    value = data[at] << 8 | data[at + 1]
    return value - 65536 if value & 0x8000 else value


def unsupported_rate(chip, known):
    """A Fault for a rate that a chip cannot keep."""
    return Fault("the %s cannot take samples at this rate: it must be %s" % (chip, known))


def identify(found, expected, chip, address):
    """Raises Fault unless the chip says that it is what the configuration says."""
    if found != expected:
        raise Fault(
            "the chip at 0x%02x is no %s: it says 0x%x, not 0x%x; see `sensord probe`"
            % (address, chip, found, expected)
        )
