# SPDX-License-Identifier: MIT
"""One [action.NAME]: condition or command -> decision -> output, and what is told of it."""

import time

from .. import log
from .decision import Decision
from .expression import Expression
from .outputs import create

_FIRST_DELAY_MS = 1000
_LONGEST_DELAY_MS = 60000
_UNSET = object()
_COMMANDS = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}


class Action:
    """Attributes: name; settings; status, "ok" or what is wrong with the output in words; names,
    the (sensor, field) of its condition; due, when step() is to be called (ticks), or None.
    """

    def __init__(self, name, settings, publish, tell_state, tell_status):
        """`publish(topic, payload)` sends a message; `tell_state(name, text)` and
        `tell_status(name, text)` are called at each change."""
        self.name, self.settings = name, settings
        self._publish = publish
        self._tell_state, self._tell_status = tell_state, tell_status
        self._condition = Expression(settings["when"]) if settings["when"] is not None else None
        self.names = self._condition.names if self._condition is not None else ()
        self._decision = Decision(
            settings["debounce"], settings["hold"], settings["pulse"] or 0, settings["toggle"]
        )
        self._output = None
        self._present = _UNSET  # the state that the output has
        self._told = None
        self._retry = None
        self._delay_ms = _FIRST_DELAY_MS
        self.status = None
        self.due = None
        self.step(time.ticks_ms())

    def reading(self, get):
        """Something that the condition looks at has changed."""
        now = time.ticks_ms()
        self._decision.condition(self._condition.evaluate(get), now)
        self.step(now)

    def command(self, message):
        """A message (bytes) to NAME/set: ON, OFF, AUTO, or a number for PWM."""
        now = time.ticks_ms()
        try:
            value = self._parse(message)
        except ValueError as error:
            log.warning("%s: %s" % (self.name, error))
            return
        self._decision.command(value, now)
        self.step(now)

    def _parse(self, message):
        word = message[:20].decode().strip().lower() if _is_ascii(message[:20]) else ""
        if word == "auto":
            return None
        if self._is_number(word):
            percent = float(word)
            if 0 <= percent <= 100:
                return percent
        elif word in _COMMANDS:
            return _COMMANDS[word]
        wanted = "0 to 100" if self.settings["pwm"] is not None else "ON, OFF"
        raise ValueError("a command must be %s or AUTO, not %r" % (wanted, bytes(message[:20])))

    def _is_number(self, word):
        if self.settings["pwm"] is None:
            return False
        try:
            float(word)
        except ValueError:
            return False
        return True

    def step(self, now):
        """Brings the output up to date with the decision."""
        self._decision.step(now)
        if self._retry is None or time.ticks_diff(now, self._retry) >= 0:
            self._apply(now)
        self.due = self._decision.due
        if self._retry is not None:
            if self.due is None or time.ticks_diff(self._retry, self.due) < 0:
                self.due = self._retry

    def _apply(self, now):
        state = self._decision.state
        if _same(state, self._present):
            return
        try:
            if self._output is None:
                self._output = create(self.settings, self._publish)
            self._output.set(state)
        except (OSError, ValueError) as error:
            self._fail(log.reason(error) if isinstance(error, OSError) else str(error), now)
            return
        self._retry, self._delay_ms = None, _FIRST_DELAY_MS
        self._present = state
        self._say("ok")
        self._tell(state)

    def _fail(self, text, now):
        self._release()
        self._say(text)
        self._retry = time.ticks_add(now, self._delay_ms)
        self._delay_ms = min(2 * self._delay_ms, _LONGEST_DELAY_MS)

    def _say(self, text):
        if text != self.status:
            self.status = text
            (log.info if text == "ok" else log.error)("%s: %s" % (self.name, text))
            self._tell_status(self.name, text)

    def _tell(self, state):
        if state is None:
            state = self.settings["safe"] == "on"
        if self._output.numeric:
            percent = state if not isinstance(state, bool) else self.settings["duty"] * state
            text = "%g" % percent
        else:
            text = "ON" if state else "OFF"
        if text != self._told:
            self._told = text
            self._tell_state(self.name, text)

    def _release(self):
        self._present = _UNSET
        if self._output is None:
            return
        try:
            self._output.close()
        except OSError as error:
            # The line is gone and cannot be set; the next attempt starts from nothing.
            log.debug("%s: %s" % (self.name, log.reason(error)))
        self._output = None

    def close(self):
        """Leaves the output at its safe value."""
        if self._output is not None:
            self._tell(None)
        self._release()
        self._retry = None


def _same(a, b):
    # For Python 1.0, a percent, is the same as True.
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _is_ascii(data):
    return all(byte < 128 for byte in data)
