# SPDX-License-Identifier: MIT
"""Calibration: from the value that a sensor gives to the true one."""


def _line(scale, offset):
    def calibrated(value):
        return value * scale + offset

    return calibrated


def _lines(points):
    points = sorted(points)
    last = len(points) - 2

    def calibrated(value):
        i = 0
        while i < last and value > points[i + 1][0]:
            i += 1
        (measured, true), (next_measured, next_true) = points[i], points[i + 1]
        if value == next_measured:
            return next_true
        slope = (next_true - true) / (next_measured - measured)
        return true + (value - measured) * slope

    return calibrated


def calibration(table):
    """The function that gives the calibrated value of a field, for its checked
    [sensor.NAME.values.FIELD] table; None if the table has no calibration.

    `points` are [[measured, true], …]: straight lines between them, and beyond them those of the
    nearest two. `scale` and `offset` come after them.
    """
    scale, offset = table["scale"], table["offset"]
    line = None
    if scale is not None or offset is not None:
        line = _line(1 if scale is None else scale, offset or 0)
    if table["points"] is None:
        return line
    lines = _lines(table["points"])
    return lines if line is None else lambda value: line(lines(value))
