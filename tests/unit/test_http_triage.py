# SPDX-License-Identifier: MIT
"""A reading that a server refuses is set aside, and no other one."""

from sensord.http import triage
from sensord.http.triage import Triage


class Played:
    """Plays requests against a server that is a function of (reading, request's number)."""

    def __init__(self, readings, server, most=8):
        self.waiting = list(enumerate(readings))
        self.server = server
        self.taken, self.aside, self.requests, self.delays = [], [], 0, 0
        self.now_ns = 0
        self.search = Triage(most)

    def turn(self):
        search, waiting = self.search, self.waiting
        if search.probe:
            chosen = waiting[search.probe : search.probe + 1]
            if not chosen:
                search.no_probe()
                self.delays += 1
                self.now_ns += 5 * 10**9
                return
        else:
            chosen = waiting[: search.limit]
        self.requests += 1
        verdict = self.server([text for _, text in chosen], self.requests)
        what = search.judge(waiting[0][0], [text[0] for _, text in chosen], verdict, self.now_ns)
        if what == triage.DELIVERED:
            self.taken += [text for _, text in chosen]
            self.waiting = [item for item in waiting if item not in chosen]
        elif what == triage.SET_ASIDE:
            assert len(chosen) == 1
            self.aside.append(chosen[0][1])
            self.waiting.remove(chosen[0])
        elif what == triage.LATER:
            self.delays += 1
            self.now_ns += 5 * 10**9

    def play(self, turns=500):
        while self.waiting and turns:
            self.turn()
            turns -= 1
        return self


def refusing(*poison, verdict=triage.REFUSED):
    def server(texts, _):
        return verdict if any(text in poison for text in texts) else triage.ACCEPTED

    return server


def test_one_poison_among_many():
    for verdict in (triage.REFUSED, triage.TOO_LARGE, triage.FAILED):
        readings = ["r%d" % i for i in range(40)]
        played = Played(readings, refusing("r13", verdict=verdict)).play()
        assert played.aside == ["r13"], (verdict, played.aside)
        assert sorted(played.taken) == sorted(set(readings) - {"r13"}), verdict
        assert not played.waiting


def test_the_order_stays_when_poison_is_refused():
    readings = ["r%d" % i for i in range(40)]
    played = Played(readings, refusing("r13", "r14", "r15", "r30")).play()
    assert played.aside == ["r13", "r14", "r15", "r30"]
    assert played.taken == [r for r in readings if r not in played.aside]


def test_poison_at_the_front_and_alone():
    played = Played(["x"], refusing("x")).play(50)
    assert not played.aside and len(played.waiting) == 1, "nothing shows that the server works"
    played.waiting.append((1, "good"))
    played.play(10)
    assert played.aside == ["x"] and played.taken == ["good"]


def test_more_poison_than_fits_into_a_request():
    poison = ["x%d" % i for i in range(30)]
    played = Played(poison + ["good"] * 3, refusing(*poison)).play(2000)
    assert sorted(played.taken) == ["good"] * 3 and played.aside == poison


def test_a_server_that_refuses_everything_loses_nothing():
    for verdict in (triage.REFUSED, triage.FAILED, triage.UNAVAILABLE):
        readings = ["r%d" % i for i in range(20)]

        def server(texts, number, verdict=verdict):
            return verdict if number < 60 else triage.ACCEPTED

        played = Played(readings, server).play()
        assert not played.aside, verdict
        assert sorted(played.taken) == sorted(readings)
        # It is not asked again and again without a pause.
        assert played.delays > 10, played.delays


def test_a_server_that_begins_to_refuse_everything():
    readings = ["r%d" % i for i in range(200)]
    played = Played(readings, lambda texts, n: triage.REFUSED if n > 5 else triage.ACCEPTED)
    played.play(200)
    assert not played.aside and len(played.taken) == 40


def test_a_sensor_that_is_refused_for_ever_does_not_hold_up_the_others():
    """Readings of x come ten times as often as those of y, and are all refused."""
    readings = [("x%d" if i % 10 else "y%d") % i for i in range(600)]
    poison = {text for text in readings if text[0] == "x"}
    played = Played(readings, refusing(*poison), most=100).play(3000)
    assert set(played.taken) == set(readings) - poison and played.aside == [
        text for text in readings if text in poison
    ]
    assert played.delays < 10, played.delays


def test_a_sensor_that_was_refused_once_is_not_for_ever():
    played = Played(["a1", "x1", "b1", "x2", "a2"], refusing("x1")).play()
    assert played.aside == ["x1"] and played.taken == ["a1", "b1", "x2", "a2"]
    # Now the server refuses everything.
    played.server = lambda texts, n: triage.REFUSED
    played.waiting = [(10, "x3"), (11, "a3")]
    played.play(50)
    assert len(played.waiting) == 2


def test_a_flaky_server_loses_nothing():
    readings = ["r%d" % i for i in range(60)]
    played = Played(
        readings, lambda texts, n: triage.FAILED if n * 7919 % 11 < 6 else triage.ACCEPTED
    ).play(3000)
    assert not played.aside and len(played.taken) == 60


def test_one_broken_server_of_two_loses_nothing():
    """A load balancer gives each second request to a server that only answers with 500."""
    for broken in range(2):
        readings = ["r%d" % i for i in range(60)]
        played = Played(
            readings, lambda texts, n, b=broken: triage.FAILED if n % 2 == b else triage.ACCEPTED
        ).play(3000)
        assert not played.aside and len(played.taken) == 60


def test_a_request_that_is_too_large_makes_the_later_ones_smaller():
    sizes = []

    def server(texts, _):
        sizes.append(len(texts))
        return triage.TOO_LARGE if len(texts) > 3 else triage.ACCEPTED

    played = Played(["r"] * 40, server, most=16).play()
    assert not played.aside and len(played.taken) == 40
    assert len([size for size in sizes if size > 3]) <= 3, sizes
