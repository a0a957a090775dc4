# SPDX-License-Identifier: MIT
"""machine.PWM and machine.ADC on a fake /sys whose files follow the kernel's rules."""

import errno

import pytest
from fakes.programs import INTERPRETERS, run
from fakes.pwm import PwmChip
from fakes.sysfs import FakeSysfs, refuse

PROGRAM = "sysfs_program"


@pytest.fixture(params=INTERPRETERS)
def interpreter(request):
    return request.param


@pytest.fixture
def sysfs(tmp_path):
    with FakeSysfs(tmp_path) as sysfs:
        yield sysfs


def test_frequency_and_duty(interpreter, sysfs):
    """A servo or a lamp would behave differently than on a microcontroller."""
    PwmChip(sysfs)
    lines = run(interpreter, PROGRAM, "pwm", environment=sysfs.environment).splitlines()
    assert lines[:6] == [
        "PWM('pwmchip0:0') 1000 32768 500008",
        "50 32768 10000153",
        "100 1500000",
        "20000 32768 25000",
        "65535 50000",
        "0 0",
    ]
    assert [line.split()[0] for line in lines[6:10]] == ["ValueError"] * 4
    assert lines[10].startswith("OSError 19 ") and "deinitialised" in lines[10]
    assert lines[11] == "10 0", "the duty of before deinit() came back"
    assert sysfs.written("unexport") == ["0"] and sysfs.written("export") == ["0", "0"]
    assert sysfs.written("enable") == ["1", "0"]


@pytest.mark.parametrize("seed", range(3))
def test_no_pulse_is_ever_longer_than_its_period(interpreter, sysfs, seed):
    """The kernel refuses such a pulse, and the motor would keep its old speed."""
    PwmChip(sysfs)
    assert run(interpreter, PROGRAM, "order", seed, environment=sysfs.environment) == "done"


def test_a_duty_may_be_set_before_the_frequency(interpreter, sysfs):
    """Microcontrollers accept both orders."""
    PwmChip(sysfs)
    got = run(interpreter, PROGRAM, "duty_first", environment=sysfs.environment)
    assert got == "16384 2500038"


def test_a_channel_left_by_an_earlier_program_is_reused(interpreter, sysfs):
    """A crashed program leaves its channel exported, with a long pulse."""
    chip = PwmChip(sysfs)
    chip.export(0, 20000000, 15000000)
    got = run(interpreter, PROGRAM, "left_behind", environment=sysfs.environment)
    assert got == "1000000"
    assert sysfs.written("export") == []


def test_polarity_changes_while_the_channel_stands(interpreter, sysfs):
    """Drivers refuse with EBUSY while the channel runs."""
    PwmChip(sysfs)
    run(interpreter, PROGRAM, "invert", environment=sysfs.environment)
    assert sysfs.written("polarity") == ["inversed", "normal"]
    assert sysfs.written("enable")[-2:] == ["0", "1"]


@pytest.mark.parametrize(
    "pin, channels, channel",
    [("Pin(18)", 2, 0), ("Pin('GPIO13')", 2, 1), ("Pin('gpiochip0:19')", 4, 3), ("Pin(13)", 4, 1)],
)
def test_a_pin_means_its_channel(interpreter, sysfs, pin, channels, channel):
    """Examples use PWM(Pin(18))."""
    PwmChip(sysfs, 2, channels)
    got = run(interpreter, PROGRAM, "where", pin, environment=sysfs.environment)
    assert got == f"PWM('pwmchip2:{channel}')"


def test_udev_may_be_late(interpreter, sysfs):
    """Right after the export the files still belong to root."""
    PwmChip(sysfs, late_s=0.4)
    assert "PWM(" in run(interpreter, PROGRAM, "where", "1", environment=sysfs.environment)


def test_errors_name_the_chip_and_what_to_do(interpreter, sysfs):
    """Otherwise the user sees only an error number."""
    got = run(interpreter, PROGRAM, "where", "0", environment=sysfs.environment)
    assert got.startswith("OSError 19 ") and "dtoverlay=pwm" in got
    PwmChip(sysfs, late_s=60)
    cases = {
        "0": "OSError 13 ", "2": "channels 0 to 1", "'pwmchip5:0'": "there are: pwmchip0",
        "Pin(4)": "no PWM channel", "'x'": "dest must be",
    }  # fmt: skip
    for id, words in cases.items():
        got = run(interpreter, PROGRAM, "where", id, environment=sysfs.environment)
        assert words in got, got
    # A channel that cannot be used is released.
    assert sysfs.written("unexport") == ["0"]


def test_pwm_loses_no_descriptor(interpreter, sysfs):
    """A program that blinks for days would die."""
    PwmChip(sysfs)
    assert run(interpreter, PROGRAM, "pwm_leaks", environment=sysfs.environment) == "0"


@pytest.fixture
def iio(sysfs):
    folder = "bus/iio/devices/iio:device0"
    sysfs.add(folder + "/name", "mcp3008")
    sysfs.add(folder + "/in_voltage_scale", "3.222656250")
    sysfs.add(folder + "/in_voltage0_raw", "512")
    sysfs.add(folder + "/in_voltage1_raw", "1023")
    sysfs.add(folder + "/in_voltage1_label", "battery")
    sysfs.add(folder + "/in_voltage0-voltage1_raw", "-3")
    folder = "bus/iio/devices/iio:device1"
    sysfs.add(folder + "/name", "ads1115")
    for channel, raw, scale, kind in (
        (0, 1, "0.125", "be:s16/16>>0"),
        (2, 16384, "0.125", "be:s16/16>>0"),
        (3, -100, "0.125", "be:s16/16>>0"),
        (4, 100, "0.5", "le:u12/16>>4"),
    ):
        sysfs.add(f"{folder}/in_voltage{channel}_raw", str(raw))
        sysfs.add(f"{folder}/in_voltage{channel}_scale", scale)
        sysfs.add(f"{folder}/scan_elements/in_voltage{channel}_type", kind)
    sysfs.add(folder + "/in_voltage4_offset", "-40.5")
    return sysfs


def test_channels_by_number_name_and_label(interpreter, iio):
    """The wrong channel is a wrong measurement."""
    ids = ("0", "in_voltage1", "battery", "ads1115:0", "iio:device1:2", "2")
    lines = run(interpreter, PROGRAM, "adc", *ids, environment=iio.environment).splitlines()
    # 512 * 3300 / 1024 mV from a driver that does not report its bits: 3.3 V is 65535.
    half, full = "32768 1650000", "65471 3296777"
    assert lines == [half, full, full, "2 125", "32769 2048000", "32769 2048000"]


def test_offset_scale_sign_and_bits(interpreter, iio):
    """A value without its offset is off by volts; a negative one must not read as full scale."""
    ids = ("4", "3", "mcp3008:0-1", "mcp3008:voltage0-voltage1", "ads1115:in_voltage4")
    lines = run(interpreter, PROGRAM, "adc", *ids[:2], *ids[3:], environment=iio.environment)
    assert lines.splitlines() == ["1600 29750", "0 -12500", "0 -9668", "1600 29750"]


def test_adc_errors_list_the_channels_there_are(interpreter, iio):
    """Otherwise the user would have to search in /sys."""
    lines = run(interpreter, PROGRAM, "adc_errors", "9", "mcp3008:9", "xyz:0",
                environment=iio.environment).splitlines()  # fmt: skip
    assert all(line.startswith("OSError 19 ") for line in lines[:3]), lines
    assert "channel 9" in lines[0] and "iio:device1 is ads1115" in lines[0]
    assert "it has in_voltage0, " in lines[1]
    assert "iio:device0 is mcp3008" in lines[2]
    assert lines[3].startswith("ValueError")


def test_no_adc_names_the_overlay(interpreter, sysfs):
    """A Raspberry Pi has no ADC of its own."""
    got = run(interpreter, PROGRAM, "adc_errors", "0", environment=sysfs.environment)
    assert got.startswith("OSError 19 ") and "dtoverlay=mcp3008" in got


def test_values_are_read_anew(interpreter, iio):
    """A file that is kept open must not return its old value."""
    path = iio.root / "bus/iio/devices/iio:device0/in_voltage0_raw"
    lines = run(interpreter, PROGRAM, "vanishing", path, environment=iio.environment).splitlines()
    assert lines[:2] == ["1650000", "3222656"]
    assert lines[2].startswith("OSError 19 ")


def test_a_chip_that_does_not_answer_is_named(interpreter, iio):
    """An unplugged I2C ADC reads as EREMOTEIO, which does not name the chip."""
    iio.guard = lambda path: path.endswith("voltage0_raw") and refuse(errno.EACCES)
    got = run(interpreter, PROGRAM, "adc_errors", "0", environment=iio.environment)
    assert got.startswith("OSError 13 ") and "in_voltage0_raw" in got and "group" in got


def test_adc_block(interpreter, iio):
    """Programs with two converters use ADCBlock."""
    lines = run(interpreter, PROGRAM, "block", environment=iio.environment).splitlines()
    assert lines[0] == "ADCBlock('/sys/bus/iio/devices/iio:device1')"
    assert lines[1] == "32800 65535"
    assert lines[2] == "3296777 3296777"
    assert lines[3].startswith("ValueError") and lines[4].startswith("OSError 19 ")
    assert lines[5].startswith("OSError 19 ") and lines[6].startswith("ValueError")
    assert lines[7] == "ADCBlock('/sys/bus/iio/devices/iio:device1')"


def test_adc_loses_no_descriptor(interpreter, iio):
    """A program may open its channel for every measurement."""
    got = run(interpreter, PROGRAM, "adc_leaks", environment=iio.environment, timeout_s=120)
    assert got == "0"
