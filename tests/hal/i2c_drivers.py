# SPDX-License-Identifier: MIT
"""The example of each driver's README, one function for each; prints its readings."""

import sys

from machine import I2C, SPI, SoftI2C


class _Abc:
    """micropython-lib's abc, which periph expects to be installed."""

    ABC = object
    abstractmethod = staticmethod(lambda method: method)


sys.modules["abc"] = _Abc
i2c = I2C(1)


def show(*values):
    print(*["%.2f" % value if isinstance(value, float) else value for value in values])


def mcp9808():
    from micropython_mcp9808 import mcp9808

    show(mcp9808.MCP9808(i2c).temperature)


def tmp117():
    from micropython_tmp117 import tmp117

    show(tmp117.TMP117(i2c).temperature)


def pct2075():
    from micropython_pct2075 import pct2075

    show(pct2075.PCT2075(i2c).temperature)


def mlx90614():
    import mlx90614

    sensor = mlx90614.MLX90614(i2c)
    show(sensor.read_ambient_temp(), sensor.read_object_temp())


def hdc1080():
    from micropython_hdc1080 import hdc1080

    sensor = hdc1080.HDC1080(i2c)
    show(sensor.temperature, sensor.relative_humidity)


def ahtx0():
    import ahtx0

    sensor = ahtx0.AHT20(i2c)
    show(sensor.temperature, sensor.relative_humidity)


def lis2hh12():
    import lis2hh12

    show(*lis2hh12.LIS2HH12(i2c, sf=lis2hh12.SF_G).acceleration)


def mpu9250():
    from mpu9250 import MPU9250

    sensor = MPU9250(i2c)
    show(*sensor.acceleration, *sensor.magnetic)


def scd30():
    from scd30 import SCD30

    sensor = SCD30(i2c, 0x61)
    sensor.set_measurement_interval(2)
    show(sensor.get_status_ready(), sensor.get_measurement_interval(), *sensor.read_measurement())


def sgp40():
    from sgp40 import SGP40

    sensor = SGP40(i2c)
    show(sensor.measure_raw(), hex(sensor.measure_test()))


def urtc():
    import urtc

    clock = urtc.DS3231(i2c)
    show(*clock.datetime()[:7])
    clock.datetime(urtc.datetime_tuple(2025, 12, 31, 3, 1, 2, 3))
    show(*clock.datetime()[:7])


def tcs34725():
    import tcs34725

    show(*tcs34725.TCS34725(i2c).read(True))


def bme280():
    from bme280 import BME280, CALC_FLOAT

    with BME280(i2cBus=SoftI2C(scl=3, sda=2), calc=CALC_FLOAT) as sensor:
        temperature, _, pressure = sensor.readForced()
        show(temperature, round(pressure))


def ina219():
    from periph.chips.power.ina219 import INA219Minimal
    from periph.connection.i2c_micropython import I2CConnection

    sensor = INA219Minimal(I2CConnection(i2c, 0x40))
    show(sensor.voltage(), sensor.current(), sensor.shunt_voltage())


def bmp180():
    from periph.chips.pressure.bmp180 import BMP180Minimal
    from periph.connection.i2c_micropython import I2CConnection

    sensor = BMP180Minimal(I2CConnection(i2c, 0x77))
    show(sensor.temperature(), sensor.pressure())


def ssd1306():
    from ssd1306 import SSD1306_I2C

    display = SSD1306_I2C(128, 64, i2c)
    display.fill(0)
    display.pixel(5, 9, 1)
    display.fill_rect(0, 56, 128, 8, 1)
    display.show()


class _NoPin:
    """The kernel selects the chip."""

    OUT = 1

    def init(self, *_):
        pass

    __call__ = init


def max7219():
    from max7219 import Matrix8x8

    display = Matrix8x8(SPI(0, cs=0, baudrate=10000000), _NoPin(), 1)
    display.brightness(7)
    display.fill(0)
    display.pixel(0, 0, 1)
    display.pixel(7, 3, 1)
    display.show()
