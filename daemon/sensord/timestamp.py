# SPDX-License-Identifier: MIT
"""Times as text."""

import time

# The last second and its text: several readings often fall into one second.
_second, _second_text = None, ""


def time_text(ns):
    """Nanoseconds since 1970 as RFC 3339 in UTC with milliseconds."""
    global _second, _second_text
    second = ns // 1000000000
    if second != _second:
        _second_text = "%04d-%02d-%02dT%02d:%02d:%02d." % time.gmtime(second)[:6]
        _second = second
    return _second_text + "%03dZ" % (ns // 1000000 % 1000)
