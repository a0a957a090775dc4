# SPDX-License-Identifier: MIT
"""The machine's name, its model, and its identifier at a broker."""

import hashlib

from linux.files import read_text


def host_name():
    """The kernel's host name, as `uname -n` prints it."""
    return read_text("/proc/sys/kernel/hostname") or "localhost"


def board():
    """The model in the device tree, such as "Raspberry Pi Zero 2 W Rev 1.0", or None."""
    model = read_text("/proc/device-tree/model")
    return model.rstrip("\0") if model else None


def serial_number():
    """The board's serial number in the device tree, such as "10000000a1b2c3d4", or None."""
    number = read_text("/proc/device-tree/serial-number")
    return number.rstrip("\0") or None if number else None


def client_id(host):
    """An MQTT client identifier that is the same at every start and different on every machine,
    even on two that are both called raspberrypi."""
    machine = read_text("/etc/machine-id")
    if not machine:
        return "sensord-" + host
    # machine-id(5): the identifier itself must not be exposed on a network.
    digest = hashlib.sha256(b"sensord " + machine.encode()).digest()
    return "sensord-%s-%s" % (host, "".join(["%02x" % byte for byte in digest[:4]]))
