# SPDX-License-Identifier: MIT
"""Runs the sensors independently of each other, and starts them again after a fault."""

import asyncio
import time

from . import inputs, log
from .errors import Fault
from .output import quantities
from .telling import Telling
from .values.checked import CheckedValues
from .values.field import steps_needed

_FIRST_DELAY_MS = 1000
_LONGEST_DELAY_MS = 60000
_CANCEL_MS = 5000


class _Output:
    """The daemon as a sensor uses it; see inputs/__init__.py."""

    def __init__(self, runner, declared, deliver, carry):
        self._runner = runner
        self._deliver = deliver
        self._values = CheckedValues(runner.name, declared, runner.settings["values"])
        self._processing = processing_of(runner.settings, declared)
        self._period = None  # the task that tells what came since the last reading
        self._names = None  # of the last reading that had a value
        self.carry = carry
        self.is_stopping = False
        self.note = None

    def beat(self):
        """Takes a sign of life."""
        self._runner.last_beat_ms = time.ticks_ms()

    def reading(self, fields):
        """Takes a reading, a sequence of (name, value)."""
        checked = self._values.check(fields)
        if self._processing is not None and checked:
            checked = self._processing.feed(checked)
            if self._processing.period_ms and self._period is None:
                self._period = asyncio.create_task(self._tell_each(self._processing.period_ms))
        if checked is not None:
            self._tell(checked)
        self._runner.delivered(self._status())

    def _tell(self, fields):
        if fields:
            self._deliver(self._runner.name, fields)
        if self._processing is not None:
            self._processing.told(fields)
        self._names = None
        if any(value is not None for _, value in fields):
            self._names = [name for name, _ in fields]

    async def _tell_each(self, period_ms):
        while True:
            await asyncio.sleep_ms(period_ms)
            self._tell_rest()

    def _tell_rest(self):
        """Tells what came since the last reading."""
        rest = None if self._processing is None else self._processing.rest()
        if rest:
            self._tell(rest)

    def end(self):
        """The sensor has ended, of itself or by a fault: no more values come from it."""
        if self._period is not None:
            self._period.cancel()
            self._period = None
        self._tell_rest()

    def _status(self):
        values = self._values
        troubles = values.troubles
        if not troubles and not values.left_out and self.note is None:
            return "ok"
        texts = [
            "%s is null: %s" % (self._published_name(name), troubles[name])
            for name in sorted(troubles)
        ]
        if values.left_out:
            texts.append("%d fields were left out: there were too many names" % values.left_out)
        if self.note is not None:
            texts.append(self.note)
        return "; ".join(texts)

    def _published_name(self, field):
        return field if self._processing is None else self._processing.published_name(field)

    def unknown(self):
        """Delivers a reading with null for every value after a fault, so that no reader goes on
        with the last values."""
        if self._names:
            self._tell([(name, None) for name in self._names])


def _quantity_name(field):
    found = quantities.find(field)
    return None if found is None else found.name


def processing_of(settings, declared):
    """The steps of a sensor's values beyond the check, or None if there are none."""
    # Not from the schema, which is not kept in memory.
    own_keys = settings["own_keys"]
    if not steps_needed(settings, own_keys):
        return None
    # Imported when needed: most sensors publish what they measure.
    from .values.steps.processing import Processing

    return Processing(settings, declared, own_keys, _quantity_name)


async def _end(task):
    """Cancels a task and waits until it has closed its device."""
    task.cancel()
    try:
        await task
    except (asyncio.CancelledError, Fault, OSError):
        # Any of these ends it.
        return


def _without_details(status):
    """A status without its numbers and what it quotes from a device."""
    text = "".join(status.split("'")[::2])
    return "".join([c for c in text if c not in "0123456789."])


class _Runner:
    """One sensor with its task, its status and its restarts."""

    def __init__(self, name, settings, deliver, set_status, on_restart, on_end, carry, declared):
        self.name = name
        self.settings = settings
        self.status = None
        self.ended = False
        self.last_beat_ms = time.ticks_ms()
        self._deadline_ms = None
        self._overdue = False
        self._on_restart = on_restart
        self._on_end = on_end
        self._output = _Output(self, declared, deliver, carry)
        self._delay_ms = _FIRST_DELAY_MS
        self._work = None
        self._tell = Telling(name, set_status)
        self.task = asyncio.create_task(self._run())

    def delivered(self, status):
        """A reading was delivered; `status` is "ok", or what is wrong with it."""
        self._delay_ms = _FIRST_DELAY_MS
        self._report(status)

    def _report(self, status):
        if status == self.status:
            return
        # The same fault comes with other numbers each time: it is reported once.
        if self.status and _without_details(status) == _without_details(self.status):
            return
        self.status = status
        self._tell.change(status)

    async def _run(self):
        while True:
            try:
                await self._attempt()
                self.ended = True
                log.info("%s: the recording has ended" % self.name)
                self._on_end()
                return
            except (Fault, OSError) as error:
                self._report(str(error) if isinstance(error, Fault) else log.reason(error))
            except Exception as error:
                # A mistake in one sensor's code must not take the others down with it.
                self._report(log.mistake(error))
            finally:
                self._output.end()
            self._output.unknown()
            await asyncio.sleep_ms(self._delay_ms)
            self._on_restart()
            self._delay_ms = min(2 * self._delay_ms, _LONGEST_DELAY_MS)

    async def _attempt(self):
        """Runs the sensor in a task of its own, so that a missed deadline can end it alone."""
        sensor = inputs.create(self.settings)
        self.last_beat_ms = time.ticks_ms()
        self._deadline_ms = sensor.deadline_ms
        self._work = asyncio.create_task(sensor.run(self._output))
        try:
            await self._work
        except asyncio.CancelledError:
            if not self._overdue:
                await _end(self._work)
                raise
            raise Fault("no data for %d s" % (sensor.deadline_ms // 1000))
        finally:
            self._deadline_ms = None
            self._overdue = False
            self._work = None

    def stop(self, is_final=True):
        """Ends the sensor; unless `is_final`, another runner goes on with its counts."""
        # _attempt() must not report this cancellation as a missed deadline.
        self._overdue = False
        self._output.is_stopping = is_final
        self._tell.end()
        self.task.cancel()

    def check_deadline(self):
        """Whether the sensor meets its deadline. One that misses it is started again; the result
        is false only for one that cannot even be stopped."""
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
        self._carried = {}  # by sensor: what outlives it, see inputs/__init__.py
        self.restarts = 0
        self.ended = asyncio.Event()

    def apply(self, configured, declared):
        """Starts, restarts and stops sensors until they are those of {name: settings}; `declared`
        has the Fields that their inputs declare, by name."""
        for name in list(self._runners):
            before, settings = self._runners[name].settings, configured.get(name)
            if before == settings:
                continue
            goes_on = settings is not None and settings["type"] == before["type"]
            self._runners.pop(name).stop(not goes_on)
            if not goes_on:
                self._carried.pop(name, None)
            if settings is None:
                self._set_status(name, None)
        for name, settings in configured.items():
            if name not in self._runners:
                carry = self._carried.setdefault(name, {})
                self._runners[name] = _Runner(
                    name,
                    settings,
                    self._deliver,
                    self._set_status,
                    self._count_restart,
                    self._look_for_end,
                    carry,
                    declared.get(name, ()),
                )
        self._look_for_end()

    def _count_restart(self):
        self.restarts += 1

    def _look_for_end(self):
        if self._runners and all(runner.ended for runner in self._runners.values()):
            self.ended.set()

    def healthy(self):
        """Whether every sensor meets its deadline; starts those again that do not."""
        # A list first, as all() alone would stop at the first late runner.
        met = [runner.check_deadline() for runner in self._runners.values()]
        return all(met)

    def summary(self):
        """For example "2 of 3 sensors ok"."""
        states = [runner.status == "ok" for runner in self._runners.values()]
        return "%d of %d sensors ok" % (sum(states), len(states))

    async def stop(self, timeout_ms):
        """Stops all sensors, and returns when they have closed their devices. Their last states
        stay published; the host's status becomes offline."""
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
                # Expected: it was cancelled.
                continue
