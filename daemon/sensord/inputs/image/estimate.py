# SPDX-License-Identifier: MIT
"""How long the network of an image classifier takes on this machine, for `sensord check`."""

import time

from ...errors import Fault
from .model import load

_MEASURED_MS = 1000
_LONGEST_SLICE_MS = 1000  # without a turn for the other sensors


def _measure(network):
    """(milliseconds of a picture, of its longest slice), from a part of one if that is long."""
    width, height = network.size
    slices = network.slices(bytes(width * height * network.channels))
    began_us = last_us = time.ticks_us()
    longest_us, left = 0, network.work
    while left and time.ticks_diff(last_us, began_us) < _MEASURED_MS * 1000:
        left = next(slices, 0)
        now_us = time.ticks_us()
        longest_us, last_us = max(longest_us, time.ticks_diff(now_us, last_us)), now_us
    took_ms = time.ticks_diff(last_us, began_us) / 1000
    return took_ms * network.work / (network.work - left), longest_us / 1000


def estimate(settings):
    """Yields (whether it is a warning, text) about a checked [sensor.NAME] table."""
    try:
        network = load(settings)
    except (Fault, OSError) as error:
        yield True, str(error)
        return
    try:
        picture_ms, slice_ms = _measure(network)
        text = "%s takes %s multiply-adds a picture, about %s on this machine" % (
            settings["model"],
            _count(network.work),
            _duration(picture_ms),
        )
    finally:
        network.close()
    if picture_ms > settings["interval"]:
        yield (
            True,
            text
            + ", and the interval is %s: pictures are left out" % _duration(settings["interval"]),
        )
    else:
        yield False, text
    if slice_ms > _LONGEST_SLICE_MS:
        yield (
            True,
            "%s has a layer of %s, in which no other sensor is read"
            % (
                settings["model"],
                _duration(slice_ms),
            ),
        )


def _count(n):
    for unit, factor in (("thousand million", 1e9), ("million", 1e6)):
        if n >= factor:
            return "%.3g %s" % (n / factor, unit)
    return "%d" % n


def _duration(ms):
    return "%.2g ms" % ms if ms < 100 else "%.0f ms" % ms if ms < 1000 else "%.3g s" % (ms / 1000)
