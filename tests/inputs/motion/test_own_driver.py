# SPDX-License-Identifier: MIT
"""driver = "MODULE:CLASS" of type = "motion" and "vibration", in the form of docs/drivers.md."""

import re

import numpy as np
import pytest
from accelerometers import RECORDING, table
from fakes import motion
from support import TOP, wait_until

BESIDE = '[sensor.beside]\ntype = "system"\ninterval = "100 ms"\n'
OWN = 'driver = "myaccel:MyAccelerometer"'


@pytest.fixture
def own(bus, sensord, tmp_path):
    """own(config, source) starts a daemon on an ADXL345, with the driver of docs/drivers.md."""
    page = (TOP / "docs/drivers.md").read_text()
    (source,) = [s for s in re.findall(r"```python\n(.*?)```", page, re.S) if "read_samples" in s]
    folder = tmp_path / "drivers"
    folder.mkdir(mode=0o755)

    def start(config, change=("", "")):
        assert change[0] in source
        (folder / "myaccel.py").write_text(source.replace(*change, 1))
        samples = np.tile(np.load(RECORDING), (10, 1)).tolist()
        bus.chips[0x53] = motion.ADXL345(samples)
        return sensord(config, SENSORD_DRIVERS=str(folder))

    return start


def test_a_driver_of_ones_own_is_as_good(bus, own):
    """The labels of the built-in driver, and the page's own table for a machine."""
    readings = own(table('driver = "adxl345"', 200))
    expected = [r["label"] for r in readings.wait("activity", 7)[:7]]
    readings.daemon.stop()
    readings = own(table(OWN, 200))
    assert [r["label"] for r in readings.wait("activity", 7)[:7]] == expected
    before = len(readings.of("activity"))
    bus.chips[0x53].overflow = True
    wait_until(lambda: any(r["gaps"] for r in readings.of("activity")), 10, "a gap")
    assert [r["gaps"] for r in readings.of("activity")[before:]].count(1) == 1
    readings.daemon.stop()
    page = (TOP / "docs/drivers.md").read_text()
    (config,) = [s for s in re.findall(r"```toml\n(.*?)```", page, re.S) if "myaccel" in s]
    readings = own(config + 'interval = "500 ms"\nwindow = "160 ms"\nlearn = "0 s"\n')
    assert readings.wait("pump")[0]["acceleration_rms_m_s2"] > 0.5


MISTAKES = [
    (("def restart(self)", "def again(self)"), "myaccel:MyAccelerometer: "),
    (("def read_samples", "def samples"), "it has no read_samples: see docs/drivers.md"),
    (("return n\n", "return 999\n"), "read_samples() gave 999, no number of rows up to 256"),
    (("return n\n", "return 'x'\n"), "read_samples() gave 'x', no number of rows"),
    (("    capacity = 32", "    capacity = None"), "capacity is no number of rows but None"),
    (("n = min(", "n = mni("), "isn't defined (myaccel.py, line"),
    (("(self, i2c, address", "(self, bus, address"), "myaccel:MyAccelerometer: "),
    (("rates = {100", "rates = {101"), "the rate must be 100, 200 or 400"),
]


@pytest.mark.parametrize("change, words", MISTAKES)
def test_mistakes_of_ones_own_driver(own, change, words):
    """They are faults of the sensor, in words, and of nobody else."""
    readings = own(BESIDE + table(OWN, 100), change)
    readings.daemon.wait_for_message("error: activity: ")
    assert words in readings.daemon.messages()
    assert "mistake in sensord" not in readings.daemon.messages()
    readings.wait("beside", 3)
