# SPDX-License-Identifier: MIT
"""One [action.NAME]: condition or command -> decision -> output, and what is told of it."""

import time

from .. import log
from .commands import Refusals, parse
from .decision import Decision, same
from .expression import Expression
from .outputs import create

_FIRST_DELAY_MS = 1000
_LONGEST_DELAY_MS = 60000
# A flood of commands changes an output 20 times a second, and publishes as many messages.
_SPACING_MS = 50
_UNSET = object()


class Action:
    """Attributes: name; settings; status, "ok" or what is wrong with the output in words; names,
    the (sensor, field) of its condition; due, when step() is to be called (ticks), or None.
    """

    def __init__(self, name, settings, owner, claims):
        """`owner` is the Actions, of which it uses the functions; `claims` the notes about pins
        and PWM channels in use."""
        self.name, self.settings = name, settings
        self._owner, self._claims = owner, claims
        self._refusals = Refusals(name, owner.count_refusal)
        self._condition = Expression(settings["when"]) if settings["when"] is not None else None
        self.names = self._condition.names if self._condition is not None else ()
        self._decision = Decision(
            settings["debounce"],
            settings["hold"],
            settings["pulse"] or 0,
            settings["toggle"],
            settings["rest"],
            settings["command_timeout"],
            _SPACING_MS,
            settings["safe"] == "on",
        )
        self._is_lost = False
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
        if not message:
            # Somebody has deleted the retained command of this topic.
            return
        now = time.ticks_ms()
        try:
            value = parse(message, self.settings["pwm"] is not None)
        except ValueError as error:
            self._refusals.add(str(error))
            return
        self._is_lost = False
        self._decision.command(value, now)
        self.step(now)

    def retained(self, topic):
        """A message to NAME/set that the broker retains is not obeyed."""
        self._refusals.add_retained(topic)

    def disconnected(self, for_ms, now):
        """There has been no broker for so long; 0: there is one."""
        is_lost = for_ms >= self.settings["lost_after"]
        if is_lost != self._is_lost:
            self._is_lost = is_lost
            if is_lost:
                log.warning(
                    "%s: no broker for %d s: the output has its safe value"
                    % (self.name, for_ms // 1000)
                )
            self._decision.lost(is_lost, now)
            self.step(now)

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
        if same(state, self._present):
            return
        try:
            if self._output is None:
                self._output = self._create()
            self._output.set(state)
        except (OSError, ValueError) as error:
            self._fail(log.reason(error) if isinstance(error, OSError) else str(error), now)
            return
        self._retry, self._delay_ms = None, _FIRST_DELAY_MS
        self._present = state
        self._say("ok")
        self._tell(state)

    def _create(self):
        if self.settings["publish"] is not None:
            return create(self.settings, self._owner.publish)
        # Before it is claimed: a kill in between must not leave it without a note.
        before = self._claims.add(self.name, self.settings)
        try:
            return create(self.settings, None)
        except (OSError, ValueError):
            self._claims.restore(self.name, before)
            raise

    def _fail(self, text, now):
        self._release()
        self._say(text)
        self._retry = time.ticks_add(now, self._delay_ms)
        self._delay_ms = min(2 * self._delay_ms, _LONGEST_DELAY_MS)

    def _say(self, text):
        if text != self.status:
            self.status = text
            (log.info if text == "ok" else log.error)("%s: %s" % (self.name, text))
            self._owner.tell_status(self.name, text)

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
            self._owner.tell_state(self.name, text)

    def _release(self):
        self._present = _UNSET
        if self._output is None:
            return
        try:
            self._output.close()
            self._claims.restore(self.name, None)
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
