# SPDX-License-Identifier: MIT
"""A counter never falls: Prometheus takes a fall for a restart of the daemon."""

from sensord.output.metrics import Metrics

INTERPRETERS = ("sensord", "stock")


class StubOutbox:
    bytes = dropped = damaged = refused = written_bytes = 0
    on_disk = False

    def __len__(self):
        return 0


class StubLink:
    connects = 2
    refused = oversized = 0


class StubSupervisor:
    restarts = 5


def _metrics():
    return Metrics(StubOutbox(), StubLink(), StubSupervisor())


def test_overruns_add_up():
    """A reading has those since the one before; of one sensor or of several."""
    metrics = _metrics()
    for fields in (
        [("laeq_db", 60.0), ("overruns", 2)],
        [("laeq_db", 60.0), ("overruns", 0)],
        [("overruns", None)],
        [("label", "squat"), ("gaps", 3)],
        [("overruns", 1)],
    ):
        metrics.count(fields)
    assert dict(metrics.fields())["overruns"] == 6


def test_a_field_of_that_name_that_is_no_count_changes_nothing():
    """A command may print anything."""
    metrics = _metrics()
    metrics.count([("gaps", "none"), ("overruns", -7), ("gaps", 1.5)])
    assert dict(metrics.fields())["overruns"] == 0


def test_connections_and_restarts_are_the_counters_of_their_parts():
    fields = dict(_metrics().fields())
    assert (fields["connects"], fields["restarts"]) == (2, 5)
