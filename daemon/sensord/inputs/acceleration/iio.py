# SPDX-License-Identifier: MIT
"""An accelerometer that a driver of the kernel reads: through IIO, with the kernel's buffer."""

from linux.files import read_text
from linux.iiobuffer import DEVICES, Buffer, find

from ..attributes import warn_of_number

_G_M_S2 = 9.80665
_FULL_SCALE = 32768
_AXES = ("in_accel_x", "in_accel_y", "in_accel_z")
_KEPT_MS = 2000  # by the kernel, also while the daemon does something else
_GAP = 1.5  # periods between two samples, above which one was lost


class IIOAccelerometer:
    """As the drivers in chips/, on a device instead of an I2C bus."""

    def __init__(self, device, sensor, range=2, rate=100):
        """`sensor` is its name in messages. Raises OSError if there is no such device, or
        several."""
        self._folder = find(device)
        warn_of_number(sensor, device, DEVICES, self._folder.rsplit("/", 1)[-1])
        self._range_g, self._rate_hz = range, rate
        self.capacity = rate * _KEPT_MS // 1000
        self._buffer = None
        self._last_ns = None

    def _unit(self, axis):
        """The factor from raw values to int16, of which 32768 is the range."""
        for name in (axis + "_scale", "in_accel_scale"):
            scale = read_text("%s/%s" % (self._folder, name))
            if scale is not None:
                return float(scale) / _G_M_S2 / self._range_g * _FULL_SCALE
        raise OSError(22, "%s has no in_accel_scale" % self._folder)

    async def start(self):
        self._units = [self._unit(axis) for axis in _AXES]
        self._buffer = Buffer(self._folder, _AXES, self._rate_hz, self.capacity)
        self._elements = [self._buffer.elements[axis] for axis in _AXES]
        self._timestamp = self._buffer.elements.get("in_timestamp")
        self._longest_ns = _GAP * 1000000000 / self._rate_hz

    def restart(self):
        """After a gap: the next sample is the first."""
        self._last_ns = None

    def read_samples(self, samples):
        n, records = self._buffer.read()
        n = min(n, len(samples) // 3)
        size = self._buffer.record_bytes
        for row in range(n):
            if self._timestamp is not None and self._lost(records, row * size):
                return None
            for axis in (0, 1, 2):
                value = int(self._elements[axis].value(records, row * size) * self._units[axis])
                samples[3 * row + axis] = max(-_FULL_SCALE, min(_FULL_SCALE - 1, value))
        return n

    def _lost(self, records, at):
        before, self._last_ns = self._last_ns, self._timestamp.value(records, at)
        return before is not None and self._last_ns - before > self._longest_ns

    def close(self):
        if self._buffer is not None:
            self._buffer.close()
