# SPDX-License-Identifier: MIT
"""A state that changes with each reading fills neither the journal nor the broker."""

import asyncio
import time

from sensord import log, telling

INTERPRETERS = ("sensord",)


class Journal:
    def __init__(self):
        self.lines = []
        self.error = self.warning = self.info = self.lines.append
        self.set_level = None


def run(scenario):
    """(lines of the journal, states on the topic) of `scenario(telling)`, an async function."""
    journal, states = Journal(), []
    telling.log = journal
    try:
        told = telling.Telling("door", lambda name, status: states.append((name, status)))
        asyncio.run(scenario(told))
    finally:
        telling.log = log
    return journal.lines, states


def test_single_changes_are_told_at_once():
    async def scenario(told):
        told.change("ok")

    assert run(scenario) == (["door: ok"], [("door", "ok")])


def test_a_state_that_alternates():
    async def scenario(told):
        for i in range(1001):
            told.change("ok" if i % 2 else "broken")
            await asyncio.sleep_ms(1)
        told.change("ok")
        await asyncio.sleep_ms(1100)

    began_ms = time.ticks_ms()
    lines, states = run(scenario)
    took_s = time.ticks_diff(time.ticks_ms(), began_ms) // 1000
    assert lines == ["door: broken", "door: ok"] * 5, lines
    assert 2 <= len(states) <= 2 + took_s, states
    assert states[-1] == ("door", "ok")


def test_the_journal_goes_on_and_counts():
    async def scenario(told):
        for i in range(50):
            told.change("ok" if i % 2 else "broken")
        told._lines_ms = time.ticks_add(told._lines_ms, -60000)
        told.change("broken")
        told.change("ok")

    lines, _ = run(scenario)
    assert lines[10:] == ["door: its state changed 40 times more", "door: broken"], lines


def test_the_last_state_is_told_at_the_end():
    async def scenario(told):
        told.change("ok")
        told.change("broken")
        told.end()
        told.end()

    assert run(scenario)[1] == [("door", "ok"), ("door", "broken")]
