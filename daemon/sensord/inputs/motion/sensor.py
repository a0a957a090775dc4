# SPDX-License-Identifier: MIT
"""type = "motion": an activity tracker. Accelerometer or recording -> windows -> label."""

from ...errors import Fault
from ...stages.activity import Activity
from ...stages.features import KINDS
from ...stages.forest import Classifier
from ...stages.window import Windows
from ..acceleration import stream

_DEADLINE_MS = 10000


class Sensor:
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
        # The time spent in each activity is a count: it goes on after a fault.
        spent_s = output.carry.setdefault("spent_s", {})
        stage = Activity(features, classifier, settings["hop"] / 1000, spent_s)
        await stream.run(settings, windows, stage, output)
