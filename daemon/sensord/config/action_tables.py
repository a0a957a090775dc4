# SPDX-License-Identifier: MIT
"""Every key of an [action.NAME] table, and the rules for combining them."""

from ..actions.expression import Expression
from ..rights import GPIO, PWM
from ..schema.compound import PinName, pin_claim
from ..schema.values import Boolean, Choice, Duration, Integer, Kind, Number, Text, toml_type

_DAY_MS = 86400000


class Condition(Text):
    form = 'a condition such as "door.cat > 0.8"'

    def parse(self, value):
        value = Text.parse(self, value)
        Expression(value)
        return value


class PwmName(Kind):
    form = 'a channel\'s number, or a name such as "pwmchip0:1"'

    def parse(self, value):
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError("must be %s, not %s" % (self.form, toml_type(value)))
        if value == "" or (isinstance(value, int) and value < 0):
            raise ValueError("must be %s" % self.form)
        if isinstance(value, str) and value.isdigit():
            raise ValueError('must be %s, not "%s": write it without quotes' % (self.form, value))
        if isinstance(value, str):
            chip, _, channel = value.partition(":")
            if not (chip.startswith("pwmchip") and chip[7:].isdigit() and channel.isdigit()):
                raise ValueError('must be %s, not "%s"' % (self.form, value))
        return value


def pwm_claim(channel):
    """The claim on a PWM channel, which only one table may have: 1 and "pwmchip0:1" are one."""
    chip, _, number = (
        channel.partition(":") if isinstance(channel, str) else ("pwmchip0", 0, channel)
    )
    return "PWM channel %s:%d" % (chip, int(number))


ACTION = {
    "when": Condition(
        "The condition; without one only commands from the broker act on the output.", None
    ),
    "debounce": Duration("How long the condition must hold before it counts.", 0, _DAY_MS, 0),
    "hold": Duration("How long the output stays on after the condition's end.", 0, _DAY_MS, 0),
    "pin": PinName("The pin.", None),
    "pulse": Duration(
        "The output is on for this long when the condition begins, however long that lasts.",
        1,
        _DAY_MS,
        None,
    ),
    "toggle": Boolean("The output switches over each time the condition begins.", False),
    "pwm": PwmName('Instead of pin: a PWM channel, such as 0 or "pwmchip0:1".', None),
    "frequency": Integer("The pulses a second of PWM.", 1, 100000000, 1000),
    "duty": Number("The duty of PWM when it is on, in percent.", 0.0, 100.0, 100.0),
    "active_low": Boolean("On is a low level.", False),
    "safe": Choice(
        "The output's state at start, at exit, and while the condition is unknown.",
        ("off", "on"),
        "off",
    ),
    "rest": Duration(
        "The least time between two switches of the output, which protects relays and motors. "
        "Then the output becomes what is wanted by then. The safe value at a fault or at exit "
        "does not wait, nor does the end of a pulse.",
        0,
        _DAY_MS,
        0,
    ),
    "lost_after": Duration(
        "How long the connection to the broker may be missing. After that the output has its safe "
        "value, whatever the condition says, until the broker is back; a command from before does "
        "not count then. 0 s: the output does not depend on the broker.",
        0,
        _DAY_MS,
        0,
    ),
    "command_timeout": Duration(
        "How long a command counts, for one who repeats commands and may fail: then the condition "
        "has its say, or, without one, the output has its safe value. 0 s: no such limit.",
        0,
        _DAY_MS,
        0,
    ),
    "publish": Text("Instead of pin: the topic of a message.", None),
    "payload": Text("The message when the condition begins.", "ON"),
    "payload_off": Text("The message when it ends.", None),
}
_OUTPUTS = ("pin", "pwm", "publish")
RIGHTS = (GPIO, PWM)


def rights(settings):
    """The rights that the service needs for an action."""
    if settings["pin"] is not None:
        return (GPIO,)
    return (PWM,) if settings["pwm"] is not None else ()


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


def claims(settings):
    """Yields (key, what no other table may use)."""
    if settings["pin"] is not None:
        yield "pin", pin_claim(settings["pin"])
    if settings["pwm"] is not None:
        yield "pwm", pwm_claim(settings["pwm"])
