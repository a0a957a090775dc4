# SPDX-License-Identifier: MIT
"""Finds the reading that a server refuses among others that it takes. Pure Python.

A refused request is halved until one reading is left. That one is set aside only if the server
takes another reading and then refuses this one again: a server that refuses everything has another
trouble, for which all readings wait.
"""

# How a server answered.
ACCEPTED, REFUSED, TOO_LARGE, FAILED, UNAVAILABLE = range(5)
# What to do then: the readings of the request are delivered; the first one, which was alone in it,
# is to be set aside; the next request comes at once, or after a delay.
DELIVERED, SET_ASIDE, AT_ONCE, LATER = range(4)

_FAILURES = 3  # so often a server may fail on the same readings before these are suspected
_PROOFS = 3  # so often it must take another reading between two failures on one
_DEEPEST = 4096
_FRESH_NS = 60000000000  # so long an accepted reading shows that the server works
_PROBES = 4  # so many readings are tried before the next delay


class Triage:
    """Decides which readings go into the next request.

    Attributes: limit, the most readings in it; probe, 0, or how many places behind the oldest one
    the only reading of the next request is.
    """

    def __init__(self, most):
        """`most` is the most readings in a request."""
        self._most = most
        self._largest = most  # as far as the server has said
        self.limit = most
        self.probe = 0
        # Those before this place were refused one by one: none of a sensor overtakes another.
        self._depth = 1
        self._front = None
        self._failures = 0
        self._proofs = 0
        self._alone = 0  # failures on the oldest reading alone
        self._proven = 0  # so many of the oldest readings were refused before the last proof
        self._refused = set()  # sensors of which a reading was set aside, and none taken since
        self._accepted_ns = None
        self._careful = False

    @property
    def searching(self):
        """Whether requests are smaller than they may be."""
        return self.probe > 0 or self.limit < self._largest

    def judge(self, front, sensors, verdict, now_ns):
        """What to do after a request: `front` is the number of the oldest reading that waits,
        `sensors` has the name of each reading in it, `verdict` is how the server answered."""
        count = len(sensors)
        if front != self._front:
            self._front = front
            self._failures = self._proofs = self._alone = 0
        if verdict == ACCEPTED:
            self._accepted_ns = now_ns
            self._refused.difference_update(sensors)
        if self.probe:
            return self._judge_probe(verdict)
        if verdict == ACCEPTED:
            self._depth, self._proven = 1, 0
            if count >= self._largest:
                self._careful = False
            if count >= self.limit:
                self.limit = min(2 * self.limit, self._largest)
            return DELIVERED
        if verdict == UNAVAILABLE:
            return LATER
        if verdict == FAILED:
            self._failures += 1
            if not self._careful and self._failures < _FAILURES:
                return LATER
            self._careful = True
        if count > 1:
            self.limit = count // 2
            if verdict == TOO_LARGE:
                self._largest = count - 1
            return AT_ONCE
        self.limit = 1
        if verdict == FAILED:
            self._alone += 1
            if self._alone % 2:
                # Of several servers behind one address each second may be broken.
                return AT_ONCE
        if self._is_poison(sensors[0], verdict, now_ns):
            self._depth = max(self._depth - 1, 1)
            self._proven = max(self._proven - 1, 0)
            self._refused.add(sensors[0])
            # Requests may have been too large for this one reading.
            self._largest = self._most
            return SET_ASIDE
        self.probe = self._depth
        return AT_ONCE

    def _is_poison(self, sensor, verdict, now_ns):
        """Whether a reading that was refused alone is to be set aside."""
        if verdict == FAILED:
            return self._proofs >= _PROOFS
        if self._proven:
            return True
        accepted_ns = self._accepted_ns
        is_fresh = accepted_ns is not None and now_ns - accepted_ns < _FRESH_NS
        return is_fresh and sensor in self._refused

    def _judge_probe(self, verdict):
        depth, self.probe = self.probe, 0
        if verdict == ACCEPTED:
            self._proofs += 1
            self._proven = depth
            return DELIVERED
        if verdict == UNAVAILABLE:
            return LATER
        self._depth = depth + 1 if depth < _DEEPEST else 1
        if verdict == FAILED or depth % _PROBES == 0:
            return LATER
        self.probe = self._depth
        return AT_ONCE

    def no_probe(self):
        """There is no reading so far behind."""
        self.probe, self._depth = 0, 1
