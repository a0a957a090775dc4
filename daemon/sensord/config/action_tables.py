# SPDX-License-Identifier: MIT
"""Every key of an [action.NAME] table, and what of it must go together."""

from ..actions.expression import Expression
from .compound import PinName
from .values import Boolean, Choice, Duration, Integer, Number, Text

_DAY_MS = 86400000


class Condition(Text):
    form = 'a condition such as "door.cat > 0.8"'

    def parse(self, value):
        value = Text.parse(self, value)
        Expression(value)
        return value


ACTION = {
    "when": Condition(
        "The condition; without one only commands from the broker act on the output.", None
    ),
    "debounce": Duration("How long the condition must hold before it counts.", 0, _DAY_MS, 0),
    "hold": Duration("How long the output stays on after the condition's end.", 0, _DAY_MS, 0),
    "pin": PinName("The pin.", None),
    "pulse": Duration(
        "The output is on for so long when the condition begins, however long that lasts.",
        1,
        _DAY_MS,
        None,
    ),
    "toggle": Boolean("Each beginning of the condition switches the output over.", False),
    "pwm": PinName('Instead of pin: a PWM channel, such as 0 or "pwmchip0:1".', None),
    "frequency": Integer("The pulses a second of PWM.", 1, 100000000, 1000),
    "duty": Number("The duty of PWM when it is on, in percent.", 0.0, 100.0, 100.0),
    "active_low": Boolean("On is a low level.", False),
    "safe": Choice(
        "What the output has at start, at exit, and when the condition is not known.",
        ("off", "on"),
        "off",
    ),
    "publish": Text("Instead of pin: the topic of a message.", None),
    "payload": Text("The message when the condition begins.", "ON"),
    "payload_off": Text("The message when it ends.", None),
}
_OUTPUTS = ("pin", "pwm", "publish")
_FIELDS_BESIDE_LABELS = {"motion": ("label", "gaps"), "image": ("label",)}


def contradictions(settings):
    """Yields (key, text) for each value that does not go with the others."""
    chosen = [key for key in _OUTPUTS if settings[key] is not None]
    if len(chosen) != 1:
        yield (chosen or ("when",))[-1], "needs one of pin, pwm and publish to act on"
    if settings["toggle"] and settings["pulse"] is not None:
        yield "toggle", "and pulse exclude each other"
    if settings["hold"] and (settings["toggle"] or settings["pulse"] is not None):
        yield "hold", "goes with neither pulse nor toggle"
    if settings["when"] is None:
        for key in ("debounce", "hold", "toggle"):
            if settings[key]:
                yield key, "needs a condition: when"
    topic = settings["publish"]
    if topic is not None and ("+" in topic or "#" in topic or "\0" in topic):
        yield "publish", 'must be a topic without "+" and "#"'


def known_fields(settings):
    """The fields that a sensor's readings will have, or None where only a reading tells."""
    beside = _FIELDS_BESIDE_LABELS.get(settings["type"])
    if beside is None:
        return None
    fields = list(beside) + settings["labels"]
    if settings["type"] == "motion":
        fields += [label + "_s" for label in settings["labels"]]
    return fields
