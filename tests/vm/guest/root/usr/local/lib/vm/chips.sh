#!/bin/sh
# SPDX-License-Identifier: MIT
# The chip of i2c-stub gets a temperature, and the kernel's own drivers get chips of the bridge.
set -e
wait_for() {
    until [ -e "$1" ]; do
        sleep 0.1
    done
}
wait_for /sys/bus/i2c/devices/i2c-1
i2cset -y 0 0x48 0 0x8019 w # LM75: 25.5 degrees, the high byte first
echo bme280 0x77 >/sys/bus/i2c/devices/i2c-1/new_device
echo lm75 0x49 >/sys/bus/i2c/devices/i2c-1/new_device
echo ds2482 0x18 >/sys/bus/i2c/devices/i2c-1/new_device
# Their drivers are loaded meanwhile.
wait_for /sys/bus/i2c/devices/1-0077/iio:device0
wait_for /sys/bus/i2c/devices/1-0049/hwmon
# By a search of the wire
wait_for /sys/bus/w1/devices/28-0000005e2502
