# SPDX-License-Identifier: MIT
"""The actions of a configuration: what the readings and the broker set in motion."""

import asyncio
import time

from linux.libc import clock_monotonic_ns

from .. import log
from .action import Action
from .claims import Claims
from .outputs import create

_IDLE_MS = 3600000  # nothing due: a new reading wakes it
_BROKER_MS = 250  # how often to look for the broker, if an output depends on it


class Actions:
    """All [action.NAME] of a configuration."""

    def __init__(
        self, configuration, publish, tell_state, tell_status, count_refusal, is_connected
    ):
        """`configuration` is the path of the configuration; `publish(topic, payload)` delivers a
        message; `tell_state(name, text)` and `tell_status(name, text)` are called at each change,
        with None for an action that is no longer configured; `count_refusal()` for each command
        that is not obeyed; `is_connected()` says whether there is a broker."""
        self.publish = publish
        self.tell_state, self.tell_status = tell_state, tell_status
        self.count_refusal = count_refusal
        self._is_connected = is_connected
        self._claims = Claims(configuration)
        self._lost_ns = None  # when there was no broker any more
        self._dependent = ()  # the actions that depend on the broker
        self._actions = {}
        self._values = {}  # by sensor, of the fields that a condition names
        self._told = set()  # (action, sensor, field) that no reading had
        self._wake = asyncio.Event()
        self._task = None

    def apply(self, configured):
        """Starts, restarts and stops actions until they are those of {name: settings}. One that
        has not changed keeps its output as it is."""
        for name in list(self._actions):
            if self._actions[name].settings != configured.get(name):
                self._actions.pop(name).close()
                if name not in configured:
                    self.tell_state(name, None)
                    self.tell_status(name, None)
        for name, settings in configured.items():
            if name not in self._actions:
                self._actions[name] = Action(name, settings, self, self._claims)
        self._dependent = [a for a in self._actions.values() if a.settings["lost_after"]]
        values = {}
        for action in self._actions.values():
            for sensor, field in action.names:
                known = self._values.get(sensor, {}).get(field)
                values.setdefault(sensor, {})[field] = known
        self._values = values
        self._told = {key for key in self._told if key[2] in values.get(key[1], ())}
        for action in self._actions.values():
            if action.names:
                action.reading(self._get)
        if self._actions and self._task is None:
            self._task = asyncio.create_task(self._run())
        self._wake.set()

    def _get(self, sensor, field):
        return self._values[sensor][field]

    def reading(self, sensor, fields):
        """A reading of a sensor, (name, value) each."""
        values = self._values.get(sensor)
        if values is None:
            return
        seen = 0
        for name, value in fields:
            if name in values:
                values[name] = value
                seen += 1
        if seen < len(values):
            self._tell_missing(sensor, fields)
        for action in self._actions.values():
            if any(name == sensor for name, _ in action.names):
                action.reading(self._get)
        self._wake.set()

    def _tell_missing(self, sensor, fields):
        """Says once which fields of conditions a sensor has not: `check` cannot know those of
        every sensor."""
        names = sorted([name for name, _ in fields])
        for action in self._actions.values():
            for about, field in action.names:
                key = (action.name, sensor, field)
                if about == sensor and field not in names and key not in self._told:
                    self._told.add(key)
                    log.warning(
                        'action %s: %s has no field "%s"; it has %s'
                        % (action.name, sensor, field, ", ".join(names) or "none")
                    )

    def gone(self, sensor):
        """A sensor is no longer configured: nothing is known of it any more."""
        if sensor in self._values:
            self.reading(sensor, [(name, None) for name in self._values[sensor]])

    def command(self, name, message):
        """A message (bytes) from the broker to an action."""
        self._actions[name].command(message)
        self._wake.set()

    def retained(self, name, topic):
        """A message to an action that the broker retains, and that is not to be obeyed."""
        self._actions[name].retained(topic)

    def _look_for_broker(self):
        """Tells the outputs that depend on the broker for how long there has been none; returns
        whether there are any."""
        if not self._dependent:
            return False
        # Not in ticks, which compare wrongly after 6 days on 32 bit.
        now_ns = clock_monotonic_ns()
        if self._is_connected():
            self._lost_ns = None
        elif self._lost_ns is None:
            self._lost_ns = now_ns
        for_ms = (now_ns - self._lost_ns) // 1000000 if self._lost_ns is not None else 0
        for action in self._dependent:
            action.disconnected(for_ms, time.ticks_ms())
        return True

    async def _run(self):
        """Sees to what is due at a time instead of at a reading."""
        while True:
            wait_ms = _BROKER_MS if self._look_for_broker() else _IDLE_MS
            now = time.ticks_ms()
            for action in self._actions.values():
                if action.due is not None and time.ticks_diff(action.due, now) <= 0:
                    action.step(now)
                if action.due is not None:
                    wait_ms = min(wait_ms, max(0, time.ticks_diff(action.due, now)))
            self._wake.clear()
            try:
                await asyncio.wait_for_ms(self._wake.wait(), wait_ms)
            except asyncio.TimeoutError:
                # Something is due.
                continue

    def stop(self):
        """Leaves every output at its safe value."""
        if self._task is not None:
            self._task.cancel()
        for action in self._actions.values():
            action.close()


def make_safe(configured):
    """`sensord safe`: sets every output of {name: settings} to its safe value. Returns whether
    that was possible for all; says for which it was not."""
    done = True
    for name, settings in configured.items():
        if settings["pin"] is None and settings["pwm"] is None:
            continue
        try:
            create(settings, None).close()
        except (OSError, ValueError) as error:
            log.error(
                "%s: %s" % (name, log.reason(error) if isinstance(error, OSError) else error)
            )
            done = False
    return done
