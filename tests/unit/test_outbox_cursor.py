# SPDX-License-Identifier: MIT
"""The outbox's cursor and the messages it makes of records."""

from sensord.outbox import record
from sensord.outbox.cursor import Cursor
from sensord.outbox.message import MessageFormatter


def cursor(end):
    made = Cursor()
    made.end = made.released = end
    return made


def in_flight(made):
    numbers = []
    while True:
        number = made.next()
        if number is None:
            return numbers
        numbers.append(number)


def test_acknowledgements_in_any_order_move_the_front():
    """A message that the front passes too early is lost."""
    made = cursor(5)
    assert in_flight(made) == [0, 1, 2, 3, 4]
    for number, moved, front in ((3, False, 0), (1, False, 0), (0, True, 2), (2, True, 4)):
        assert made.acknowledge(number) == moved and made.front == front
    assert len(made) == 1
    made.rewind()
    assert in_flight(made) == [4]


def test_acknowledgements_of_unknown_messages_change_nothing():
    """A broker that acknowledges too much must not make the board lose readings."""
    made = cursor(3)
    made.acknowledge(0)
    for number in (0, 3, 4, -1):
        assert not made.acknowledge(number)
    assert made.front == 1 and len(made) == 2 and in_flight(made) == [1, 2]
    made.acknowledge(1)
    made.acknowledge(2)
    assert not made.acknowledge(3) and len(made) == 0


def test_messages_are_sent_only_when_they_are_released():
    """With sync = "always" a reading is on the disk before it is sent."""
    made = cursor(5)
    made.released = 2
    assert in_flight(made) == [0, 1] and not made.has_unsent
    made.released = 4
    assert made.has_unsent and in_flight(made) == [2, 3]


def test_discarding_counts_only_the_messages_that_were_lost():
    """The metrics must not count a reading as dropped that has arrived."""
    made = cursor(6)
    made.acknowledge(0)
    made.acknowledge(2)
    assert made.discard(0, 4) == 2
    assert made.front == 4 and in_flight(made) == [4, 5]
    assert made.discard(5, 6) == 1 and len(made) == 1 and made.front == 4


def entry(kind, topic=b"t"):
    return kind, 0x1F, 2, 5000, 7000, topic, b"text"


def head(topic, ns, identifier, synchronized):
    return ("%s %d %s %d " % (topic, ns, identifier, bool(synchronized))).encode()


def test_a_reading_gets_its_time_and_id_when_it_leaves():
    """A time from before the clock was set can be right only then."""
    formatter = MessageFormatter({record.JSON: head})
    trusted = record.JSON | record.SYNCHRONIZED
    assert formatter.payload(entry(trusted), 1000000) == b"t 7000 0000001f-2 1 text"
    assert formatter.payload(entry(record.JSON), 1000000) == b"t 1005000 0000001f-2 1 text"
    assert formatter.payload(entry(record.JSON), None) == b"t 7000 0000001f-2 0 text"
    assert formatter.payload(entry(record.PLAIN, b"\xc3\xa4"), None) == b"text"
    assert formatter.topic == b"\xc3\xa4".decode()


def test_a_record_that_cannot_be_published_gives_no_message():
    """A record of a newer version must not reach the broker as half a reading."""
    formatter = MessageFormatter({record.JSON: head})
    assert formatter.payload(entry(0x11), None) is None
    assert formatter.payload(entry(record.SENML), None) is None
    assert formatter.payload(entry(record.JSON, b"\xff"), None) is None
