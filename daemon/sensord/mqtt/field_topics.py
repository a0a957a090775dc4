# SPDX-License-Identifier: MIT
"""One topic for each field of a reading, for consumers that want one value a topic."""

from ..output.json_text import utf8, value_text

_SEPARATE = "/+#"
_OWN = ("status", "set")  # topics of the sensor itself
_MOST_NAMES = 256  # of a sensor


def _level(name):
    """A field's name as one level of a topic: without what separates levels, wildcards and
    control characters, which brokers refuse."""
    name = str(utf8(name), "utf-8")
    return "".join(
        ["_" if c in _SEPARATE or c < " " or "\x7f" <= c <= "\x9f" else c for c in name]
    )


class FieldTopics:
    """The topics of the fields below those of their sensors."""

    def __init__(self, topics):
        """`topics` is a Topics."""
        self._topics = topics
        self._known = {}  # by sensor: {field: topic}

    def messages(self, sensor, fields):
        """[(topic, payload)] of a reading, a sequence of (name, value).

        A number is written as in JSON, a text as it is, a field without a value as null.
        """
        known = self._known.setdefault(sensor, {})
        found = []
        for name, value in fields:
            topic = known.get(name)
            if topic is None:
                topic = self._new(sensor, name, known)
            text = value if isinstance(value, str) else value_text(value)
            found.append((topic, utf8(text)))
        return found

    def _new(self, sensor, name, known):
        level = _level(name) or "_"
        if level in _OWN:
            level += "_"
        begin = self._topics.reading(sensor) + "/"
        # Two names may have become one: the later gets a number.
        topic, n = begin + level, 1
        while topic in known.values():
            n += 1
            topic = "%s%s_%d" % (begin, level, n)
        if len(known) < _MOST_NAMES:
            known[name] = topic
        return topic
