# SPDX-License-Identifier: MIT
"""The stage that turns a picture into probabilities and a label, by a convolutional network."""

import asyncio
import time
from array import array

from linux.mapping import Mapping

# A slice of an inference, between which the other sensors have their turns. A Raspberry Pi Zero
# does the first work in less; each slice takes after the one before it.
_SLICE_US = 20000
_FIRST_WORK = 1 << 18
_LEAST_WORK, _MOST_WORK = 1 << 12, 1 << 26


def _load(data):
    """The network of int8 or of floats that a model's bytes hold."""
    import emlearn_cnn_fp32
    import emlearn_cnn_int8

    try:
        return emlearn_cnn_int8.new(data)
    except ValueError as error:
        # The error names the other module if the network is of floats; that module then finds
        # other faults.
        if "emlearn_cnn_fp32" not in str(error):
            raise
    return emlearn_cnn_fp32.new(data)


class Network:
    """A network with names for its classes. Its file is mapped and used in place, so that the
    weights take none of the daemon's memory.

    Attributes: labels; size, (width, height) of its pictures; channels, 1 (grey) or 3 (RGB);
    probabilities, a float array.
    """

    def __init__(self, path, labels):
        """ValueError, which names the file, if it is no network for pictures or does not go with
        the labels; OSError."""
        try:
            self._mapping = Mapping(path)
        except ValueError as error:
            raise ValueError("model %s %s" % (path, error))
        try:
            try:
                self._network = _load(self._mapping.view)
            except ValueError as error:
                raise ValueError("model %s: %s" % (path, error))
            except MemoryError:
                raise ValueError("model %s needs more memory than there is" % path)
            self._check(path, labels)
        except ValueError:
            self.close()
            raise
        self.labels = labels
        self._path = path
        self._work = _FIRST_WORK

    def _check(self, path, labels):
        shape = self._network.input_dimensions()
        if len(shape) != 3 or shape[2] not in (1, 3):
            raise ValueError(
                "model %s is not for pictures: its input is %s"
                % (path, " x ".join([str(n) for n in shape]))
            )
        outputs = 1
        for n in self._network.output_dimensions():
            outputs *= n
        if outputs != len(labels):
            raise ValueError(
                "model %s has %d classes, and there are %d labels" % (path, outputs, len(labels))
            )
        self.size, self.channels = (shape[1], shape[0]), shape[2]
        self.probabilities = array("f", bytes(4 * outputs))

    @property
    def work(self):
        """About how many multiply-adds a picture takes."""
        return self._network.work()

    def slices(self, picture):
        """Sets `probabilities` from the bytes of a picture, 0 to 255, row by row, in slices of
        about 20 ms: yields what is left after each, in multiply-adds, but for the last."""
        network, probabilities = self._network, self.probabilities
        network.start(picture)
        while True:
            began_us = time.ticks_us()
            left = network.step(probabilities, self._work)
            if not left:
                return
            took_us = max(1, time.ticks_diff(time.ticks_us(), began_us))
            fitting = self._work * _SLICE_US // took_us
            self._work = max(_LEAST_WORK, min(2 * self._work, fitting, _MOST_WORK))
            yield left

    async def classify(self, picture, beat):
        """Sets `probabilities` as slices() does, and returns the index of the (first) largest.
        Calls `beat()` after each slice. ValueError if the model's file has changed in place."""
        for _ in self.slices(picture):
            beat()
            await asyncio.sleep_ms(0)
        if self._mapping.is_changed():
            raise ValueError("model %s has changed while it was used" % self._path)
        probabilities = self.probabilities
        best = 0
        for i in range(1, len(probabilities)):
            if probabilities[i] > probabilities[best]:
                best = i
        return best

    def close(self):
        """Idempotent."""
        self._network = None
        self._mapping.close()


class Agreement:
    """Settles on a class after `frames` pictures in a row, each with at least `threshold`.

    Attribute: settled, the index of that class, None until there was one.
    """

    def __init__(self, threshold, frames):
        self._threshold, self._frames = threshold, frames
        self._candidate = None
        self._count = 0
        self.settled = None

    def update(self, best, probability):
        """Takes the class of a picture; returns whether `settled` changed."""
        if probability < self._threshold:
            # A picture with no clear class ends the row.
            self._count = 0
            return False
        if best != self._candidate:
            self._candidate, self._count = best, 0
        self._count += 1
        if self._count < self._frames or best == self.settled:
            return False
        self.settled = best
        return True
