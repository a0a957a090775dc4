# SPDX-License-Identifier: MIT
"""A warning comes when a machine changes, not at its normal variation, and outlives a restart."""

import json
import os

from sensord.stages.baseline import Baseline

INTERPRETERS = ("sensord", "stock")
FOLDER = "/tmp/sensord-test-baseline-%d" % id(object())
FILE = FOLDER + "/pump.json"


def _clear():
    for name in ("pump.json", "pump.json.new"):
        try:
            os.remove(FOLDER + "/" + name)
        except OSError:
            pass
    try:
        os.mkdir(FOLDER)
    except OSError:
        pass


def _baseline(learn_s=20, confirm=3, quantities="two bands"):
    return Baseline(FILE, quantities, learn_s, 6, 12, confirm)


def _learned(values=(1.0, 2.0), **options):
    _clear()
    baseline = _baseline(**options)
    for _ in range(20):
        assert baseline.update(values, 1) == ("learning", None)
    return baseline


def test_a_steady_machine_stays_green_and_doubling_is_a_distance_of_6():
    baseline = _learned()
    assert baseline.update((1.0, 2.0), 1) == ("green", 0.0)
    status, distance = baseline.update((2.0, 2.0), 1)
    assert status == "green" and 6.0 < distance < 6.1


def test_a_status_needs_agreeing_readings():
    baseline = _learned()
    assert [baseline.update((2.1, 2.0), 1)[0] for _ in range(4)] == [
        "green", "green", "yellow", "yellow",
    ]  # fmt: skip
    assert [baseline.update((1.0, 9.0), 1)[0] for _ in range(3)] == ["yellow", "yellow", "red"]
    # One good reading between bad ones is not a recovery.
    assert baseline.update((1.0, 2.0), 1)[0] == "red"
    assert baseline.update((1.0, 9.0), 1)[0] == "red"
    assert [baseline.update((1.0, 2.0), 1)[0] for _ in range(3)] == ["red", "red", "green"]


def test_a_distance_at_a_threshold_does_not_flutter():
    baseline = _learned(confirm=1)
    seen = [baseline.update((factor, 2.0), 1)[0] for factor in (2.1, 1.9, 2.1, 1.8, 1.9, 1.6)]
    assert seen == ["yellow"] * 5 + ["green"]  # 1.6 is 4.1 dB, below 0.8 of 6


def test_falling_values_are_not_a_fault():
    baseline = _learned(confirm=1)
    assert baseline.update((0.001, 0.0), 1) == ("green", 0.0)


def test_a_machine_that_varies_is_given_room():
    _clear()
    baseline = _baseline(confirm=1)
    for i in range(20):
        baseline.update((1.0 if i % 2 else 2.0, 2.0), 1)
    status, distance = baseline.update((2.8, 2.0), 1)
    assert status == "green" and distance < 2.5


def test_it_is_kept_across_restarts():
    _learned()
    assert _baseline().update((1.0, 2.0), 1) == ("green", 0.0)
    # A half-learned baseline is kept too, if the daemon ended normally.
    _clear()
    baseline = _baseline()
    for _ in range(12):
        baseline.update((1.0, 2.0), 1)
    baseline.close()
    baseline = _baseline()
    for _ in range(8):
        assert baseline.update((1.0, 2.0), 1) == ("learning", None)
    assert baseline.update((1.0, 2.0), 1)[0] == "green"


def test_a_baseline_of_something_else_is_not_used():
    _learned()
    assert _baseline(quantities="three bands").update((1.0, 2.0), 1) == ("learning", None)


def test_a_damaged_file_is_learned_anew():
    _learned()
    with open(FILE, "rb") as file:
        whole = file.read()
    kept = json.loads(whole)
    kept["squares"] = kept["squares"][:1]
    damaged = [whole[:n] for n in range(0, len(whole), 7)]
    damaged += [b"[]", b"null", b'{"version": 2}', json.dumps(kept).encode(), b"\xff\x00"]
    for content in damaged:
        with open(FILE, "wb") as file:
            file.write(content)
        assert _baseline().update((1.0, 2.0), 1) == ("learning", None), content


def test_a_folder_that_cannot_be_written_is_survived():
    _clear()
    baseline = Baseline("/proc/baselines/pump.json", "x", 10, 6, 12, 1)
    for _ in range(10):
        baseline.update((1.0,), 1)
    assert baseline.update((1.0,), 1)[0] == "green"
