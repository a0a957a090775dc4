# SPDX-License-Identifier: MIT
"""Messages in flight keep their identifiers and their order, also where identifiers wrap."""

from sensord.mqtt.inflight import InFlight


def test_identifiers_are_not_used_twice():
    flight = InFlight()
    for _ in range(3):
        flight.add(flight.new_identifier({}), "m")
    assert flight.new_identifier({4: None, 5: None}) == 6
    for _ in range(65535 - 6):
        flight.new_identifier({})
    assert flight.new_identifier({}) == 4 and len(flight) == 3


def test_they_are_sent_again_in_order_and_within_the_window():
    flight = InFlight()
    for _ in range(65533):
        flight.new_identifier({})
    for name in "abcd":
        flight.add(flight.new_identifier({}), name)
    flight.begin_again()
    assert flight.unsent == [65534, 65535, 1, 2]
    assert flight.next_unsent(2) == (65534, "a") and flight.next_unsent(2) == (65535, "b")
    assert flight.next_unsent(2) is None
    # A message that was not sent yet cannot have been acknowledged.
    assert flight.acknowledge(1) is None
    assert flight.acknowledge(65534) == "a" and flight.acknowledge(65534) is None
    assert flight.next_unsent(2) == (1, "c") and flight.next_unsent(2) is None
    assert flight.acknowledge(65535) == "b" and flight.next_unsent(2) == (2, "d")
    assert flight.unsent == [] and len(flight) == 2
