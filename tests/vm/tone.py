# SPDX-License-Identifier: MIT
"""Writes ten seconds of a 1 kHz sine, 26 dB below full scale, as 16-bit samples at 16 kHz: with
the configuration's sensitivity that is 94 dB, in all weightings."""

import array
import math
import sys

_RATE_HZ, _TONE_HZ, _SECONDS = 16000, 1000, 10
_PEAK = 32767 * 10 ** (-26 / 20)
_STEP = 2 * math.pi * _TONE_HZ / _RATE_HZ
samples = [round(_PEAK * math.sin(_STEP * n)) for n in range(_RATE_HZ * _SECONDS)]
sys.stdout.buffer.write(array.array("h", samples).tobytes())
