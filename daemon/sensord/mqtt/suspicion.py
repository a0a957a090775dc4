# SPDX-License-Identifier: MIT
"""Decides what becomes of messages that the broker refuses, or at which it ends connections.

MQTT 3.1.1 has no word for a refusal: the broker closes the connection (3.3.5). When two
connections have ended with the same message as the oldest without an answer, or three with any,
the next ones go carefully: one message at a time is sent, and the broker has to answer a ping
before and after it. The message at which these end too is set aside.

One message is set aside at once, but not all those of a topic: a line that breaks, or a broker
that takes nothing at all, must not cost readings. They are held until the broker has taken a
reading of another topic, and are set aside then. Pure Python.
"""

_STRIKES = 2  # careful connections that end at one message
_CALM = 32  # acknowledgements after which connections need no more care
_OFTEN = 3  # connections that end before that, whatever the message, call for care as well
_UNPROVEN = 2  # topics of which a message may be set aside before a reading is acknowledged
_HELD_TRIAL_MS = 5000  # until a held topic is tried again
_TRIAL_MS = 600000  # until a refused topic is tried again; doubles
_LONGEST_TRIAL_MS = 3600000


class _Topic:
    """A topic, or a group of them, that the broker may not take."""

    def __init__(self, reason, size):
        self.reason = reason
        self.size = size  # of the smallest message that was refused
        self.count = 0  # messages refused, one after the other
        self.is_proven = False  # whether a reading of another topic was acknowledged meanwhile
        self.trial_ms = 0  # when the next one may be sent
        self.wait_ms = _TRIAL_MS // 2

    def refuse(self, now_ms):
        """Another message was refused, and the topic is known to be the cause."""
        self.count += 1
        self.wait_ms = min(2 * self.wait_ms, _LONGEST_TRIAL_MS)
        self.trial_ms = now_ms + self.wait_ms

    def hold(self, now_ms):
        self.count = max(self.count, 2)
        self.trial_ms = now_ms + _HELD_TRIAL_MS


class Suspicion:
    """Attribute: careful, whether the next connection is to be. Times are milliseconds of a clock
    that never goes back."""

    SEND, HOLD, REFUSE = 0, 1, 2  # what judge() returns; SEND alone is false

    def __init__(self, own_topics):
        """`own_topics` is the beginning of the topics of this host. Outside of it all topics with
        the same first level are one: an access list mostly denies them together."""
        self._own_topics = own_topics
        self._key = None  # of the message at which the last connection ended
        self._strikes = 0
        self._ends = 0
        self._calm = 0
        self._topics = {}
        self._too_large = 0  # the size that ended connections while less was taken
        self._reason = ""
        self.careful = False

    def __bool__(self):
        """Whether any message needs a look."""
        return self.careful or bool(self._topics) or self._too_large > 0

    def _group(self, topic):
        return topic if topic.startswith(self._own_topics) else topic.split("/", 1)[0] + "/"

    def ended(self, key, topic, size, is_reading, reason, now_ms):
        """A connection ended, and the oldest message without an answer was that of `key`. Returns
        whether to set it aside."""
        group = self._group(topic)
        known = self._topics.get(group)
        is_again, was_careful = key == self._key, self.careful
        self._ends += 1
        self.careful = was_careful or is_again or known is not None or self._ends >= _OFTEN
        self._key, self._reason, self._calm = key, reason, 0
        self._strikes = (self._strikes if is_again else 0) + was_careful
        if self._strikes < (1 if known is not None else _STRIKES):
            return False
        if known is None:
            known = self._topics[group] = _Topic(reason, size)
        known.size = min(known.size, size)
        if is_reading and not known.is_proven:
            unproven = [t for t in self._topics.values() if not t.is_proven]
            if known.count or len(unproven) > _UNPROVEN:
                known.hold(now_ms)
                return False
        known.refuse(now_ms)
        self._key = None
        return True

    def ended_after(self, topic, reason, now_ms):
        """Connections end right after the broker has answered a message: mosquitto ends them so
        with `max_queued_messages 0`. Nothing is sent on that topic for a while."""
        known = self._topics.setdefault(self._group(topic), _Topic(reason, 0))
        known.is_proven = True
        known.count += 1
        known.refuse(now_ms)

    def hold(self, topic, size, reason, now_ms):
        """The broker refused a reading, as the many before it."""
        known = self._topics.setdefault(self._group(topic), _Topic(reason, size))
        known.size = min(known.size, size)
        known.hold(now_ms)

    def is_proven(self, topic):
        """Whether the broker has taken a reading of another topic since it refused one of this."""
        known = self._topics.get(self._group(topic))
        return known is not None and known.is_proven

    @property
    def is_searching(self):
        """Whether another connection soon helps to find the message."""
        return self._strikes <= _STRIKES

    def acknowledged(self, topic, size):
        """The broker has taken a reading."""
        known = self._topics.pop(self._group(topic), None)
        if known is not None and size < known.size:
            self._too_large = min(self._too_large or known.size, known.size)
        if size >= self._too_large:
            self._too_large = 0
        for other in self._topics.values():
            other.is_proven = True
        self._calm += 1
        if self._calm >= _CALM:
            self.careful = False
            self._ends = 0

    def state_acknowledged(self, topic):
        """The broker has taken a message that is no reading."""
        self._topics.pop(self._group(topic), None)

    def judge(self, topic, size, is_reading, now_ms):
        """SEND, HOLD (keep it, and send those of other topics), or REFUSE (set it aside)."""
        if is_reading and self._too_large and size >= self._too_large:
            return self.REFUSE
        known = self._topics.get(self._group(topic))
        if known is None or known.count < 2 or (is_reading and size < known.size):
            return self.SEND
        if now_ms >= known.trial_ms:
            known.trial_ms = now_ms + (known.wait_ms if known.is_proven else _HELD_TRIAL_MS)
            return self.SEND
        return self.REFUSE if known.is_proven or not is_reading else self.HOLD

    def reason(self, topic):
        """Why messages on a topic are set aside, in words."""
        known = self._topics.get(self._group(topic))
        return known.reason if known is not None else self._reason
