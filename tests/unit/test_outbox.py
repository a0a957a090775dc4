# SPDX-License-Identifier: MIT
"""The queue between sensors and broker: in order, bounded, and nothing that fits is lost."""

from sensord.outbox import Outbox

ROOM = 1 << 20


def take_all(outbox):
    taken = []
    while True:
        entry = outbox.take()
        if entry is None:
            return taken
        taken.append(entry)


def filled(count, room=ROOM):
    outbox = Outbox(room)
    for i in range(count):
        outbox.append("t", b"%d" % i)
    return outbox


def payloads(entries):
    return [int(payload) for _, _, payload in entries]


def test_in_order_and_each_once():
    outbox = filled(5)
    assert payloads(take_all(outbox)) == [0, 1, 2, 3, 4]
    assert take_all(outbox) == []
    outbox.append("t", b"5")
    assert payloads(take_all(outbox)) == [5]
    assert len(outbox) == 6


def test_only_an_acknowledged_reading_is_forgotten():
    outbox = filled(4)
    entries = take_all(outbox)
    outbox.acknowledge(entries[1][0])
    outbox.acknowledge(entries[3][0])
    outbox.acknowledge(entries[3][0])
    assert len(outbox) == 2
    outbox.rewind()
    assert payloads(take_all(outbox)) == [0, 2]


def test_a_new_connection_resends_readings_in_flight():
    outbox = filled(3)
    outbox.take()
    outbox.rewind()
    assert payloads(take_all(outbox)) == [0, 1, 2]


def test_when_full_the_oldest_go_and_are_counted():
    outbox = filled(1000, 10000)
    kept = payloads(take_all(outbox))
    assert kept == list(range(1000 - len(kept), 1000))
    assert outbox.dropped == 1000 - len(kept) and 100 < len(kept) < 250
    # A message larger than the limit is still tried.
    outbox.append("t", bytes(20000))
    assert len(outbox) == 1


def test_the_bound_holds_while_messages_are_acknowledged_out_of_order():
    outbox = Outbox(10000)
    for i in range(5000):
        outbox.append("t", b"%d" % i)
        entry = outbox.take()
        if i % 2:
            outbox.acknowledge(entry[0])
    assert len(outbox) < 250
    numbers = payloads_after_rewind(outbox)
    assert numbers == sorted(numbers) and all(n % 2 == 0 for n in numbers)


def payloads_after_rewind(outbox):
    outbox.rewind()
    return payloads(take_all(outbox))


def test_waiting_is_set_while_something_is_unsent():
    outbox = Outbox(ROOM)
    assert outbox.take() is None and not outbox.waiting.is_set()
    outbox.append("t", b"0")
    assert outbox.waiting.is_set()
    take_all(outbox)
    assert not outbox.waiting.is_set()
    outbox.rewind()
    assert outbox.waiting.is_set()
