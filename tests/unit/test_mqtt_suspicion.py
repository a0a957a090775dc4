# SPDX-License-Identifier: MIT
"""One message that a broker does not take is found, and no other is taken for it."""

from sensord.mqtt.suspicion import Suspicion

SEND, HOLD, REFUSE = Suspicion.SEND, Suspicion.HOLD, Suspicion.REFUSE
HOUR = 3600000


def suspicion():
    return Suspicion("sensord/pi/")


def end(found, number, topic="sensord/pi/a", size=100, now=0):
    """A connection ended at a reading; whether it is set aside."""
    return found.ended(number, topic, size, True, "closed", now)


def ends(found, number, count, **more):
    return [end(found, number, **more) for _ in range(count)]


def test_the_fourth_connection_that_ends_at_one_reading_decides():
    found = suspicion()
    assert ends(found, 1, 4) == [False, False, False, True]


def test_an_ordinary_broken_line_changes_nothing():
    """Each time another reading is the oldest without an answer."""
    found = suspicion()
    assert not any(end(found, number) for number in range(100))
    assert found.careful and found.judge("sensord/pi/a", 100, True, 1) == SEND


def test_care_ends_once_readings_get_through():
    found = suspicion()
    ends(found, 1, 2)
    assert found.careful
    for _ in range(32):
        found.acknowledged("sensord/pi/b", 100)
    assert not found.careful and not found


def test_a_topic_is_refused_only_when_another_gets_through():
    found = suspicion()
    ends(found, 1, 4)
    # Another one of the topic: it may still be the line.
    assert ends(found, 2, 3) == [False] * 3
    assert found.judge("sensord/pi/a", 100, True, 1) == HOLD
    assert found.judge("sensord/pi/b", 100, True, 1) == SEND
    found.acknowledged("sensord/pi/b", 100)
    assert found.judge("sensord/pi/a", 100, True, 2) == REFUSE
    assert found.reason("sensord/pi/a") == "closed"
    # It is tried again from time to time, and free as soon as one is taken.
    assert found.judge("sensord/pi/a", 100, True, 2 * HOUR) == SEND
    assert found.judge("sensord/pi/a", 100, True, 2 * HOUR + 1) == REFUSE
    found.acknowledged("sensord/pi/a", 100)
    assert found.judge("sensord/pi/a", 100, True, 2 * HOUR + 2) == SEND


def test_a_broker_that_takes_nothing_costs_two_readings_of_all_topics():
    found = suspicion()
    aside = 0
    for topic in range(20):
        for _ in range(10):
            aside += end(found, topic, "sensord/pi/%d" % topic)
    assert aside == 2


def test_a_held_topic_is_tried_again_soon():
    """The line may be whole again."""
    found = suspicion()
    found.hold("sensord/pi/a", 100, "not authorized", 0)
    assert found.judge("sensord/pi/a", 100, True, 4999) == HOLD
    assert found.judge("sensord/pi/a", 100, True, 5000) == SEND
    assert found.judge("sensord/pi/a", 100, True, 5001) == HOLD


def test_the_size_is_learnt():
    found = suspicion()
    ends(found, 1, 4, size=3000)
    found.acknowledged("sensord/pi/a", 90)
    assert found.judge("sensord/pi/a", 2999, True, 1) == SEND
    assert found.judge("sensord/pi/a", 3000, True, 1) == REFUSE
    assert found.judge("sensord/pi/b", 4000, True, 1) == REFUSE
    # States are never kept back for it.
    assert found.judge("sensord/pi/a/status", 4000, False, 1) == SEND
    found.acknowledged("sensord/pi/b", 5000)
    assert found.judge("sensord/pi/a", 3000, True, 1) == SEND


def test_topics_of_others_are_denied_together():
    """An access list without Home Assistant's topics must not cost a connection an entity."""
    found = suspicion()
    for name in ("homeassistant/x/config", "homeassistant/y/config"):
        for _ in range(4):
            found.ended(name, name, 10, False, "closed", 0)
    assert found.judge("homeassistant/z/config", 10, False, 1) == REFUSE
    assert found.judge("sensord/pi/status", 10, False, 1) == SEND
    found.state_acknowledged("homeassistant/z/config")
    assert found.judge("homeassistant/z/config", 10, False, 1) == SEND


def test_trials_become_rare():
    """Each costs a connection."""
    found = suspicion()
    now, sent = 0, 0
    found.ended_after("sensord/pi/a/status", "closed", now)
    for now in range(0, 24 * HOUR, 10000):
        if found.judge("sensord/pi/a/status", 2, False, now) == SEND:
            sent += 1
            found.ended_after("sensord/pi/a/status", "closed", now)
    assert 20 <= sent <= 30, sent
