# SPDX-License-Identifier: MIT
"""`sensord calibrate`: measures a field at known values, and prints its calibration."""

import asyncio
import sys

from ..errors import EX_DATAERR, EX_UNAVAILABLE, EX_USAGE
from ..schema.nearest import suggestion
from ..values.checked import CheckedValues
from ..values.steps.statistics import is_number
from . import sensor
from .measuring import SIGNALLED, Output, Stopped, measure
from .terminal import show, tell

_SAMPLES = 5  # at each of the known values
_LONGEST_INTERVAL_MS = 2000
_MOST_NULLS = 5  # in a row


class _Samples:
    """Values of one field before its calibration. Attributes: values; trouble, why there are not
    enough of them."""

    def __init__(self, settings, declared, field):
        self._values = CheckedValues(settings["name"], declared)
        self._field = field
        self._nulls = 0
        self.values = []
        self.trouble = None
        self.output = Output(self._take)

    def _take(self, fields):
        found = dict(self._values.check(fields))
        if self._field not in found:
            self._end('it has no field "%s"; %s' % (self._field, suggestion(self._field, found)))
        elif is_number(found[self._field]):
            self._nulls = 0
            self.values.append(found[self._field])
            if len(self.values) == _SAMPLES:
                self.output.ended.set()
        elif found[self._field] is not None:
            self._end("%s is not a number: it cannot be calibrated" % self._field)
        else:
            self._nulls += 1
            if self._nulls == _MOST_NULLS:
                why = self._values.troubles.get(self._field, "the sensor has no value")
                self._end("%s is null: %s" % (self._field, why))

    def _end(self, trouble):
        self.trouble = trouble
        self.output.ended.set()


def _wait_for_return(name, field, true):
    """Asks for the known value. Raises EOFError if nobody can answer."""
    tell("bring %s to %s = %.10g, wait until it is steady, and press Return" % (name, field, true))
    if not sys.stdin.readline():
        raise EOFError


def _key(name):
    """A part of a table's name as TOML has it."""
    if all(c.isalpha() and ord(c) < 128 or c.isdigit() or c in "-_" for c in name):
        return name
    return "'%s'" % name if '"' in name else '"%s"' % name


def _lines(measured, true_values, scale):
    """The lines of the table that makes the measured values true."""
    if len(measured) == 1:
        lines = [] if scale is None else ["scale = %.10g" % scale]
        line = measured[0] * (1 if scale is None else scale)
        return lines + ["offset = %.10g" % (true_values[0] - line)]
    pairs = sorted(zip(measured, true_values))
    return ["points = [%s]" % ", ".join(["[%.10g, %.10g]" % pair for pair in pairs])]


def _measured(settings, declared, field, true_values):
    """The mean of the samples at each known value, or an exit code after a message."""
    name, measured = settings["name"], []
    for true in true_values:
        if len(true_values) > 1:
            try:
                _wait_for_return(name, field, true)
            except EOFError:
                tell("there is nobody to press Return: standard input has ended")
                return EX_USAGE
        samples = _Samples(settings, declared, field)
        try:
            fault = asyncio.run(measure(settings, samples.output))
        except Stopped as stopped:
            return SIGNALLED + stopped.args[0]
        if fault is None and not samples.values:
            fault = "the recording ended without a reading"
        fault = samples.trouble or fault
        if fault is not None:
            tell("%s: %s" % (name, fault))
            return EX_UNAVAILABLE
        values = samples.values
        mean = sum(values) / len(values)
        text = "%s: measured %.6g at %.10g: %d samples from %.6g to %.6g"
        tell(text % (name, mean, true, len(values), min(values), max(values)))
        measured.append(mean)
    return measured


def calibrate(path, name, field, true_values):
    """Measures `field` of the sensor `name` at each of the known values and prints the table for
    the configuration; returns the exit code."""
    found = sensor.find(path, name)
    if found is None:
        return EX_USAGE
    settings, declared = found
    known = [each.name for each in declared]
    if known and field not in known:
        tell('%s has no field "%s"; %s' % (name, field, suggestion(field, known)))
        return EX_USAGE
    if len(set(true_values)) != len(true_values):
        tell("a known value is there twice")
        return EX_USAGE
    table = settings["values"].get(field, {})
    # As the sensor gives them, and soon.
    settings = dict(settings, values={})
    if settings.get("interval") and not settings.get("sample"):
        settings["interval"] = min(settings["interval"], _LONGEST_INTERVAL_MS)
    measured = _measured(settings, declared, field, true_values)
    if isinstance(measured, int):
        return measured
    if len(set(measured)) != len(measured):
        tell("%s: the sensor gave the same value at two known values" % name)
        return EX_DATAERR
    if len(true_values) == 1 and table.get("points") is not None:
        tell("%s: leave out the points that are there" % name)
    show("[sensor.%s.values.%s]" % (name, _key(field)))
    for line in _lines(measured, true_values, table.get("scale")):
        show(line)
    return 0
