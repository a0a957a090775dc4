# SPDX-License-Identifier: MIT
"""type = "vibration": a machine that runs well is left alone, and one that does not is told of."""

import errno
import json

import numpy as np
import pytest
from fakes import motion
from scipy import signal
from support import wait_until

RATE = 1600
FULL_SCALE = 2 * 9.80665
SPEED_HZ = 24.7


def machine(seconds, rate=RATE, seed=1):
    """A motor at 1480 revolutions a minute on its feet, N x 3 in m/s2: the harmonics of its speed,
    their slow wavering, what the grid hums at, noise, and gravity on the third axis."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    waver = 1 + 0.05 * np.sin(2 * np.pi * t / 7)
    axes = []
    for axis, gain in enumerate((1.0, 0.7, 0.4)):
        x = 0.15 * rng.standard_normal(len(t))
        for harmonic, amplitude in enumerate((0.8, 0.3, 0.15, 0.1, 0.05), 1):
            x += gain * amplitude * waver * np.sin(2 * np.pi * SPEED_HZ * harmonic * t + axis)
        x += 0.1 * np.sin(2 * np.pi * 100 * t)
        axes.append(x + (9.81 if axis == 2 else 0))
    return np.stack(axes, axis=1)


def bearing_damage(seconds, rate=RATE, seed=2):
    """Blows at the rate at which balls pass a pit in the outer ring, ringing at 620 Hz."""
    rng = np.random.default_rng(seed)
    blows = np.zeros(int(seconds * rate))
    at = np.arange(0, len(blows), rate / (3.56 * SPEED_HZ))
    blows[(at + rng.uniform(-1, 1, len(at))).astype(int).clip(0, len(blows) - 1)] = 6
    t = np.arange(200) / rate
    ringing = np.convolve(blows, np.exp(-t * 300) * np.sin(2 * np.pi * 620 * t))[: len(blows)]
    return np.outer(ringing, (1.0, 0.6, 0.3))


def imbalance(seconds, rate=RATE):
    t = np.arange(int(seconds * rate)) / rate
    return np.outer(1.6 * np.sin(2 * np.pi * SPEED_HZ * t), (1.0, 0.7, 0.1))


def save(path, acceleration):
    counts = np.clip(np.round(acceleration / FULL_SCALE * 32768), -32768, 32767)
    np.save(path, counts.astype("<i2"))
    return path


def table(**keys):
    keys = {"type": "vibration", "rate": RATE, "interval": "2 s", "learn": "30 s", **keys}
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join(["[sensor.pump]", *lines, ""])


@pytest.fixture
def replayed(sensord, tmp_path):
    def run(acceleration, **keys):
        path = save(tmp_path / "recording.npy", acceleration)
        readings = sensord(table(replay=str(path), replay_speed="max", **keys))
        assert readings.daemon.process.wait(60) == 0, readings.daemon.messages()
        return readings.of("pump")

    return run


def test_the_quantities_are_those_of_the_recording(replayed):
    """Limits of machines are in mm/s and m/s2: a wrong factor is a wrong verdict."""
    acceleration = machine(20)
    readings = replayed(acceleration, bands=[10, 35, 160, 800], learn="0 s")
    # Windows of 1 s are made 2048 samples long, of which two last the 2 s of a reading.
    assert len(readings) == 20 * RATE // 4096
    for i, reading in enumerate(readings):
        window = acceleration[4096 * i : 4096 * (i + 1)]
        moved = window - window.mean(axis=0)
        rms = np.sqrt((moved**2).mean(axis=0))
        assert reading["acceleration_rms_m_s2"] == pytest.approx(np.hypot.reduce(rms), rel=2e-3)
        peak = np.abs(moved).max()
        assert reading["acceleration_peak_m_s2"] == pytest.approx(peak, rel=0.02)
        crest = (np.abs(moved).max(axis=0) / rms).max()
        assert reading["crest_factor"] == pytest.approx(crest, rel=0.05)
        # In the domain of time: 10 Hz to 1 kHz, integrated.
        lines = np.fft.rfftfreq(len(acceleration), 1 / RATE)
        spectrum = np.fft.rfft(acceleration, axis=0)
        spectrum[lines < 10] = 0
        velocity = np.fft.irfft(spectrum / (2j * np.pi * np.maximum(lines, 1))[:, None], axis=0)[
            4096 * i : 4096 * (i + 1)
        ]
        worst = 1000 * np.sqrt((velocity**2).mean(axis=0)).max()
        assert reading["velocity_rms_mm_s"] == pytest.approx(worst, rel=0.03)
    energy = 0
    for low, high in ((10, 35), (35, 160), (160, 799.9)):
        sos = signal.butter(8, (low, high), "band", fs=RATE, output="sos")
        rms = np.sqrt(
            (signal.sosfiltfilt(sos, acceleration - acceleration.mean(0), axis=0) ** 2).mean(0)
        )
        name = f"band_{low}_{round(high)}_hz_m_s2"
        got = np.sqrt(np.mean([reading[name] ** 2 for reading in readings]))
        assert got == pytest.approx(np.hypot.reduce(rms), rel=0.05), name
        energy += got**2
    assert {"distance", "status"}.isdisjoint(readings[0]) and readings[0]["gaps"] == 0


def test_a_healthy_machine_is_green_for_as_long_as_it_runs(replayed):
    """A warning that cries wolf is switched off."""
    readings = replayed(machine(300))
    learning = [r for r in readings if r["status"] == "learning"]
    assert len(learning) == pytest.approx(30 / 2.56, abs=2)
    assert all(r["distance"] is None for r in learning)
    judged = readings[len(learning) :]
    assert len(judged) > 80 and {r["status"] for r in judged} == {"green"}
    assert max(r["distance"] for r in judged) < 5


@pytest.mark.parametrize("fault, small_share", [(bearing_damage, 0.5), (imbalance, 1)])
def test_a_fault_is_told(replayed, fault, small_share):
    """Warn before it breaks: small damage is yellow, and red when it has grown."""
    healthy, small, large = machine(80, seed=3), machine(60, seed=4), machine(60, seed=5)
    small += small_share * fault(60)
    large += 4 * fault(60)
    readings = replayed(np.concatenate([healthy, small, large]))
    statuses = [r["status"] for r in readings]
    per_reading = 2.56
    begins = round(80 / per_reading)
    assert set(statuses[:begins]) == {"learning", "green"}, statuses
    assert statuses[begins + 5] in ("yellow", "red"), statuses
    assert set(statuses[-15:]) == {"red"}, statuses
    order = [s for i, s in enumerate(statuses) if i == 0 or statuses[i - 1] != s]
    assert order[:2] == ["learning", "green"] and order[-1] == "red", order


def test_bearing_damage_raises_the_kurtosis(replayed):
    healthy = replayed(machine(20), learn="0 s")
    damaged = replayed(machine(20) + 0.5 * bearing_damage(20), learn="0 s")
    assert damaged[3]["kurtosis"] > 1.1 * healthy[3]["kurtosis"]


def test_what_was_learned_outlives_a_restart(replayed):
    replayed(machine(60))
    readings = replayed(machine(20, seed=7) + imbalance(20))
    assert [r["status"] for r in readings][-1] in ("yellow", "red")
    assert "learning" not in [r["status"] for r in readings]


def test_a_machine_that_stands_still_is_neither_learned_nor_judged(replayed):
    rng = np.random.default_rng(6)
    still = 0.01 * rng.standard_normal((60 * RATE, 3))
    readings = replayed(np.concatenate([still, machine(80), still]), running_above=0.1)
    statuses = [r["status"] for r in readings]
    order = [s for i, s in enumerate(statuses) if i == 0 or statuses[i - 1] != s]
    assert order == ["idle", "learning", "green", "idle"]


def test_values_that_do_not_go_together_are_refused(tmp_path, sensord):
    path = str(save(tmp_path / "recording.npy", machine(1)))
    for keys, words in (
        ({"bands": [10, 900]}, "must not go beyond half the rate, 800 Hz"),
        ({"bands": [100, 10]}, "must be 2 to 65 frequencies that rise"),
        ({"bands": [100]}, "must be 2 to 65 frequencies that rise"),
        ({"window": "10 s"}, "is 16000 samples at this rate: at most 8192"),
        ({"window": "3 s"}, "must not be shorter than the window"),
        ({"yellow": 8, "red": 7}, "must not be less than yellow"),
        ({"replay": None}, "name the accelerometer"),
    ):
        chosen = {k: v for k, v in {"replay": path, **keys}.items() if v is not None}
        running = sensord(table(**chosen)).daemon
        assert running.process.wait(10) == 78
        assert words in running.messages()


BOARD = '[sensor.board]\ntype = "system"\ninterval = "100 ms"\n'


@pytest.fixture
def on_chip(bus, sensord):
    """A sensor on an ADXL345, five windows a second, beside one that must not be disturbed."""

    def start():
        keys = {"driver": "adxl345", "rate": 400, "learn": "0 s"}
        config = table(window="160 ms", interval="160 ms", **keys)
        return sensord(BOARD + config)

    return start


def chip(seconds=120):
    counts = np.round(machine(seconds, 400) / FULL_SCALE * 32768).astype(int)
    return motion.ADXL345(counts.tolist())


def test_a_wire_that_comes_off(bus, on_chip):
    """It alone says so, once, publishes null rather than an old value, and recovers by itself."""
    bus.chips[0x53] = chip()
    readings = on_chip()
    for reading in readings.wait("pump", 3):
        assert reading["acceleration_rms_m_s2"] == pytest.approx(0.8, abs=0.4)
    bus.error = errno.EREMOTEIO
    readings.wait_for_last("pump", known=False)
    seen = len(readings.of("board"))
    wait_until(lambda: len(readings.of("board")) > seen + 20, 10, "the other sensor")
    bus.error = None
    readings.wait_for_last("pump", known=True)
    assert len([r for r in readings.of("pump") if None in r.values()]) == 1
    told = [line for line in readings.daemon.messages().splitlines() if "error: pump" in line]
    assert len(told) == 1, told


def test_a_chip_that_comes_late(bus, on_chip):
    readings = on_chip()
    readings.daemon.wait_for_message("error: pump: /dev/i2c-1")
    bus.chips[0x53] = chip()
    readings.wait("pump", 2)
    assert len(readings.of("board")) > 5


def test_lost_samples_are_counted(bus, on_chip):
    """A gap in the middle of a spectrum is a knock that nobody heard."""
    bus.chips[0x53] = adxl = chip()
    readings = on_chip()
    readings.wait("pump", 2)
    adxl.overflow = True
    wait_until(lambda: any(r["gaps"] for r in readings.of("pump")), 10, "a gap")
    assert sum(r["gaps"] for r in readings.of("pump")) == 1
    assert adxl.restarts == 2 and "samples were lost" in readings.daemon.messages()
    assert max(r["crest_factor"] for r in readings.of("pump")) < 6


def test_a_chip_that_is_stuck(bus, on_chip, monkeypatch):
    """The same value for ever looks like a machine that runs as smoothly as none does."""
    bus.chips[0x53] = motion.ADXL345([(10, 20, 16384)] * 400 * 120)
    readings = on_chip()
    readings.daemon.wait_for_message("has given the very same values for 60 s", 90)
    readings.wait_for_last("pump", known=False)
