# SPDX-License-Identifier: MIT
"""Runs in sensord's MicroPython: the CPU time of this process in ns.

time.clock() counts milliseconds.
"""

from array import array

import ffi

CLOCK_PROCESS_CPUTIME_ID = 2  # <linux/time.h>

_clock_gettime = ffi.open(None).func("i", "clock_gettime", "iP")
_timespec = array("l", (0, 0))


def cpu_ns():
    _clock_gettime(CLOCK_PROCESS_CPUTIME_ID, _timespec)
    return _timespec[0] * 1000000000 + _timespec[1]
