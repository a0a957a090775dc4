# SPDX-License-Identifier: MIT
"""`sensord check --unit`: the service may use what is configured, and nothing else. Whoever takes
the daemon over, by a fault in it, gets no camera and no microphone that is not configured."""

import re
import subprocess

import pytest
from support import ALSA_SOUNDS, SENSORD, TOP, wait_until

UNIT = TOP / "systemd/sensord.service"
PORT = 'pattern = "(.)"\nfields = ["a"]\n'
MOVED = (
    'labels = ["a", "b", "c", "d"]\nmodel = "{0}/packaging/models/exercise.trees.csv"\n'.format(
        TOP
    )
)
PICTURE = 'labels = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]\n'
PICTURE += f'model = "{TOP}/tests/data/cnn/mnist_cnn_int8.tflite"\n'
SERIAL = {"ttyAMA", "ttyS", "ttyUSB", "ttyACM"}


def sensor(kind, *lines):
    return f'[sensor.s]\ntype = "{kind}"\n' + "".join(lines)


def action(*lines):
    return sensor("system") + '[action.a]\nwhen = "s.load_1min > 1"\n' + "".join(lines)


def printed(folder, text, status=0):
    path = folder / "unit.toml"
    path.write_text(text)
    done = subprocess.run(
        [SENSORD, "check", "--unit", "--config", path], capture_output=True, text=True,
        timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == status, done
    return done.stdout


def entries(text, key):
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(key + "=")]


def given(text):
    """(rights, groups, device classes) in a drop-in."""
    (rights,) = re.findall(r'^Environment="SENSORD_RIGHTS=(.*)"$', text, re.M)
    nodes = [
        entry.removesuffix(" rw").removeprefix("char-") for entry in entries(text, "DeviceAllow")
    ]
    return set(rights.split()), set(entries(text, "SupplementaryGroups")), set(nodes)


VIDEO, CSI = {"video4linux"}, {"video4linux", "media", "dma_heap"}


@pytest.mark.parametrize(
    "text, rights, groups, nodes",
    [
        (sensor("system"), set(), set(), set()),
        (sensor("hwmon", 'device = "lm75"\n'), set(), set(), set()),
        (sensor("iio", 'device = "bme280"\n'), set(), set(), set()),
        (sensor("w1", 'device = "28-0316a2794fff"\n'), set(), set(), set()),
        (sensor("i2c", 'driver = "bme280"\n'), {"i2c"}, {"i2c"}, {"i2c"}),
        (sensor("i2c", 'driver = "my:Chip"\n'), {"i2c"}, {"i2c"}, {"i2c"}),
        (sensor("spi", 'driver = "max31855"\n'), {"spi"}, {"spi"}, {"spi*"}),
        (sensor("gpio", "pin = 17\n"), {"gpio"}, {"gpio"}, {"gpiochip"}),
        (sensor("sound"), {"sound"}, {"audio"}, {"alsa"}),
        (sensor("sound", f'replay = "{ALSA_SOUNDS}/Noise.wav"\n'), set(), set(), set()),
        (sensor("serial", 'device = "/dev/ttyUSB0"\n', PORT), {"ttyUSB"}, {"dialout"}, {"ttyUSB"}),
        (sensor("serial", 'device = "/dev/ttymxc1"\n', PORT), {"ttymxc"}, {"dialout"}, {"ttymxc"}),
        (sensor("serial", 'device = "/dev/serial0"\n', PORT), SERIAL, {"dialout"}, SERIAL),
        (sensor("motion", 'driver = "mpu6050"\n', MOVED), {"i2c"}, {"i2c"}, {"i2c"}),
        (
            sensor("motion", 'driver = "iio"\ndevice = "lis3dh"\n', MOVED),
            {"iio"}, {"iio"}, {"iio"},
        ),
        (sensor("image", PICTURE), {"video", "rpicam"}, {"video"}, CSI),
        (sensor("image", PICTURE, 'device = "/dev/video0"\n'), {"video"}, {"video"}, VIDEO),
        (sensor("image", PICTURE, 'device = "rpicam:1"\n'), {"rpicam"}, {"video"}, CSI),
        (sensor("exec", 'command = ["true"]\n'), {"commands"}, set(), set()),
        (action("pin = 18\n"), {"gpio"}, {"gpio"}, {"gpiochip"}),
        (action("pwm = 0\n"), {"pwm"}, {"gpio"}, set()),
        (action('publish = "a/b"\n[mqtt]\nserver = "mqtt://localhost"\n'), set(), set(), set()),
    ],
)  # fmt: skip
def test_the_unit_has_what_is_configured(tmp_path, text, rights, groups, nodes):
    found = printed(tmp_path, text)
    assert given(found) == (rights, groups, nodes), found
    writable = entries(found, "ReadWritePaths")
    assert bool(writable) == bool(rights & {"pwm", "iio"}), found
    profile = ["-sensord-exec"] if "commands" in rights else []
    assert entries(found, "AppArmorProfile") == profile


def test_the_modules_of_the_device_classes_are_loaded_before(tmp_path):
    """systemd leaves out a class that the kernel does not know yet."""
    found = printed(tmp_path, sensor("i2c", 'driver = "bme280"\n'))
    assert entries(found, "Wants") == entries(found, "After") == ["modprobe@i2c_dev.service"]


def everything(tmp_path):
    return printed(tmp_path, "[sensor\n", 78)


def test_a_configuration_with_errors_gets_everything(tmp_path):
    """A service that runs on with an earlier configuration must not lose its devices."""
    rights, groups, nodes = given(everything(tmp_path))
    hardware = {"gpio", "i2c", "iio", "pwm", "sound", "spi", "video", "rpicam"}
    assert rights == hardware | {"commands"} | SERIAL
    assert groups == {"audio", "dialout", "gpio", "i2c", "iio", "spi", "video"}
    assert nodes == SERIAL | CSI | {"alsa", "gpiochip", "i2c", "iio", "spi*"}
    assert everything(tmp_path) == printed(tmp_path, sensor("i2c", 'driver = "none"\n'), 78)


def test_a_dropin_and_the_unit_are_valid_together(tmp_path):
    for number, text in enumerate((printed(tmp_path, sensor("system")), everything(tmp_path))):
        folder = tmp_path / str(number)
        (folder / "sensord.service.d").mkdir(parents=True)
        (folder / "sensord.service.d/devices.conf").write_text(text)
        unit = folder / "sensord.service"
        unit.write_text(UNIT.read_text().replace("/usr/bin/sensord", str(SENSORD)))
        (folder / "sensord-clock.service").write_text(
            (TOP / "systemd/sensord-clock.service")
            .read_text()
            .replace("/usr/bin", str(SENSORD.parent))
        )
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr.strip()) == (0, ""), done.stderr


@pytest.mark.parametrize("text, most", [(sensor("system"), 12), ("[sensor\n", 13)])
def test_the_unit_stays_tight(tmp_path, text, most):
    """systemd's score with no hardware, and with all of it; groups cost 0.1."""
    found = printed(tmp_path, text, 78 if text == "[sensor\n" else 0)
    (tmp_path / "sensord.service.d").mkdir()
    (tmp_path / "sensord.service.d/devices.conf").write_text(found)
    unit = tmp_path / "sensord.service"
    unit.write_text(UNIT.read_text())
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={most}", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-500:]


def test_the_unit_alone_has_no_devices_and_no_groups():
    text = UNIT.read_text()
    assert not entries(text, "DeviceAllow") and entries(text, "DevicePolicy") == ["closed"]
    assert not entries(text, "SupplementaryGroups")
    assert not re.search("^m ", (TOP / "systemd/sensord.sysusers").read_text(), re.M)


def test_the_generator_writes_it_and_never_fails(tmp_path):
    """systemd.generator(7): a start of the board must not depend on a configuration."""
    configuration, bin_folder = tmp_path / "sensord.toml", tmp_path / "bin"
    bin_folder.mkdir()
    script = tmp_path / "generator"
    text = (TOP / "systemd/sensord-generator").read_text()
    text = text.replace("/etc/sensord.toml", str(configuration))
    text = text.replace("PATH=/usr/sbin", f"PATH={bin_folder}:/usr/sbin")
    text = text.replace("/run/systemd/generator", str(tmp_path / "normal"))
    script.write_text(text)
    script.chmod(0o755)
    (bin_folder / "systemctl").write_text(f"#!/bin/sh\necho $* >> {tmp_path}/called\n")
    (bin_folder / "sensord").write_text(
        f'#!/bin/sh\nexec {SENSORD} "$@" --config {configuration}\n'
    )
    for path in bin_folder.iterdir():
        path.chmod(0o755)
    folders = [str(tmp_path / name) for name in ("normal", "early", "late")]

    def generate():
        subprocess.run([script, *folders], check=True, timeout=60)
        return (tmp_path / "normal/sensord.service.d/50-configuration.conf").read_text()

    def reloads():
        """How often a start of the service reloads systemd."""
        (tmp_path / "called").write_text("")
        subprocess.run([script], check=True, timeout=60)
        return (tmp_path / "called").read_text().split("\n").count("daemon-reload")

    configuration.write_text(sensor("sound"))
    assert given(generate())[0] == {"sound"} and reloads() == 0
    configuration.write_text(sensor("gpio", "pin = 17\n"))
    assert reloads() == 1
    assert given(generate())[0] == {"gpio"} and reloads() == 0
    # A model may lie on a disk that is mounted later: the start looks again.
    configuration.write_text("[sensor\n")
    assert len(given(generate())[0]) == 13 and reloads() == 1
    configuration.unlink()
    assert len(given(generate())[0]) == 13 and reloads() == 1
    (bin_folder / "sensord").write_text("#!/bin/sh\nexit 139\n")
    assert generate().startswith("# errors") and reloads() == 1


BOARD = sensor("system")
PIN = '[sensor.p]\ntype = "gpio"\npin = 17\n'


def test_the_daemon_says_what_it_lacks(tmp_path, daemon):
    """At a start with an old unit, and at a reload: with the command that gives it the right."""
    words = (
        "without the right to use what is configured now (gpio): run sudo systemctl daemon-reload"
    )
    running = daemon(BOARD, {"SENSORD_RIGHTS": ""})
    wait_until(running.output, 10, "a reading")
    running.config.write_text(running.config.read_text() + PIN)
    running.process.send_signal(1)
    running.wait_for_message(words)
    assert running.messages().count("without the right") == 1


def test_a_daemon_with_its_rights_says_nothing(daemon):
    """And neither does one that is no service."""
    for environment in ({"SENSORD_RIGHTS": "gpio sound"}, {}):
        running = daemon(BOARD + PIN, environment)
        running.wait_for_message("p: ")
        assert "without the right" not in running.messages()
        running.stop()


def test_a_program_that_may_not_be_started(tmp_path, daemon):
    """AppArmor forbids it as the mode of a file does."""
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho 1\n")
    running = daemon(sensor("exec", f'command = ["{program}"]\n'), {"SENSORD_RIGHTS": "commands"})
    running.wait_for_message(
        f"{program}: Permission denied; is it executable for the user sensord"
    )
