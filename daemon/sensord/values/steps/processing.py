# SPDX-License-Identifier: MIT
"""The steps of one sensor: from the checked values of its samples to its readings."""

import time

from ... import log
from ..field import NUMBER
from . import names
from .changes import Changes
from .filters import filters
from .statistics import LAST, Statistics, is_number

_LONGEST_MS = 1 << 28  # a longer time may be one after which the counter has wrapped around


class Processing:
    """Attribute: period_ms, how often `rest()` must be asked for a reading, since the sensor's
    samples come by themselves; None: feed() gives them."""

    def __init__(self, settings, declared, own_keys, quantity_of):
        """`declared` are the Fields of the sensor's input, `own_keys` the keys that its type has
        for itself, `quantity_of` is as for Statistics."""
        self._name = settings["name"]
        self._tables = settings["values"]
        self._filters = {}
        for field, table in self._tables.items():
            found = filters(table)
            if found:
                self._filters[field] = found
        self._nominal_ms = None
        if settings.get("replay") is not None:
            # A recording may be read faster than it was made.
            for key in ("sample", "interval", "hop"):
                self._nominal_ms = self._nominal_ms or settings.get(key)
        self._sampled_ms = None
        self._collect(settings, declared, own_keys, quantity_of)
        self._changes = None
        if settings["publish"] == "changes" and "publish" not in own_keys:
            steps = {}
            found = names.tables_by_published_name(settings)
            for name, table in found.items():
                steps[name] = table["change"]
            self._changes = Changes(steps, settings["repeat"])
        self._has_warned = False

    def _collect(self, settings, declared, own_keys, quantity_of):
        wanted = settings["statistics"]
        sums = [field.name for field in declared if field.is_sum]
        self.period_ms = None if "interval" in own_keys else settings["interval"]
        self._samples_each = 1
        if settings.get("sample"):
            self._samples_each = settings["interval"] // settings["sample"]
        self._statistics = None
        if self.period_ms or self._samples_each > 1 or wanted:
            numeric = [field.name for field in declared if field.kind == NUMBER]
            self._statistics = Statistics(wanted or [LAST], quantity_of, numeric, sums)
        # The last value needs no whole interval.
        self._is_first = not wanted

    def published_name(self, field):
        """The name of a field on the wire."""
        return names.published_name(self._tables, field)

    def feed(self, fields):
        """Takes the checked values of a sample, a list of (name, value); returns a reading, or
        None if there is none to tell yet."""
        if self._filters:
            fields = self._filtered(fields)
        if self._statistics is None:
            return self._reading([(name, "", value) for name, value in fields])
        self._statistics.add(fields)
        is_first, self._is_first = self._is_first, False
        if not is_first and (self.period_ms or self._statistics.count < self._samples_each):
            return None
        return self._reading(self._statistics.take())

    def rest(self):
        """The reading of the samples since the last one, or None."""
        if self._statistics is None or not self._statistics.count:
            return None
        return self._reading(self._statistics.take())

    def told(self, fields):
        """A reading was told."""
        if self._changes is not None:
            self._changes.told(fields)

    def _filtered(self, fields):
        passed_ms = self._passed_ms()
        found = []
        for name, value in fields:
            for each in self._filters.get(name, ()):
                if is_number(value):
                    value = each.feed(value, passed_ms)
                else:
                    each.skip(passed_ms)
            found.append((name, value))
        return found

    def _passed_ms(self):
        """The time since the sample before, or None."""
        if self._nominal_ms is not None:
            return self._nominal_ms
        now_ms = time.ticks_ms()
        before_ms, self._sampled_ms = self._sampled_ms, now_ms
        passed_ms = None if before_ms is None else time.ticks_diff(now_ms, before_ms)
        return passed_ms if passed_ms is not None and 0 <= passed_ms < _LONGEST_MS else None

    def _reading(self, values):
        """The reading of (field, suffix, value), or None if it tells nothing new."""
        reading = []
        seen = set()
        for field, suffix, value in values:
            table = self._tables.get(field)
            if table is not None and table["digits"] is not None and is_number(value):
                value = names.rounded(value, table["digits"])
            name = self.published_name(field) + suffix
            if name in seen:
                self._warn_of(name)
                continue
            seen.add(name)
            reading.append((name, value))
        if self._changes is not None and not self._changes.has(reading):
            return None
        return reading

    def _warn_of(self, name):
        if not self._has_warned:
            self._has_warned = True
            text = '%s: two of its fields are called "%s": the first one counts'
            log.warning(text % (self._name, name))
