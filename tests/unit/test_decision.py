# SPDX-License-Identifier: MIT
"""An output is on when it should be, and for as long as it should be."""

from sensord.actions.decision import Decision

INTERPRETERS = ("sensord", "stock")


def run(decision, *events):
    """The state after each of (ms, condition); the condition "step" only lets time pass."""
    seen = []
    for now, condition in events:
        if condition == "step":
            decision.step(now)
        else:
            decision.condition(condition, now)
        seen.append(decision.state)
    return seen


def test_on_while_the_condition_holds_and_safe_while_it_is_unknown():
    decision = Decision()
    assert decision.state is None
    assert run(decision, (0, False), (10, True), (20, True), (30, False), (40, None)) == [
        False, True, True, False, None,
    ]  # fmt: skip


def test_debounce_in_both_directions():
    decision = Decision(debounce_ms=100)
    events = ((0, False), (10, True), (50, False), (60, True), (159, "step"), (160, "step"))
    assert run(decision, *events) == [False] * 5 + [True]
    assert run(decision, (200, False), (299, "step"), (300, "step")) == [True, True, False]
    # A fault is not debounced.
    assert run(decision, (400, True), (500, "step"), (510, None)) == [False, True, None]


def test_the_next_due_time_is_known():
    decision = Decision(debounce_ms=100, hold_ms=50)
    run(decision, (0, False))
    assert decision.due is None
    run(decision, (10, True))
    assert decision.due == 110
    run(decision, (110, "step"), (200, False))
    assert decision.due == 300
    run(decision, (300, "step"))
    assert decision.state is True and decision.due == 350
    run(decision, (350, "step"))
    assert decision.state is False and decision.due is None


def test_hold_goes_on_after_the_end():
    decision = Decision(hold_ms=100)
    events = ((0, True), (10, False), (109, "step"), (110, "step"))
    assert run(decision, *events) == [True, True, True, False]
    # If the condition returns in that time, the output stays on.
    events = ((200, True), (210, False), (250, True), (400, "step"))
    assert run(decision, *events) == [True] * 4


def test_a_pulse_has_its_length_whatever_the_condition_does():
    decision = Decision(pulse_ms=100)
    events = ((0, False), (10, True), (20, False), (109, "step"), (110, "step"))
    assert run(decision, *events) == [False, True, True, True, False]
    assert run(decision, (200, True), (300, "step"), (500, True)) == [True, False, False]
    assert run(decision, (600, False), (610, True), (650, None)) == [False, True, None]


def test_toggle():
    decision = Decision(toggle=True)
    events = ((0, True), (1, False), (2, True), (3, False), (4, True), (5, None), (6, True))
    assert run(decision, *events) == [False, False, True, True, False, None, False]


def test_a_command_holds_until_the_condition_changes():
    decision = Decision()
    run(decision, (0, False))
    decision.command(True, 10)
    assert decision.state is True
    assert run(decision, (20, False), (30, True), (40, False)) == [True, True, False]
    decision.command(True, 50)
    decision.command(None, 60)
    assert decision.state is False
    decision.command(40.0, 70)
    assert decision.state == 40.0
    assert run(decision, (80, None)) == [None]


def test_a_command_starts_a_pulse():
    decision = Decision(pulse_ms=100)
    decision.command(True, 0)
    assert run(decision, (99, "step"), (100, "step")) == [True, False]


def commands(decision, *events):
    """The state after each of (ms, command); the command "step" only lets time pass."""
    seen = []
    for now, command in events:
        if command == "step":
            decision.step(now)
        else:
            decision.command(command, now)
        seen.append(decision.state)
    return seen


def test_a_rest_lies_between_two_switches_and_the_last_wish_counts():
    decision = Decision(rest_ms=100)
    events = ((0, True), (10, False), (20, True), (30, False), (99, "step"), (100, "step"))
    assert commands(decision, *events) == [True] * 5 + [False]
    assert commands(decision, (110, True), (120, False), (200, "step")) == [False] * 3
    # After the rest nothing waits, and nothing is due.
    assert decision.due is None
    assert commands(decision, (300, True)) == [True] and decision.due == 400


def test_the_safe_value_does_not_rest():
    decision = Decision(rest_ms=100)
    assert run(decision, (0, False), (200, True), (210, None)) == [False, True, None]
    # It begins a rest: an input that comes and goes does not switch a motor each time.
    assert run(decision, (220, True), (309, "step"), (310, "step")) == [None, None, True]


def test_a_rest_with_hold_and_debounce():
    decision = Decision(debounce_ms=50, hold_ms=30, rest_ms=200)
    # Its hold ends at 150, its rest at 260.
    events = ((10, True), (60, "step"), (70, False), (120, "step"), (150, "step"), (259, "step"))
    assert run(decision, (0, False), *events) == [False, False] + [True] * 5
    assert run(decision, (260, "step")) == [False]
    # Its rest ends at 750, its hold at 880.
    events = (
        (500, True),
        (550, "step"),
        (800, False),
        (850, "step"),
        (879, "step"),
        (880, "step"),
    )
    assert run(decision, *events) == [False, True, True, True, True, False]


def test_from_the_safe_value_to_the_same_is_no_switch():
    for safe in (False, True):
        decision = Decision(rest_ms=100, safe=safe)
        assert run(decision, (0, safe), (1, not safe), (2, safe)) == [safe, not safe, not safe]
        assert run(decision, (3, None), (50, safe)) == [None, safe]


def test_a_pulse_keeps_its_length_and_the_next_one_rests():
    decision = Decision(pulse_ms=50, rest_ms=200)
    assert run(decision, (0, False), (300, True), (349, "step"), (350, "step")) == [
        False, True, True, False,
    ]  # fmt: skip
    # The next one begins after the rest, and is as long.
    assert run(decision, (360, False), (370, True), (549, "step")) == [False] * 3
    assert run(decision, (550, "step"), (599, "step"), (600, "step")) == [True, True, False]
    # So does one by a command; and a command ends it at once.
    assert commands(decision, (900, True), (910, False)) == [True, False]


def test_a_lost_broker_is_the_safe_value_until_it_is_back():
    decision = Decision(rest_ms=1000)
    run(decision, (0, False), (2000, True))
    decision.lost(True, 2010)
    assert decision.state is None
    assert run(decision, (4000, False), (6000, True)) == [None, None]
    decision.lost(False, 8000)
    assert decision.state is True
    decision.command(False, 10000)
    decision.lost(True, 10010)
    decision.lost(False, 12000)
    assert decision.state is True, "the command of before does not count"
    decision.lost(True, 14000)
    # A command proves that the broker is back.
    assert commands(decision, (16000, False)) == [False]


def test_a_pulse_that_began_while_the_broker_was_lost_is_left_out():
    decision = Decision(pulse_ms=50)
    run(decision, (0, False))
    decision.lost(True, 10)
    run(decision, (20, True))
    decision.lost(False, 30)
    assert decision.state is False and decision.due is None


def test_a_command_that_is_not_repeated_ends():
    decision = Decision(command_ms=100)
    assert commands(decision, (0, True), (60, True), (159, "step"), (160, "step")) == [
        True, True, True, None,
    ]  # fmt: skip
    assert run(decision, (200, True)) == [True]
    assert commands(decision, (210, False), (309, "step"), (310, "step")) == [False, False, True]


def test_commands_have_a_spacing_and_conditions_have_none():
    decision = Decision(spacing_ms=50)
    assert run(decision, (0, False), (1, True), (2, False), (3, True)) == [
        False,
        True,
        False,
        True,
    ]
    events = ((10, False), (11, True), (12, False), (60, "step"), (61, True), (62, 40.0))
    assert commands(decision, *events) == [False, False, False, False, True, True]
    assert commands(decision, (111, "step")) == [40.0]
