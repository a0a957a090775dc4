# SPDX-License-Identifier: MIT
"""Finds out why a broker ends connections: a message, or another client of the same name."""

from .sending import now_ms

# A connection that ends sooner, with nothing unanswered, may have been taken over; after so many
# in a row another client of the same name is the likely cause.
_SHORT_MS = 60000
_TAKEOVERS = 5
_TAKEOVER_DELAY_MS = 5000  # doubles
_LONGEST_TAKEOVER_DELAY_MS = 300000
_ENDS_AFTER = 3  # connections that end right after a state of one topic was acknowledged


class Endings:
    """The ends of the connections of one Sender."""

    def __init__(self, sender, name):
        """`name` is the client identifier."""
        self._sender = sender
        self._name = name
        self._takeovers = 0
        self._last_state = None  # the topic of a state right after whose acknowledgement it ended
        self._same_state = 0

    def not_connected(self):
        """The broker is away: that no other client has done."""
        self._takeovers = 0

    def ended(self, client, lasted_ms):
        """A connection ended. Returns whether another one soon helps to find the cause."""
        found, before = client.unanswered, client.ended_after
        if found is not None and before is not None and not before[1]:
            # Without a refusal it is rather the one that has no answer.
            before = None
        if client.is_taken_over:
            self._takeovers = max(self._takeovers + 1, _TAKEOVERS)
        elif lasted_ms >= _SHORT_MS:
            self._takeovers = 0
        elif found is None and before is None:
            self._takeovers += 1
        if client.is_unrelated_end:
            return False
        if before is not None:
            return self._ended_after(client, *before)
        return found is not None and self._ended_at(client, *found)

    def _ended_at(self, client, topic, message):
        """It ended with that message, or subscription (None), as the oldest without an answer."""
        payload, number = (message[1], message[5]) if message is not None else (b"", None)
        is_reading = isinstance(number, int)
        key = number if is_reading else topic
        suspicion = self._sender.suspect()
        if suspicion.ended(key, topic, len(payload), is_reading, client.error, now_ms()):
            self._sender.give_up(topic, payload, client.error, number)
        return suspicion.is_searching

    def _ended_after(self, client, message, was_refused):
        """It ended right after the answer to that message."""
        topic, number = message[0], message[5]
        is_state = not isinstance(number, int)
        self._same_state = self._same_state + 1 if is_state and topic == self._last_state else 1
        self._last_state = topic if is_state else None
        if was_refused or (is_state and self._same_state >= _ENDS_AFTER):
            self._sender.suspect().ended_after(topic, client.error, now_ms())
            return True
        return False

    def explained(self, client):
        """The end in words."""
        if client.is_taken_over:
            return "%s %s: give each board its own" % (client.error, self._name)
        if self._takeovers >= _TAKEOVERS:
            form = "%s soon after each login: does another client have the client_id %s too?"
            return form % (client.error, self._name)
        return client.error

    @property
    def delay_ms(self):
        """How long to leave the name to the other client."""
        excess = self._takeovers - _TAKEOVERS
        if excess < 0:
            return 0
        return min(_TAKEOVER_DELAY_MS << min(excess, 10), _LONGEST_TAKEOVER_DELAY_MS)
