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
