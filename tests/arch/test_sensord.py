# SPDX-License-Identifier: MIT
"""The other architecture's daemon measures the same as this machine's."""

import json
import subprocess

import pytest
from support import ALSA_SOUNDS, SENSORD, TOP

NATIVE = TOP / "build/amd64/sensord"
# Results are rounded to 0.01 dB, and ARM adds products without rounding them first.
TOLERANCE_DB = 0.011


def readings(program, folder, recording, settings):
    config = folder / "sensord.toml"
    config.write_text(f"""
[sensor.noise]
type = "sound"
replay = "{recording}"
replay_speed = "max"
interval = "200 ms"
{settings}
""")
    done = subprocess.run(
        [program, "run", "--config", config], capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line.split(" ", 1)[1]) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("settings", ["", 'weighting = "C"\ntime_weighting = "slow"'])
@pytest.mark.parametrize("name", ["Noise.wav", "Front_Center.wav"])
def test_levels_are_those_of_amd64(tmp_path, name, settings):
    """Every board must give the same levels for the same sound."""
    expected = readings(NATIVE, tmp_path, ALSA_SOUNDS / name, settings)
    measured = readings(SENSORD, tmp_path, ALSA_SOUNDS / name, settings)
    assert len(measured) == len(expected) >= 7
    for got, wanted in zip(measured, expected, strict=True):
        del got["time"], wanted["time"]
        assert got == pytest.approx(wanted, abs=TOLERANCE_DB)
