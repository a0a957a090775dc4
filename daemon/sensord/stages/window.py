# SPDX-License-Identifier: MIT
"""The stage that cuts a stream of accelerations into windows that overlap."""

from array import array


class Windows:
    """One window of `length` samples on three axes, which moves on by `hop`.

    Attributes: x, y, z, int16 arrays, in order of time once the window is full.
    """

    def __init__(self, length, hop):
        self.length, self.hop = length, hop
        self.x, self.y, self.z = (array("h", bytes(2 * length)) for _ in range(3))
        self._filled = 0

    def take(self, samples, at, n):
        """Takes rows `at` to `n` of int16 samples (x, y, z in turn), up to the window's end.

        Returns the first row that it did not take; `full` then says whether the window is full.
        """
        x, y, z, filled = self.x, self.y, self.z, self._filled
        end = min(n, at + self.length - filled)
        for i in range(3 * at, 3 * end, 3):
            x[filled] = samples[i]
            y[filled] = samples[i + 1]
            z[filled] = samples[i + 2]
            filled += 1
        self._filled = filled
        return end

    @property
    def missing(self):
        """The number of rows until the window is full."""
        return self.length - self._filled

    @property
    def full(self):
        return self._filled == self.length

    def slide(self):
        """Makes room for the next `hop` samples."""
        for axis in (self.x, self.y, self.z):
            view = memoryview(axis)
            view[: self.length - self.hop] = view[self.hop :]
        self._filled -= self.hop

    def restart(self):
        """Drops the samples before a gap: one window must not span it."""
        self._filled = 0
