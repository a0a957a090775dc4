# SPDX-License-Identifier: MIT
"""The stage that turns features into probabilities and a label, by a forest of decision trees."""

from array import array

import emlearn_trees


class Classifier:
    """A forest with names for its classes. Attributes: labels; probabilities, a float array."""

    def __init__(self, path, labels, n_features):
        """ValueError, which names the file, if the model does not go with labels and features."""
        self._model = emlearn_trees.new()
        try:
            emlearn_trees.load_model(self._model, path)
            outputs = self._model.outputs()
        except ValueError as error:
            raise ValueError("model %s: %s" % (path, error))
        if outputs != len(labels):
            raise ValueError(
                "model %s has %d classes, and there are %d labels" % (path, outputs, len(labels))
            )
        self.labels = labels
        self.probabilities = array("f", bytes(4 * outputs))
        try:
            self.classify(array("h", bytes(2 * n_features)))
        except ValueError as error:
            raise ValueError("model %s does not take %d features: %s" % (path, n_features, error))

    def classify(self, features):
        """Sets `probabilities` and returns the index of the (first) largest."""
        probabilities = self.probabilities
        self._model.predict(features, probabilities)
        best = 0
        for i in range(1, len(probabilities)):
            if probabilities[i] > probabilities[best]:
                best = i
        return best
