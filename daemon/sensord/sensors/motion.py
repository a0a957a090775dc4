# SPDX-License-Identifier: MIT
"""type = "motion": an activity tracker. Accelerometer or recording -> windows -> label."""

from array import array

from .. import log
from ..stages.features import KINDS
from ..stages.forest import Classifier
from ..stages.window import Windows
from . import Fault
from .acceleration import AXES, MOST_ROWS, source

_DEADLINE_MS = 10000


class MotionSensor:
    deadline_ms = _DEADLINE_MS

    def __init__(self, settings):
        self._settings = settings

    async def run(self, output):
        settings = self._settings
        rate = settings["rate"]
        windows = Windows(settings["window"] * rate // 1000, settings["hop"] * rate // 1000)
        features = KINDS[settings["features"]]()
        try:
            classifier = Classifier(settings["model"], settings["labels"], features.count)
        except ValueError as error:
            raise Fault(str(error))
        accelerations = source(settings)
        try:
            await accelerations.start()
            await _classify(
                accelerations, windows, features, classifier, output, settings["hop"] / 1000
            )
        finally:
            accelerations.close()


async def _classify(accelerations, windows, features, classifier, output, hop_s):
    labels = classifier.labels
    spent_s = [0.0] * len(labels)
    samples = array("h", bytes(2 * AXES * MOST_ROWS))
    gaps = told = 0
    while True:
        n = await accelerations.read(samples, windows.missing)
        if not n:
            return
        output.beat()
        if accelerations.gaps != gaps:
            gaps = accelerations.gaps
            windows.restart()
            log.warning("samples were lost: the window begins again")
        at = 0
        while at < n:
            at = windows.take(samples, at, n)
            if not windows.full:
                break
            features.compute(windows)
            best = classifier.classify(features.values)
            spent_s[best] += hop_s
            fields = [("label", labels[best])]
            for i, label in enumerate(labels):
                fields.append((label, round(classifier.probabilities[i], 3)))
            for i, label in enumerate(labels):
                fields.append((label + "_s", round(spent_s[i], 3)))
            fields.append(("gaps", gaps - told))
            told = gaps
            output.reading(fields)
            windows.slide()
