# SPDX-License-Identifier: MIT
"""No two tables have one pin, port, chip, camera, microphone or PWM channel, however it is
written; what is different may be used side by side."""

import pytest
from tables import check, table

PORT = ("pattern = '(.)'", 'fields = ["a"]')
LABELS = 'labels = ["a", "b"]'


def gpio(pin):
    return "sensor", "gpio", f"pin = {pin}"


def serial(device):
    return "sensor", "serial", f'device = "{device}"', *PORT


def i2c(driver, *lines):
    return "sensor", "i2c", f'driver = "{driver}"', *lines


def moved(*lines):
    return "sensor", "vibration", *lines


def sound(*lines):
    return "sensor", "sound", *lines


def image(*lines):
    return "sensor", "image", 'model = "@/model"', LABELS, *lines


def output(line):
    return "action", 'when = "true"', line


def written(name, kind, *lines):
    if kind == "action":
        return "\n".join([f"[action.{name}]", *lines]) + "\n"
    return table(name, *lines)


# (one, another, the key of the message)
ONE = [
    (gpio(17), gpio(17), "pin"),
    (gpio(17), gpio('"GPIO17"'), "pin"),
    (gpio('"GPIO17"'), gpio('"gpiochip0:17"'), "pin"),
    (gpio('"GPIO07"'), gpio('"gpiochip0:007"'), "pin"),
    (gpio('"DOOR"'), gpio('"DOOR"'), "pin"),
    (gpio(17), output("pin = 17"), "pin"),
    (output('pin = "GPIO17"'), output("pin = 17"), "pin"),
    (output("pwm = 1"), output('pwm = "pwmchip0:1"'), "pwm"),
    (output('pwm = "pwmchip2:01"'), output('pwm = "pwmchip2:1"'), "pwm"),
    (serial("/dev/ttyS0"), serial("/dev/ttyS0"), "device"),
    (serial("/dev/ttyS0"), serial("/dev//./ttyS0"), "device"),
    (serial("@/port"), serial("@/serial0"), "device"),
    (serial("@/by-id/usb"), serial("@/serial0"), "device"),
    (i2c("bme280"), i2c("bme280", "address = 0x76"), "driver"),
    (i2c("bme280"), i2c("bmp280"), "driver"),
    (i2c("lm75", "address = 0x48", "bus = 3"), i2c("tmp117", "address = 0x48", "bus = 3"),
     "driver"),
    (i2c("bme280", "address = 0x68"), moved('driver = "mpu6050"'), "driver"),
    (moved('driver = "mpu6050"'), moved('driver = "mpu6050"', "address = 0x68"), "driver"),
    (sound(), sound('device = "default"'), "device"),
    (sound('device = "hw:1"'), sound('device = "plughw:CARD=1,DEV=0"'), "device"),
    (sound('device = "hw:1,0"'), sound('device = "hw:1"'), "device"),
    (image(), image(), "device"),
    (image('device = "@/port"'), image('device = "@/serial0"'), "device"),
    (image(), image('device = "rpicam"'), "device"),
    (image('device = "/dev/video2"'), image(), "device"),
]  # fmt: skip

TWO = [
    (gpio(17), gpio(18)),
    (gpio('"gpiochip0:17"'), gpio('"gpiochip1:17"')),
    (output("pwm = 0"), output('pwm = "pwmchip0:1"')),
    (output('pwm = "pwmchip1:0"'), output("pwm = 0")),
    (serial("@/port"), serial("@/other")),
    (i2c("bme280"), i2c("bme280", "address = 0x77")),
    (i2c("bme280"), i2c("bme280", "bus = 3")),
    (i2c("bme280"), moved('driver = "mpu6050"')),
    (sound('device = "hw:1"'), sound('device = "hw:1,1"')),
    (sound(), sound('replay = "@/model"')),
    (sound('replay = "@/model"'), sound('replay = "@/model"')),
    (image('device = "/dev/video0"'), image('device = "/dev/video2"')),
    (image(), image('replay = "@"')),
    (image('replay = "@"'), image('replay = "@"')),
]


@pytest.fixture
def folder(tmp_path):
    """Two ports and links to the first, as udev makes them."""
    for name in ("port", "other", "model"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "serial0").symlink_to("port")
    (tmp_path / "by-id").mkdir()
    (tmp_path / "by-id/usb").symlink_to("../port")
    return tmp_path


@pytest.mark.parametrize("first, second, key", ONE)
def test_one_thing_in_two_tables(folder, first, second, key):
    text = (written("a", *first) + written("b", *second)).replace("@", str(folder))
    status, messages = check(folder, text)
    assert status == 78 and len(messages.splitlines()) == 1, messages
    place, _, message = messages.partition(": ")
    kind = second[0]
    assert message.startswith(f"[{kind}.b] {key}: the ") and f"[{first[0]}.a]" in message, messages
    # The line of the key, or of the table where it has its default.
    line = text.splitlines()[int(place.rpartition(":")[2]) - 1]
    assert line.startswith((f"{key} =", f"[{kind}.b]")), messages


@pytest.mark.parametrize("first, second", TWO)
def test_different_things(folder, first, second):
    text = (written("a", *first) + written("b", *second)).replace("@", str(folder))
    status, messages = check(folder, text)
    assert status == 0, messages
