#!/bin/sh
# SPDX-License-Identifier: MIT
# Attaches the kernel's own drivers to chips of the bridge.
set -e
bus=/sys/bus/i2c/devices/i2c-0

appears() {
    tries=0
    until [ -e "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt "$2" ] || return 1
        sleep 0.1
    done
}

# A driver probes its chip once, and gives up if the bridge takes longer than the 50 ms that its
# driver allows: an emulated processor may have been busy with something else.
attach() {
    until echo "$1 $2" >$bus/new_device && appears "$3" 100; do
        echo "$2" >$bus/delete_device
    done
}

appears $bus 600
attach bme280 0x77 /sys/bus/i2c/devices/0-0077/iio:device0
attach lm75 0x49 /sys/bus/i2c/devices/0-0049/hwmon
# This driver then searches the wire.
attach ds2482 0x18 /sys/bus/w1/devices/28-0000005e2502
