# SPDX-License-Identifier: MIT
"""The native modules for features and small models, compared with numpy, scipy and scikit-learn.

sensord on the board must compute the same as CPython on a workstation, so that a filter, a forest
or a regression that was designed or trained there works here.
"""

import json
import os
import pathlib
import subprocess

import numpy as np
import pytest
import scipy.stats
from scipy import signal
from sklearn.cluster import KMeans
from sklearn.linear_model import ElasticNet
from sklearn.neighbors import KNeighborsClassifier
from support import MICROPYTHON, STOCK_MICROPYTHON, TOP

PROGRAM = pathlib.Path(__file__).with_name("features_program.py")
HAR = TOP / "tests/data/har"
TIMEOUT_S = 120
TYPECODES = {"float32": "f", "int16": "h", "uint8": "B"}
INTERPRETERS = {
    "sensord": (MICROPYTHON, []),
    "stock": (STOCK_MICROPYTHON, [TOP / "build/amd64/natmods"]),
}
RATE = 16000
FILTERS = {
    "low pass": signal.butter(6, 1000, fs=RATE, output="sos"),
    "band": signal.butter(4, [300, 3000], "band", fs=RATE, output="sos"),
    "one section": signal.butter(2, 50, "high", fs=RATE, output="sos"),
    "elliptic": signal.ellip(7, 1, 60, 3000, fs=RATE, output="sos"),
    "many sections": signal.cheby2(20, 60, 4000, fs=RATE, output="sos"),
}


@pytest.fixture(params=INTERPRETERS)
def run(request, tmp_path):
    """Runs a function of features_program.py with numpy arrays and further arguments."""
    command, path = INTERPRETERS[request.param]

    def run_job(job, *arrays, settings=()):
        listed = []
        for i, values in enumerate(arrays):
            (tmp_path / f"{i}.raw").write_bytes(np.ascontiguousarray(values).tobytes())
            listed.append([TYPECODES[values.dtype.name], f"{i}.raw"])
        job = {"job": job, "settings": list(settings), "arrays": listed}
        (tmp_path / "job.json").write_text(json.dumps(job))
        done = subprocess.run(
            [command, "-X", "heapsize=16M", PROGRAM, tmp_path],
            env={**os.environ, "MICROPYPATH": ":".join([".frozen", *map(str, path)])},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return np.array(json.loads(done.stdout))

    return run_job


def random():
    return np.random.default_rng(20)


@pytest.mark.parametrize("n", [2, 16, 512, 1024, 32768])
def test_a_spectrum_is_numpys(run, n):
    real, imag = random().standard_normal((2, n)).astype("f4")
    expected = np.fft.fft(real + 1j * imag)
    got = run("fft", real, imag).reshape(2, n)
    assert np.abs(got[0] + 1j * got[1] - expected).max() < 1e-5 * np.sqrt(n) * 5


@pytest.mark.parametrize("n", [4, 16, 512, 1024, 32768])
def test_a_real_spectrum_is_numpys(run, n):
    values = random().standard_normal(n).astype("f4")
    got = run("rfft", values).reshape(2, n // 2 + 1)
    assert np.abs(got[0] + 1j * got[1] - np.fft.rfft(values)).max() < 1e-5 * np.sqrt(n) * 5


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_scipys(run, name):
    """Up to the rounding of its coefficients and states, which are float32."""
    sections = FILTERS[name].astype("f4")
    values = random().standard_normal(20000).astype("f4")
    expected = signal.sosfilt(sections.astype(float), values.astype(float))
    got = run("iir", sections.flatten(), values)
    assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("name", ["low pass", "band"])
def test_an_integer_filter_is_scipys(run, name):
    """Up to its rounding: half a bit in each section, and 13 bits in the coefficients."""
    sections = FILTERS[name].astype("f4")
    rounded = np.rint(sections * 8192) / 8192
    values = (random().standard_normal(20000) * 3000).astype("i2")
    expected = signal.sosfilt(rounded, values.astype(float))
    got = run("iir_q15", sections.flatten(), values)
    # A section's noise is amplified by the sections after it and by its own poles.
    assert np.abs(got - expected).max() < 60
    assert np.sqrt(np.mean((got - expected) ** 2)) < 15


def motion():
    """A recording of an exercise, int16, one array an axis."""
    recording = np.load(HAR / "exercise/2000-01-01T000322_jumpingjack.npy")
    assert recording.dtype == np.int16 and recording.shape[1] == 3
    return np.ascontiguousarray(recording.T)


def entropy(values):
    """scipy's entropy of a histogram of ten bins; numpy alone would round the edges."""
    span = values.max() - values.min()
    if span == 0:
        return 0.0
    bins = np.minimum((values - values.min()) * 10 // span, 9)
    return scipy.stats.entropy(np.bincount(bins.astype(int), minlength=10))


def stats(values, of_axis):
    ordered, n = np.sort(values), len(values)
    q25, median, q75 = (ordered[i] for i in (n // 4, n // 2, 3 * n // 4))
    rms, std = np.sqrt(np.mean(values.astype(float) ** 2)), np.std(values)
    ends = [
        values.mean(),
        *([values.max(), values.min()] if of_axis else [values.min(), values.max()]),
    ]
    quartiles = [median, q25, q75, q75 - q25] if of_axis else [median, q75 - q25]
    return [*ends, *quartiles, rms, std, entropy(values)]


def numpys_features(window):
    axes = [signal.medfilt(axis, 3).astype(np.int64) for axis in window]
    for axis, raw in zip(axes, window):
        axis[0], axis[-1] = raw[0], raw[-1]
    x, y, z = axes
    signals = [x, y, z, abs(x) + abs(y) + abs(z), x * x + y * y + z * z]
    signals += [np.diff(values, prepend=values[0]) for values in signals]
    return np.concatenate([stats(values, i % 5 < 3) for i, values in enumerate(signals)])


def test_the_92_features_are_numpys(run):
    axes, length, hop = motion(), 256, 64
    got = run("features", *axes, settings=(length, hop, False)).reshape(-1, 92)
    starts = range(0, axes.shape[1] - length + 1, hop)
    assert len(got) == len(starts) > 5
    for start, features in zip(starts, got):
        expected = numpys_features(axes[:, start : start + length])
        np.testing.assert_allclose(features, expected, rtol=2e-6, atol=1e-5)


# By name, the features whose place in upstream's order differs between an axis and a norm.
MEAN, ENERGY, STD = (0, 0), (7, 5), (8, 6)
STARTS = [0, 10, 20, 30, 38, 46, 56, 66, 76, 84]


def test_compat_features_are_made_as_those_the_published_forest_was_trained_on(run):
    """In both the standard deviation lacks a division and the entropy is 0: see timebased.h."""
    with np.load(HAR / "uci_har.testdata.npz") as data:
        published = data["X"].astype(float)
    got = run("features", *motion(), settings=(128, 64, True)).reshape(-1, 92)
    for features in (published, got):
        seen = 0
        for i, start in enumerate(STARTS):
            mean, rms, std = (features[:, start + at[i % 5 > 2]] for at in (MEAN, ENERGY, STD))
            assert not features[:, start + (9 if i % 5 < 3 else 7)].any()
            expected = np.sqrt(np.maximum(128 * rms**2 - mean**2, 0))
            # The published ones are truncated to integers, of which 16 bits are kept.
            error = (std - expected + 32768) % 65536 - 32768
            known = rms > 20
            assert (np.abs(error)[known] < 13).all(), (i, error[known])
            seen += known.sum()
        assert seen > 50


def test_vibration_is_numpys_and_scipys(run):
    length, rate = 1024, 6667
    edges = np.array([0, 10, 100, 500, 1000, 2000, 3333.5], "f4")
    rng = random()
    values = rng.standard_normal(5 * length).astype("f4")
    values += 9.81 + 3 * np.sin(2 * np.pi * 701.3 / rate * np.arange(len(values)))
    values[rng.integers(0, len(values), 20)] += 30
    values = values.astype("f4")
    got = run("vibrations", values, edges, settings=(length, rate)).reshape(5, -1)
    hann, lines = signal.windows.hann(length, sym=False), np.fft.rfftfreq(length, 1 / rate)
    for window, found in zip(values.reshape(5, -1).astype(float), got):
        moved = window - window.mean()
        rms, peak = np.sqrt(np.mean(moved**2)), np.abs(moved).max()
        kurtosis = scipy.stats.kurtosis(window, fisher=False)
        power = 2 * np.abs(np.fft.rfft(hann * moved)) ** 2 / (length**2 * np.mean(hann**2))
        power[[0, -1]] /= 2
        inside = [(lines >= a) & (lines < b) for a, b in zip(edges, edges[1:])]
        inside[-1][-1] = True  # the line at half the rate
        bands = [np.sqrt(power[band].sum()) for band in inside]
        machine = (lines >= 10) & (lines <= 1000)
        velocity = np.sqrt((power[machine] / (2 * np.pi * lines[machine]) ** 2).sum())
        expected = [window.mean(), rms, peak, peak / rms, kurtosis, velocity, *bands]
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)


def test_neighbours_are_scikit_learns(run):
    rng = random()
    items, queries = rng.integers(-30000, 30000, (300, 7)), rng.integers(-30000, 30000, (100, 7))
    labels = rng.integers(0, 5, 300)
    for k in (1, 4, 15):
        model = KNeighborsClassifier(k, algorithm="brute").fit(items, labels)
        arrays = [values.astype("i2") for values in (items.flatten(), labels, queries.flatten())]
        got = run("neighbors", *arrays, settings=(7, k))
        assert (got == model.predict(queries)).all()


def test_clusters_are_scikit_learns(run):
    rng = random()
    centres = rng.integers(30, 220, (5, 3))
    values = np.clip(centres[rng.integers(0, 5, 400)] + rng.normal(0, 8, (400, 3)), 0, 255)
    values = values.astype("u1")
    first = values[[1, 50, 100, 200, 300]]
    got = run("kmeans", values.flatten(), first.flatten(), settings=(3, 100))
    model = KMeans(5, init=first.astype(float), n_init=1, max_iter=100).fit(values.astype(float))
    # Our centroids are truncated to integers: a sample in the middle may go to the other one.
    assert (got[:400] == model.labels_).mean() > 0.98
    assert np.abs(got[400:].reshape(5, 3) - model.cluster_centers_).max() < 2


def test_regression_converges_to_scikit_learns(run):
    rng = random()
    x = rng.standard_normal((200, 6)).astype("f4")
    y = (x @ [3, -2, 0, 0.5, 0, 1] + 4 + rng.normal(0, 0.1, 200)).astype("f4")
    for alpha, l1_ratio in ((0.1, 0.5), (0.3, 1.0), (0.2, 0.0001)):
        model = ElasticNet(alpha=alpha, l1_ratio=l1_ratio, tol=1e-10, max_iter=100000).fit(
            x.astype(float), y
        )
        *weights, bias, mse = run(
            "linreg", x.flatten(), y, settings=(6, alpha, l1_ratio, 0.1, 1000)
        )
        np.testing.assert_allclose(weights, model.coef_, atol=1e-4)
        assert [weight == 0 for weight in weights] == [weight == 0 for weight in model.coef_]
        assert abs(bias - model.intercept_) < 1e-4
        assert abs(mse - np.mean((model.predict(x) - y) ** 2)) < 1e-4
