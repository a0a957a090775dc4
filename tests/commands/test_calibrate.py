# SPDX-License-Identifier: MIT
"""`sensord calibrate` measures a sensor at known values, and prints the table that mends it."""

import subprocess
import time

import pytest
from support import SENSORD
from tables import table


@pytest.fixture
def sensor(tmp_path):
    """A file that a sensor reads, and calibrate(arguments, answers between)."""
    value = tmp_path / "value.json"

    class Sensor:
        config = tmp_path / "it.toml"
        more = ""

        def is_at(self, text):
            value.write_text('{"t_c": %s, "s": "x"}' % text)

        def start(self, *arguments):
            self.config.write_text(
                table("it", "exec", f'command = ["cat", "{value}"]', 'interval = "100 ms"')
                + self.more
            )
            return subprocess.Popen(
                [SENSORD, "calibrate", *arguments, "--config", self.config],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip

        def calibrate(self, *arguments, answers=""):
            running = self.start(*arguments)
            out, err = running.communicate(answers, timeout=60)
            return running.returncode, out, err

    return Sensor()


def test_one_known_value_gives_an_offset(sensor):
    sensor.is_at(21.3)
    code, out, err = sensor.calibrate("it", "t_c", "20.5")
    assert (code, out) == (0, "[sensor.it.values.t_c]\noffset = -0.8\n"), err
    assert "measured 21.3 at 20.5: 5 samples from 21.3 to 21.3" in err


def test_a_scale_that_is_there_stays(sensor):
    sensor.is_at(10)
    sensor.more = "[sensor.it.values.t_c]\nscale = 2\noffset = 5\n"
    code, out, _ = sensor.calibrate("it", "t_c", "-1")
    assert (code, out) == (0, "[sensor.it.values.t_c]\nscale = 2\noffset = -21\n")


def test_two_known_values_give_points(sensor, tmp_path):
    """The table that it prints makes the sensor right."""
    sensor.is_at(99.1)
    running = sensor.start("it", "t_c", "100", "-0.4")
    assert "bring it to t_c = 100" in running.stderr.readline()
    running.stdin.write("\n")
    running.stdin.flush()
    while "bring it to t_c = -0.4" not in running.stderr.readline():
        assert running.poll() is None
    sensor.is_at(0.4)
    out, err = running.communicate("\n", timeout=60)
    assert running.returncode == 0, err
    assert out == "[sensor.it.values.t_c]\npoints = [[0.4, -0.4], [99.1, 100]]\n"
    sensor.config.write_text(sensor.config.read_text() + out)
    read = [SENSORD, "read", "it", "--config", sensor.config]
    assert (
        '"t_c": -0.4}' in subprocess.run(read, capture_output=True, text=True, check=True).stdout
    )


@pytest.mark.parametrize(
    "arguments, answers, code, words",
    [
        (("it", "t_c"), "", 64, "usage: sensord calibrate SENSOR FIELD TRUE..."),
        (("it", "t_c", "warm"), "", 64, "a true value must be a number, not warm"),
        (("it", "t_c", "1", "1"), "", 64, "a known value is there twice"),
        (("it", "t_f", "1"), "", 69, 'no field "t_f"; did you mean "t_c"?'),
        (("it", "s", "1"), "", 69, "s is not a number"),
        (("that", "t_c", "1"), "", 64, 'has no sensor "that"'),
        (("it", "t_c", "1", "2"), "", 64, "standard input has ended"),
        (("it", "t_c", "1", "2"), "\n\n", 65, "the same value at two known values"),
    ],
)
def test_what_cannot_be(sensor, arguments, answers, code, words):
    sensor.is_at(21.3)
    found, out, err = sensor.calibrate(*arguments, answers=answers)
    assert (found, out) == (code, "") and words in err, err


def test_a_sensor_without_a_value(sensor):
    sensor.is_at("null")
    code, out, err = sensor.calibrate("it", "t_c", "1")
    assert (code, out) == (69, "") and "t_c is null" in err
    began = time.monotonic()
    sensor.config.with_name("value.json").write_text("nothing")
    code, out, err = sensor.calibrate("it", "t_c", "1")
    assert (code, out) == (69, "") and "printed neither" in err
    assert time.monotonic() - began < 30
