# SPDX-License-Identifier: MIT
"""Calibration, filters, statistics and changes give the right number at their edges: a user who
calibrates his sensor must not get a worse one."""

import math

from sensord.values import schema
from sensord.values.steps.calibration import calibration
from sensord.values.steps.changes import Changes
from sensord.values.steps.filters import ExponentialMean, Median
from sensord.values.steps.names import rounded
from sensord.values.steps.statistics import Statistics, suffixes

INTERPRETERS = ("sensord", "stock")


def table(**keys):
    found = dict.fromkeys(schema.KEYS)
    found.update(keys)
    return found


def no_quantity(_name):
    return None


def close(a, b):
    return abs(a - b) < 1e-9


def test_scale_and_offset():
    assert calibration(table()) is None
    assert calibration(table(offset=-0.8))(21.3) == 20.5
    assert calibration(table(scale=2))(21) == 42
    assert calibration(table(scale=1.8, offset=32))(100) == 212.0


def test_points_are_joined_by_lines_and_go_on_beyond():
    through = calibration(table(points=[[99.1, 100.0], [0.4, 0.0], [50.0, 51.0]]))
    assert through(0.4) == 0.0 and through(50.0) == 51.0 and through(99.1) == 100.0
    assert close(through(25.2), 25.5)
    assert close(through(74.55), 75.5)
    assert close(through(-9.52), -10.2), "the first line goes on"
    assert close(through(148.2), 149.0), "the last line goes on"
    # Falling, as a thermistor's.
    assert calibration(table(points=[[10, 5], [20, 0]]))(15) == 2.5


def test_scale_and_offset_come_after_points():
    through = calibration(table(points=[[0, 1], [10, 11]], scale=2, offset=-1))
    assert through(5) == 11


def test_a_median_takes_out_a_single_wrong_value():
    median = Median(3)
    assert [median.feed(value, 0) for value in (20, 21, 999, 21, 20)] == [20, 20.5, 21, 21, 21]
    even = Median(4)
    assert [even.feed(value, 0) for value in (1, 2, 3, 10, 4)] == [1, 1.5, 2, 2.5, 3.5]
    assert Median(1).feed(7, 0) == 7


def test_an_exponential_mean_follows_a_step_by_its_time_constant():
    """After one time constant to 1 - 1/e, whether in one step or in many, at even times or not."""
    for times in ((1000,), (100,) * 10, (1, 499, 500), (250, 250, 400, 100)):
        mean = ExponentialMean(1000)
        assert mean.feed(0, None) == 0
        for passed_ms in times:
            found = mean.feed(1, passed_ms)
        assert close(found, 1 - math.exp(-1)), times


def test_an_exponential_mean_counts_the_time_without_a_value():
    mean = ExponentialMean(1000)
    mean.feed(0, None)
    mean.skip(600)
    assert close(mean.feed(1, 400), 1 - math.exp(-1))
    mean.skip(None)
    assert mean.feed(5, 1) == 5, "after a time that is not known it begins anew"


def test_digits():
    assert rounded(21.449, 1) == 21.4 and rounded(21.4500001, 1) == 21.5
    assert rounded(21.7, 0) == 22.0 and rounded(2.0 / 3, 15) == 0.666666666666667
    assert str(rounded(-0.04, 1)) == "0.0"


def test_statistics_are_of_the_samples_since_the_last_reading():
    found = Statistics(["mean", "min", "max"], no_quantity)
    for value in (20.0, 23.0, 21.5):
        found.add([("t_c", value), ("label", "a"), ("open", True)])
    assert found.count == 3
    expected = [
        ("t_c", "", 21.5), ("t_c", "_min", 20.0), ("t_c", "_max", 23.0), ("label", "", "a"),
        ("open", "", True),
    ]  # fmt: skip
    assert list(found.take()) == expected
    assert found.count == 0
    found.add([("t_c", 5.0)])
    assert list(found.take()) == [("t_c", "", 5.0), ("t_c", "_min", 5.0), ("t_c", "_max", 5.0)]


def test_nulls_do_not_count_and_no_value_is_null():
    found = Statistics(["last", "mean", "min"], no_quantity, numeric=("t_c",))
    for value in (None, 1.0, None, 3.0, None):
        found.add([("t_c", value)])
    assert list(found.take()) == [("t_c", "_last", 3.0), ("t_c", "", 2.0), ("t_c", "_min", 1.0)]
    found.add([("t_c", None)])
    assert list(found.take()) == [("t_c", "_last", None), ("t_c", "", None), ("t_c", "_min", None)]


def test_suffixes():
    assert suffixes(["last"]) == [("last", "")]
    assert suffixes(["max", "min"]) == [("min", "_min"), ("max", "_max")]
    assert suffixes(["mean", "last"]) == [("last", "_last"), ("mean", "")]


def test_pulses_are_summed_whatever_is_wanted():
    for wanted in (["last"], ["mean"], ["min"]):
        found = Statistics(wanted, no_quantity, sums=("count",))
        for value in (3, 0, 4):
            found.add([("count", value), ("total", 10 + value)])
        fields = {name + suffix: value for name, suffix, value in found.take()}
        assert fields["count"] == 7, wanted


def test_the_mean_of_levels_is_that_of_their_energies():
    found = Statistics(["mean"], lambda name: "sound_level")
    for value in (60, 70):
        found.add([("laeq_db", value)])
    ((_, _, mean),) = list(found.take())
    assert close(mean, 10 * math.log10((1e6 + 1e7) / 2))


def test_the_mean_of_directions_goes_round_north():
    found = Statistics(["mean"], lambda name: "direction")
    for value in (350, 20):
        found.add([("wind_direction_deg", value)])
    ((_, _, mean),) = list(found.take())
    assert close(mean, 5)


def test_a_change_is_a_step_from_what_was_told_last():
    changes = Changes({"t_c": 0.2}, None)
    assert changes.has([("t_c", 20.1)])
    changes.told([("t_c", 20.1)])
    assert not changes.has([("t_c", 20.2)]) and not changes.has([("t_c", 19.95)])
    assert changes.has([("t_c", 20.3)]), "20.3 - 20.1 is 0.19999999999999929"
    assert changes.has([("t_c", None)])
    changes.told([("t_c", None)])
    assert not changes.has([("t_c", None)]) and changes.has([("t_c", 20.1)])


def test_without_a_step_each_other_value_is_a_change():
    changes = Changes({}, None)
    changes.told([("a", 1), ("b", "x"), ("c", True)])
    assert not changes.has([("a", 1), ("b", "x"), ("c", True)])
    assert changes.has([("a", 1.0001), ("b", "x"), ("c", True)])
    assert changes.has([("a", 1), ("b", "y"), ("c", True)])
    assert changes.has([("a", True), ("b", "x"), ("c", True)]), "true is another value than 1"
    assert changes.has([("a", 1), ("b", "x")]) and changes.has([("a", 1), ("b", "x"), ("d", True)])
