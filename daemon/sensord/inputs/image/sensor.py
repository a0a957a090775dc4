# SPDX-License-Identifier: MIT
"""type = "image": an image classifier. Camera or folder -> picture -> network -> label."""

import time

from ...errors import Fault
from ...stages.network import Agreement
from .archive import Archive
from .frozen import Frozen
from .model import load, picture_format
from .source import source

_LATE_MS = 10000


class Sensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _LATE_MS

    async def run(self, output):
        network = load(self._settings)
        try:
            pictures = source(self._settings, picture_format(network), network.size)
            try:
                await self._watch(pictures, network, output)
            finally:
                pictures.close()
        finally:
            network.close()

    async def _watch(self, pictures, network, output):
        settings = self._settings
        labels = network.labels
        agreement = Agreement(settings["threshold"], settings["agree"])
        frozen = archive = None
        if settings["frozen_after"] and not settings["replay"]:
            frozen = Frozen(settings["frozen_after"])
        if settings["save"]:
            archive = Archive(settings["save"], settings["save_max"], settings["name"])
        told_ms = None
        while True:
            picture = await pictures.read()
            if picture is None:
                return
            output.beat()
            if frozen is not None:
                frozen.check(picture)
            try:
                best = await network.classify(picture, output.beat)
            except ValueError as error:
                # Started again, the sensor takes the file as it is then.
                raise Fault(str(error))
            changed = agreement.update(best, network.probabilities[best])
            if changed and archive is not None:
                archive.save(labels[best], picture_format(network), network.size, picture)
            if not changed and told_ms is not None and settings["publish"] == "changes":
                if time.ticks_diff(time.ticks_ms(), told_ms) < settings["repeat"]:
                    continue
            told_ms = time.ticks_ms()
            settled = agreement.settled
            fields = [("label", None if settled is None else labels[settled])]
            for i, label in enumerate(labels):
                fields.append((label, round(network.probabilities[i], 3)))
            output.reading(fields)
