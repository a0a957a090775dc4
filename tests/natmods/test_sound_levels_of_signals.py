# SPDX-License-Identifier: MIT
"""The native module's sound levels of real and extreme signals: those of the same chain in
float64, however the samples are cut into blocks and intervals.
"""

import functools
import math
import wave

import numpy as np
import pytest
from natmods.sound_levels import (
    FULL_SCALE,
    INTERPRETERS,
    TAU_S,
    Levels,
    assert_within,
    job,
    near,
    reference,
    run_levels,
    settled_job,
    to_pcm,
)
from support import ALSA_SOUNDS

RECORDINGS = ("Noise.wav", "Front_Center.wav")


@pytest.fixture(scope="module", params=INTERPRETERS)
def measure(request):
    return functools.partial(run_levels, request.param)


@pytest.mark.parametrize("rate", [16000, 48000])
def test_full_scale_does_not_clip(measure, rate):
    """Otherwise the loudest sounds, which exceed full scale once weighted, would read too low."""
    n = np.arange(2 * rate)
    signals = {"noise": np.random.default_rng(5).random(len(n)) < 0.5}
    for hz in (10, 100, 1000, rate // 4, rate // 2):
        signals[f"{hz} Hz"] = n * 2 * hz // rate % 2 == 0
    points = []
    for name, high in signals.items():
        samples = np.where(high, FULL_SCALE, -32768).astype(np.int16)
        readings = measure([settled_job(samples, rate, weighting) for weighting in "ACZ"])
        for weighting, [reading] in zip("ACZ", readings):
            expected = reference(samples, rate, weighting)
            for field in ("leq", "max", "min", "c_peak", "input_peak"):
                value, wanted = getattr(reading, field), getattr(expected, field)
                points.append(near(f"{name} {weighting} {field}", value, wanted, 0.05))
    assert_within(points)


def recording(name):
    """The samples of a mono recording at 48 kHz that alsa-utils installs."""
    with wave.open(str(ALSA_SOUNDS / name)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)


@pytest.mark.parametrize("name", RECORDINGS)
def test_recording(measure, name):
    """Otherwise a real sound would read differently than in other software."""
    samples = recording(name)
    cases = [(weighting, time) for weighting in "ACZ" for time in TAU_S]
    tolerances = Levels(0.05, 0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 1e-6)
    points = []
    for case, [reading] in zip(cases, measure([settled_job(samples, 48000, *c) for c in cases])):
        expected = reference(samples, 48000, *case)
        for field, *limits in zip(Levels._fields, reading, expected, tolerances):
            points.append(near(f"{case} {field}", *limits))
    assert_within(points)


@pytest.mark.parametrize("weighting", ["A", "C", "Z"])
def test_cuts_do_not_matter(measure, weighting):
    """Otherwise the levels would depend on how the kernel cuts the samples into blocks."""
    samples = np.concatenate([recording(name) for name in RECORDINGS])[:100_003]
    parts = [(20_001, "settle"), (30_011, "read"), (len(samples) - 50_012, "read")]
    cuts = (len(samples), 1, 7, 8, 9, 1600)
    jobs = [job(samples, 48000, weighting, parts=parts, cut=cut) for cut in cuts]
    whole, *others = measure(jobs)
    differing = {cut: got for cut, got in zip(cuts[1:], others) if got != whole}
    assert not differing, f"whole: {whole}"


def test_intervals_lose_nothing(measure):
    """Otherwise sound between two messages would be lost: the intervals must add up."""
    pieces = [(size, "read") for size in (1, 2, 3, 5, 7, 13, 1001) * 48]
    samples = recording(RECORDINGS[0])[: sum(size for size, _ in pieces)]
    [whole], short = measure([job(samples, 48000), job(samples, 48000, parts=pieces)])
    energies = [size * 10 ** (each.leq / 10) for (size, _), each in zip(pieces, short)]
    level = 10 * math.log10(sum(energies) / len(samples))
    assert_within([near("mean of the intervals", level, whole.leq, 0.01)])


@pytest.mark.parametrize("rate", [16000, 48000])
def test_offset_of_the_converter(measure, rate):
    """Otherwise a microphone's DC offset would read as a bang at the start, and as sound later."""
    quiet = to_pcm(np.random.default_rng(9).normal(0, 10, 2 * rate))
    shifted = quiet + np.int16(1000)
    points = []
    for weighting in "ACZ":
        [plain], [offset] = measure([job(pcm, rate, weighting) for pcm in (quiet, shifted)])
        for field, *values in list(zip(Levels._fields, offset, plain))[:4]:
            # The peak is one sample of some 40 LSB: with the offset, float32 changes it by 0.3.
            points.append(
                near(f"{weighting} {field}", *values, 0.1 if field == "c_peak" else 0.05)
            )
    assert_within(points)
