# SPDX-License-Identifier: MIT
"""The stage that labels the last window of sound."""


class Events:
    def __init__(self, features, classifier):
        """`features` as in events.py, `classifier` as in forest.py."""
        self._features, self._classifier = features, classifier
        self.feed = features.feed
        self.gap = features.restart

    def fields(self):
        classifier = self._classifier
        names = ["label"] + classifier.labels
        if not self._features.full:
            return [(name, None) for name in names]
        self._features.compute()
        best = classifier.classify(self._features.values)
        values = [classifier.labels[best]]
        values.extend([round(p, 3) for p in classifier.probabilities])
        return list(zip(names, values))

    def no_fields(self, invalid):
        """The fields of an interval without sound, all `invalid`."""
        return [(name, invalid) for name in ["label"] + self._classifier.labels]

    def close(self):
        """No effect: the stage learns nothing."""
