# SPDX-License-Identifier: MIT
"""The stage that names the activity in a window of accelerations, and how long each has lasted."""


class Activity:
    def __init__(self, features, classifier, hop_s, spent_s):
        """`features` as in features.py; `classifier` as in forest.py; `spent_s` is a dict of the
        seconds spent in each label so far, which the stage keeps up to date."""
        self._features, self._classifier = features, classifier
        self._hop_s = hop_s
        self._spent_s = spent_s
        self._best = None

    def feed(self, windows):
        self._features.compute(windows)
        self._best = self._classifier.classify(self._features.values)
        label = self._classifier.labels[self._best]
        self._spent_s[label] = self._spent_s.get(label, 0.0) + self._hop_s

    def fields(self):
        classifier = self._classifier
        fields = [("label", classifier.labels[self._best])]
        for i, label in enumerate(classifier.labels):
            fields.append((label, round(classifier.probabilities[i], 3)))
        for label in classifier.labels:
            fields.append((label + "_s", round(self._spent_s.get(label, 0.0), 3)))
        return fields

    def gap(self):
        """No effect: each window is classified alone."""

    def close(self):
        """No effect: the stage learns nothing."""
