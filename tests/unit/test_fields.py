# SPDX-License-Identifier: MIT
"""The fields of a sensor are learned from its readings, and told a moment later, together."""

import asyncio

from sensord.output import fields
from sensord.output.fields import BOOLEAN, NUMBER, TEXT, Fields

INTERPRETERS = ("cpython", "sensord", "stock")


def test_a_field_is_known_from_its_first_value_on():
    known = Fields()
    known.configure({"a": {}})
    version = known.version
    known.reading("a", [("x", None)])
    assert known.of("a") == {} and known.version == version
    known.reading("a", [("x", 1.5), ("on", True), ("label", "cat"), ("n", 0)])
    assert known.of("a") == {"x": NUMBER, "on": BOOLEAN, "label": TEXT, "n": NUMBER}
    assert known.version > version
    version = known.version
    known.reading("a", [("x", None), ("on", False)])
    assert known.version == version


def test_what_is_not_configured_is_forgotten():
    known = Fields()
    known.configure({"a": {}, "b": {}})
    known.reading("a", [("x", 1)])
    known.reading("b", [("y", 1)])
    known.configure({"b": {}})
    assert known.of("a") == {} and known.of("b") == {"y": NUMBER}
    # A last reading of a sensor that is being stopped.
    known.reading("a", [("x", 1)])
    assert known.of("a") == {}


def test_changes_are_told_once():
    fields.SETTLE_MS = 20
    told = []

    async def scenario():
        known = Fields(lambda: told.append(known.of("a")))
        known.configure({"a": {}})
        known.reading("a", [("x", 1)])
        known.reading("a", [("y", 1)])
        await asyncio.sleep(0.2)
        known.reading("a", [("x", 2)])
        await asyncio.sleep(0.1)

    if not hasattr(asyncio, "sleep_ms"):
        asyncio.sleep_ms = lambda ms: asyncio.sleep(ms / 1000)
    asyncio.run(scenario())
    assert told == [{"x": NUMBER, "y": NUMBER}]
