# SPDX-License-Identifier: MIT
"""The configuration of type = "gpio"."""

from ...rights import GPIO
from ...schema.compound import FieldName, PinName, pin_claim
from ...schema.values import Boolean, Choice, Duration, Number
from ...values.field import Field

DOC = (
    "Edges of a pin, counted: count in the interval, total since the daemon started (with keep "
    "since ever), and the pin's state. At a stop a last reading has the edges since the interval "
    "before."
)

KEYS = {
    "pin": PinName("The pin."),
    "edge": Choice("The edges that count.", ("rising", "falling", "both"), "falling"),
    "pull": Choice("The pin's resistor.", ("up", "down", "none"), "up"),
    "debounce": Duration("Shorter changes do not count.", 0, 1000, 5),
    "field": FieldName(
        "A field for the meaning of the edges, such as rain_mm; NAME_total goes with it.", None
    ),
    "scale": Number("The meaning of one edge, such as 0.2794 for a rain gauge.", 1e-9, 1e9, 1),
    "keep": Boolean(
        "Whether the total outlives restarts; it is saved at a stop, and once a minute.", False
    ),
    "total": Number(
        "With keep: the total to begin with, in the unit of field; it is set once for each value.",
        0,
        1e15,
        None,
    ),
    "interval": Duration("How often a reading is made.", 100, 86400000, 60000),
}

RIGHTS = (GPIO,)


def fields(settings):
    names = ["count", "total", "state"]
    if settings["field"] is not None:
        names += [settings["field"], settings["field"] + "_total"]
    return [Field(name) for name in names]


def contradictions(settings):
    if settings["total"] is not None and not settings["keep"]:
        yield "total", "needs keep = true"


def claims(settings):
    yield "pin", pin_claim(settings["pin"])
