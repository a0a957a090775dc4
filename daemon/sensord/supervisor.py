# SPDX-License-Identifier: MIT
"""Runs the sensors: each on its own, started again after a fault, never touching another."""

import asyncio
import time

from . import log, sensors
from .errors import Fault

_FIRST_DELAY_MS = 1000
_LONGEST_DELAY_MS = 60000
_CANCEL_MS = 5000


class _Output:
    """What a sensor sees of the daemon."""

    def __init__(self, runner, deliver):
        self._runner = runner
        self._deliver = deliver
        self._names = None

    def beat(self):
        """The sensor lives."""
        self._runner.last_beat_ms = time.ticks_ms()

    def reading(self, fields):
        """Hands over a reading, a sequence of (name, value)."""
        self._deliver(self._runner.name, fields)
        self._names = [name for name, _ in fields]
        self._runner.succeeded()

    def unknown(self):
        """After a fault: a reading that says of every value that it is not known, rather than
        that whoever reads goes on with the last one."""
        if self._names:
            self._deliver(self._runner.name, [(name, None) for name in self._names])
            self._names = None


class _Runner:
    """One sensor and what is known of it."""

    def __init__(self, name, settings, deliver, set_status, on_restart, on_end):
        self.name = name
        self.settings = settings
        self.status = None
        self.ended = False
        self.last_beat_ms = time.ticks_ms()
        self._deadline_ms = None
        self._overdue = False
        self._set_status = set_status
        self._on_restart = on_restart
        self._on_end = on_end
        self._output = _Output(self, deliver)
        self._delay_ms = _FIRST_DELAY_MS
        self._work = None
        self.task = asyncio.create_task(self._run())

    def succeeded(self):
        self._delay_ms = _FIRST_DELAY_MS
        self._say("ok")

    def _say(self, status):
        if status != self.status:
            self.status = status
            (log.info if status == "ok" else log.error)("%s: %s" % (self.name, status))
            self._set_status(self.name, status)

    async def _run(self):
        while True:
            try:
                await self._attempt()
                self.ended = True
                log.info("%s: the recording has ended" % self.name)
                self._on_end()
                return
            except (Fault, OSError) as error:
                self._say(str(error) if isinstance(error, Fault) else log.reason(error))
            except Exception as error:
                # A mistake in one sensor's code must not take the others down with it.
                self._say(log.mistake(error))
            self._output.unknown()
            await asyncio.sleep_ms(self._delay_ms)
            self._on_restart()
            self._delay_ms = min(2 * self._delay_ms, _LONGEST_DELAY_MS)

    async def _attempt(self):
        """Runs the sensor in a task of its own, so that a missed deadline can end it alone."""
        sensor = sensors.create(self.settings)
        self.last_beat_ms = time.ticks_ms()
        self._deadline_ms = sensor.deadline_ms
        self._work = asyncio.create_task(sensor.run(self._output))
        try:
            await self._work
        except asyncio.CancelledError:
            if not self._overdue:
                self._work.cancel()
                raise
            raise Fault("no data for %d s" % (sensor.deadline_ms // 1000))
        finally:
            self._deadline_ms = None
            self._overdue = False
            self._work = None

    def stop(self):
        # A missed deadline that is being dealt with must not take this for its own.
        self._overdue = False
        self.task.cancel()

    def check_deadline(self):
        """Whether the sensor meets its deadline. One that missed it is started again; only one
        that cannot even be stopped counts as not meeting it."""
        if self._deadline_ms is None:
            return True
        late_ms = time.ticks_diff(time.ticks_ms(), self.last_beat_ms) - self._deadline_ms
        if late_ms > 0 and not self._overdue and self._work is not None:
            self._overdue = True
            self._work.cancel()
        return late_ms < _CANCEL_MS


class Supervisor:
    """All sensors of a configuration.

    Attributes: ended, an asyncio.Event that is set once nothing is left to do: every sensor was a
    recording, and has ended; restarts, how often a sensor was started again after a fault,
    whether it is still configured or not.

    `deliver(sensor, fields)` gets each reading, `set_status(sensor, text)` each change of a
    sensor's state, with None when the sensor is no longer configured.
    """

    def __init__(self, deliver, set_status):
        self._deliver = deliver
        self._set_status = set_status
        self._runners = {}
        self.restarts = 0
        self.ended = asyncio.Event()

    def apply(self, configured):
        """Starts, restarts and stops sensors until they are those of {name: settings}."""
        for name in list(self._runners):
            if self._runners[name].settings != configured.get(name):
                self._runners.pop(name).stop()
                if name not in configured:
                    self._set_status(name, None)
        for name, settings in configured.items():
            if name not in self._runners:
                self._runners[name] = _Runner(
                    name,
                    settings,
                    self._deliver,
                    self._set_status,
                    self._count_restart,
                    self._look_for_end,
                )
        self._look_for_end()

    def _count_restart(self):
        self.restarts += 1

    def _look_for_end(self):
        if self._runners and all(runner.ended for runner in self._runners.values()):
            self.ended.set()

    def healthy(self):
        """Whether every sensor meets its deadline; sees to those that do not."""
        # A list first: every runner is to be looked at, not only those up to the first late one.
        met = [runner.check_deadline() for runner in self._runners.values()]
        return all(met)

    def summary(self):
        """For example "2 of 3 sensors ok"."""
        states = [runner.status == "ok" for runner in self._runners.values()]
        return "%d of %d sensors ok" % (sum(states), len(states))

    async def stop(self, timeout_ms):
        """Stops all sensors, and returns when they have put away what they had open. Their last
        states stay published; the host's says that it is offline."""
        try:
            await asyncio.wait_for_ms(self._stop_all(), timeout_ms)
        except asyncio.TimeoutError:
            log.warning("a sensor did not stop within %d ms" % timeout_ms)

    async def _stop_all(self):
        for runner in self._runners.values():
            runner.stop()
        for runner in self._runners.values():
            try:
                await runner.task
            except asyncio.CancelledError:
                # That is how it ends.
                continue
