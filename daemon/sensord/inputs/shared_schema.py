# SPDX-License-Identifier: MIT
"""Keys that several kinds of input have: of recordings, and of the distance from the usual state
(stages/baseline.py)."""

from ..schema.values import Choice, Integer, Number

REPLAY_SPEED = Choice(
    "Replay at the recording's own speed or as fast as possible.", ("real", "max"), "real"
)

YELLOW = Number("From which distance on the status is yellow.", 0.1, 1000.0, 6.0)
RED = Number("From which distance on it is red.", 0.1, 1000.0, 12.0)
CONFIRM = Integer("How many readings in a row change the status.", 1, 1000, 3)


def thresholds(settings):
    """Yields (key, text) if the thresholds do not go together."""
    if settings["red"] < settings["yellow"]:
        yield "red", "must not be less than yellow"
