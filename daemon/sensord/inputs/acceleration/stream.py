# SPDX-License-Identifier: MIT
"""Turns an accelerometer's rows into readings, through windows and a stage."""

from array import array

from ... import log
from .source import AXES, MOST_ROWS, source


async def run(settings, windows, stage, output):
    """Feeds `stage` with each full window of the accelerations that the settings name, and
    delivers its fields with the number of gaps since the last reading.

    Returns at a recording's end. Raises Fault or OSError.
    """
    accelerations = source(settings)
    carry = output.carry
    try:
        await accelerations.start()
        await _run(accelerations, windows, stage, output)
    finally:
        # Kept in `carry`: a fault before the next reading must not lose them.
        carry["gaps"] = carry.get("gaps", 0) + accelerations.gaps
        accelerations.close()


async def _run(accelerations, windows, stage, output):
    rows = array("h", bytes(2 * AXES * MOST_ROWS))
    carry = output.carry
    while True:
        n = await accelerations.read(rows, windows.missing)
        if not n:
            return
        output.beat()
        if accelerations.gaps:
            carry["gaps"] = carry.get("gaps", 0) + accelerations.gaps
            accelerations.gaps = 0
            windows.restart()
            stage.gap()
            log.warning("samples were lost: the window begins again")
        at = 0
        while at < n:
            at = windows.take(rows, at, n)
            if not windows.full:
                break
            stage.feed(windows)
            fields = stage.fields()
            if fields is not None:
                fields.append(("gaps", carry.pop("gaps", 0)))
                output.reading(fields)
            windows.slide()
