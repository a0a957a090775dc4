# SPDX-License-Identifier: MIT
"""MicroPython's `machine` for Linux boards.

| class | on Linux |
|---|---|
| I2S   | ALSA capture through `arecord`; `id` is an ALSA PCM name such as "default" |

Everything the Unix port's own `machine` has (mem8, mem16, mem32, idle, time_pulse_us) is here too.
"""

from umachine import *

_CLASSES = {"I2S": "i2s"}


def __getattr__(name):
    # Loaded when first used: a program pays only for the peripherals it has.
    if name not in _CLASSES:
        raise AttributeError("'machine' has no '%s'" % name)
    cls = getattr(__import__("machine." + _CLASSES[name], None, None, (name,)), name)
    globals()[name] = cls
    return cls
