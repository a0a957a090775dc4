# SPDX-License-Identifier: MIT
"""The outbox in RAM: it keeps the order and its bound, and loses nothing that fits."""

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


def test_each_message_is_taken_once_and_in_order():
    """A dashboard must not see readings twice or out of order."""
    outbox = filled(5)
    assert payloads(take_all(outbox)) == [0, 1, 2, 3, 4]
    assert take_all(outbox) == []
    outbox.append("t", b"5")
    assert payloads(take_all(outbox)) == [5]
    assert len(outbox) == 6


def test_a_message_stays_until_it_is_acknowledged():
    """A reading that the broker has not stored would be lost with the connection."""
    outbox = filled(4)
    entries = take_all(outbox)
    outbox.acknowledge(entries[1][0])
    outbox.acknowledge(entries[3][0])
    outbox.acknowledge(entries[3][0])
    assert len(outbox) == 2
    outbox.rewind()
    assert payloads(take_all(outbox)) == [0, 2]


def test_a_new_connection_sends_again_what_was_in_flight():
    """The old connection may have lost it."""
    outbox = filled(3)
    outbox.take()
    outbox.rewind()
    assert payloads(take_all(outbox)) == [0, 1, 2]


def test_a_full_outbox_drops_and_counts_the_oldest():
    """A broker that is away for a week must not fill the memory."""
    outbox = filled(1000, 10000)
    kept = payloads(take_all(outbox))
    assert kept == list(range(1000 - len(kept), 1000))
    assert outbox.dropped == 1000 - len(kept) and 100 < len(kept) < 250
    # One that is larger than the whole bound is still tried.
    outbox.append("t", bytes(20000))
    assert len(outbox) == 1


def test_the_bound_holds_while_messages_are_acknowledged_out_of_order():
    """One message that is never acknowledged must not fill the memory."""
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
    """The publisher sleeps until this event: without it readings stay."""
    outbox = Outbox(ROOM)
    assert outbox.take() is None and not outbox.waiting.is_set()
    outbox.append("t", b"0")
    assert outbox.waiting.is_set()
    take_all(outbox)
    assert not outbox.waiting.is_set()
    outbox.rewind()
    assert outbox.waiting.is_set()
