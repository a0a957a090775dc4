# SPDX-License-Identifier: MIT
"""Records the accelerations that the sensor uses."""

from ..acceleration.recorder import SUFFIX, Recorder

__all__ = ("SUFFIX", "Recorder")
