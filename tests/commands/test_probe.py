# SPDX-License-Identifier: MIT
"""`sensord probe`: the first command of a user whose sensor gives no reading."""

import errno
import json
import os
import re
import subprocess
import time

import pytest
from fakes import gpio, i2c, video
from fakes.kernel import FakeKernel
from support import SENSORD

CLASSES = ["gpio", "i2c", "spi", "serial", "pwm", "iio", "hwmon", "w1", "sound", "camera",
           "watchdog", "rtc"]  # fmt: skip


class Board:
    """A fake board: files below /sys and devices; `probe()` runs the command on it."""

    def __init__(self, folder):
        self.sys = folder / "sys"
        self.sys.mkdir()
        self.kernel = FakeKernel(folder, {}, sys=self.sys)
        self.path = os.environ["PATH"]

    def add(self, path, text=None):
        """An attribute below /sys, or a folder."""
        path = self.sys / path
        (path if text is None else path.parent).mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text + "\n")

    def probe(self, *options):
        done = subprocess.run(
            [SENSORD, "probe", *options],
            env={**os.environ, **self.kernel.environment, "PATH": self.path},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout

    def json(self):
        return json.loads(self.probe("--json"))


@pytest.fixture
def board(tmp_path):
    board = Board(tmp_path)
    yield board
    board.kernel.stop()


@pytest.fixture
def pi(board, tmp_path):
    """The kernel's files on a Raspberry Pi 3 with sensors."""
    (board.sys / "firmware/devicetree/base").mkdir(parents=True)
    (board.sys / "firmware/devicetree/base/model").write_bytes(b"Raspberry Pi 3 Model B Rev 1.2\0")
    board.add("bus/gpio/devices/gpiochip0")
    board.kernel.devices["/dev/gpiochip0"] = gpio.FakeChip("gpiochip0", "pinctrl-bcm2835")
    board.add("class/i2c-dev/i2c-1/name", "bcm2835 (i2c@7e804000)")
    board.add("bus/i2c/devices/i2c-1/name", "bcm2835 (i2c@7e804000)")
    board.add("bus/i2c/devices/1-0068/name", "ds3231")
    board.add("bus/i2c/devices/1-0068/driver/uevent", "")
    bus = i2c.FakeI2CBus({a: i2c.Chip() for a in (0x2A, 0x68, 0x76)}, claimed=[0x68])
    board.kernel.devices["/dev/i2c-1"] = bus
    board.add("class/spidev/spidev0.0/dev", "153:0")
    board.kernel.devices["/dev/spidev0.0"] = None
    board.add("class/tty/console/active", "tty1")
    board.add("class/tty/ttyAMA0/device/of_node", "")
    board.add("class/tty/ttyS1/type", "0")
    board.add("class/pwm/pwmchip0/npwm", "2")
    board.add("bus/iio/devices/iio:device0/name", "ads1015")
    board.add("bus/iio/devices/iio:device0/in_voltage0_raw", "1")
    board.add("class/hwmon/hwmon0/name", "cpu_thermal")
    board.add("class/hwmon/hwmon0/temp1_input", "40000")
    board.add("bus/w1/devices/28-0316a2794fff/name", "28-0316a2794fff")
    board.add("class/sound/pcmC1D0c/pcm_class", "generic")
    board.add("class/sound/pcmC0D0p/pcm_class", "generic")
    board.add("class/sound/card1/id", "Device")
    board.kernel.devices["/dev/snd/pcmC1D0c"] = None
    board.add("class/video4linux/video0/name", "Webcam")
    camera = video.Camera(tmp_path, {"YUYV": [(640, 480)], "MJPG": [(640, 480)]}, None)
    board.kernel.devices["/dev/video0"] = camera
    board.add("class/watchdog/watchdog0/identity", "Broadcom BCM2835 Watchdog timer")
    board.add("class/rtc/rtc0/name", "rtc-ds1307 1-0068")
    return board


def test_everything_that_is_there(pi):
    """A user copies the names from here into the configuration."""
    found = pi.json()
    assert found["board"]["model"] == "Raspberry Pi 3 Model B Rev 1.2" and found["board"]["pi"]
    assert found["gpio"] == [
        {"name": "gpiochip0", "label": "pinctrl-bcm2835", "lines": 54, "header": True}
    ]
    assert found["i2c"] == [
        {
            "device": "/dev/i2c-1",
            "name": "bcm2835 (i2c@7e804000)",
            "addresses": [
                {"address": "0x2a"},
                {"address": "0x68", "driver": "ds3231"},
                {"address": "0x76", "maybe": "BME280, BMP280"},
            ],
        }
    ]
    assert found["spi"] == [{"device": "/dev/spidev0.0"}]
    assert [port["device"] for port in found["serial"]] == ["/dev/ttyAMA0"]
    assert found["pwm"] == [{"name": "pwmchip0", "channels": 2}]
    assert found["iio"] == [{"name": "iio:device0", "chip": "ads1015", "channels": ["voltage0"]}]
    assert found["hwmon"] == [{"name": "hwmon0", "chip": "cpu_thermal", "inputs": ["temp1"]}]
    assert found["w1"] == [{"name": "28-0316a2794fff"}]
    assert found["sound"] == [{"device": "plughw:CARD=Device,DEV=0", "name": "Device"}]
    assert found["camera"] == [
        {"device": "/dev/video0", "name": "Test Camera", "formats": ["YUYV", "MJPG"]}
    ]
    assert found["watchdog"][0]["device"] == "/dev/watchdog0"
    assert found["rtc"] == [{"device": "/dev/rtc0", "name": "rtc-ds1307 1-0068"}]
    assert set(found["missing"]) == {"camera"}
    assert "rpicam-apps" in found["missing"]["camera"]


def test_the_same_in_words(pi):
    """One line for each device: a user can read it out on the telephone."""
    text = pi.probe()
    for line in (
        "gpiochip0  pinctrl-bcm2835, 54 lines, Pin(N) is its line N",
        "0x2a, 0x68 (the kernel's ds3231), 0x76 (BME280, BMP280?)",
        "plughw:CARD=Device,DEV=0",
        "/dev/video0  Test Camera, YUYV MJPG",
        "28-0316a2794fff",
    ):
        assert line in text, text
    assert "none" not in text


def test_what_is_missing_on_a_pi(board):
    """For each missing class the line that makes it appear."""
    (board.sys / "firmware/devicetree/base").mkdir(parents=True)
    (board.sys / "firmware/devicetree/base/model").write_bytes(b"Raspberry Pi Zero W Rev 1.1\0")
    board.path = "/nowhere"
    missing = board.json()["missing"]
    assert sorted(missing) == sorted(CLASSES)
    for kind, words in {
        "i2c": "dtparam=i2c_arm=on",
        "spi": "dtparam=spi=on",
        "serial": "enable_uart=1",
        "pwm": "dtoverlay=pwm-2chan",
        "iio": "dtoverlay=ads1115",
        "w1": "dtoverlay=w1-gpio",
        "sound": "alsa-utils",
        "camera": "camera_auto_detect=1",
        "watchdog": "dtparam=watchdog=on",
        "rtc": "dtoverlay=i2c-rtc",
    }.items():
        assert words in missing[kind], missing[kind]
    assert "v4l-utils" in missing["camera"] and "rpicam-apps" in missing["camera"]
    text = board.probe()
    assert text.count("  none\n") == len(CLASSES) and text.count("  -> ") == len(CLASSES)


def test_the_module_is_missing(board):
    """The overlay is set, and still no program can open the bus."""
    board.add("bus/i2c/devices/i2c-1/name", "bcm2835")
    missing = board.json()["missing"]
    assert "modprobe i2c-dev" in missing["i2c"] and "dtparam" not in missing["i2c"]


def test_faults_name_the_cure_and_spare_the_rest(pi):
    """A missing group, a bus that hangs: the other lines still appear."""

    def refuse(flags):
        raise OSError(errno.EACCES, "")

    def hang(request, value, data):
        # The Pi's driver gives this error after a second; other drivers give it at once for an
        # empty address.
        time.sleep(1)
        raise OSError(errno.ETIMEDOUT, "")

    pi.kernel.devices["/dev/gpiochip0"].open = refuse
    pi.kernel.devices["/dev/video0"].open = refuse
    bus = pi.kernel.devices["/dev/i2c-1"]
    real = bus.ioctl
    bus.ioctl = lambda request, value, data: (
        hang(request, value, data) if request in (0x0707, 0x0720) else real(request, value, data)
    )
    found = pi.json()
    assert "group gpio" in found["gpio"][0]["error"]
    assert "group video" in found["camera"][0]["error"]
    assert "hangs" in found["i2c"][0]["error"]
    assert found["i2c"][0]["addresses"] == [{"address": "0x68", "driver": "ds3231"}]
    assert found["spi"] == [{"device": "/dev/spidev0.0"}]
    assert re.search(r"/dev/video0  -> .*group video", pi.probe())


def test_cameras_of_a_pi(pi, tmp_path):
    """rpicam lists the cameras on the connector."""
    program = tmp_path / "bin/rpicam-hello"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        "echo 'Available cameras'\necho '-----------------'\n"
        "echo '0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)'\n"
        "echo \"    Modes: 'SRGGB10_CSI2P' : 640x480 [206.65 fps]\"\n"
    )
    program.chmod(0o755)
    pi.path = f"{program.parent}:{pi.path}"
    assert pi.json()["camera"][1] == {"device": "rpicam:0", "name": "imx219"}


def test_on_this_machine():
    """On any machine it prints a list and no error."""
    done = subprocess.run(
        [SENSORD, "probe"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0 and done.stderr == "" and "GPIO chips" in done.stdout
    done = subprocess.run(
        [SENSORD, "check", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 64 and "probe" in done.stderr
