# SPDX-License-Identifier: MIT
"""type = "image": an image classifier. Camera or folder -> picture -> network -> label."""

import os
import time

from .. import log, pnm
from ..reading import time_text
from ..stages.network import Agreement, Network
from . import Fault
from .pictures import GREY, RGB, WHOLE, CameraPictures, RecordedPictures

_LATE_MS = 10000


class Keeper:
    """Saves pictures in a folder, of which it keeps to a size by removing its own oldest."""

    def __init__(self, folder, most_bytes, sensor):
        self._folder, self._most_bytes = folder, most_bytes
        self._prefix = sensor + "_"
        self._trouble = None

    def save(self, label, kind, size, picture):
        """What cannot be saved is said once; the readings go on."""
        when = time_text(time.time_ns()).replace(":", "")
        safe = "".join([c if c.isalpha() or c.isdigit() else "-" for c in label])
        name = self._prefix + when + "_" + safe + pnm.SUFFIX[kind]
        try:
            self._make_room(len(picture))
            pnm.write(self._folder + "/" + name, kind, size, picture)
            self._trouble = None
        except OSError as error:
            trouble = log.reason(error)
            if trouble != self._trouble:
                log.warning("pictures cannot be saved in %s: %s" % (self._folder, trouble))
                self._trouble = trouble

    def _own(self):
        """(name, bytes) of the pictures it saved, the oldest first."""
        found = []
        for entry in os.ilistdir(self._folder):
            name = entry[0]
            if name.startswith(self._prefix) and name[-4:] in (".pgm", ".ppm"):
                found.append((name, os.stat(self._folder + "/" + name)[6]))
        return sorted(found)

    def _make_room(self, wanted):
        own = self._own()
        used = sum([size for _, size in own]) + wanted
        for name, size in own:
            if used <= self._most_bytes:
                break
            os.remove(self._folder + "/" + name)
            used -= size


class Frozen:
    """Notices a camera that delivers the same picture for ever: a live one has noise."""

    def __init__(self, after_ms):
        self._after_ms = after_ms
        self._last = None
        self._changed_ms = time.ticks_ms()

    def check(self, picture):
        """Raises Fault when it is time to say so."""
        if self._last is None:
            self._last = bytearray(len(picture))
        elif self._last == picture:
            if time.ticks_diff(time.ticks_ms(), self._changed_ms) > self._after_ms:
                raise Fault(
                    "the picture has not changed by a single bit for %d s: the camera is frozen"
                    % (self._after_ms // 1000)
                )
            return
        self._last[:] = picture
        self._changed_ms = time.ticks_ms()


def network(settings):
    """The model of a sensor's settings. Raises Fault if it does not go with them; OSError."""
    try:
        made = Network(settings["model"], settings["labels"])
    except ValueError as error:
        raise Fault(str(error))
    size = settings["size"]
    if size is not None and tuple(size) != made.size:
        made.close()
        raise Fault(
            "model %s takes pictures of [%d, %d], and size is [%d, %d]"
            % ((settings["model"],) + made.size + tuple(size))
        )
    return made


def kind(network):
    """The format of a network's pictures."""
    return GREY if network.channels == 1 else RGB


def source(settings, kind, size):
    """What a sensor's settings name: its folder of pictures, or else its camera."""
    interval_ms = settings["interval"]
    part = tuple(settings["crop"] or WHOLE)
    if settings["replay"]:
        real_time = settings["replay_speed"] == "real"
        return RecordedPictures(settings["replay"], kind, size, part, interval_ms, real_time)
    return CameraPictures(settings["device"], kind, size, part, interval_ms)


class ImageSensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _LATE_MS

    async def run(self, output):
        model = network(self._settings)
        try:
            pictures = source(self._settings, kind(model), model.size)
            try:
                await self._watch(pictures, model, output)
            finally:
                pictures.close()
        finally:
            model.close()

    async def _watch(self, pictures, network, output):
        settings = self._settings
        labels = network.labels
        agreement = Agreement(settings["threshold"], settings["agree"])
        frozen = None
        if settings["frozen_after"] and not settings["replay"]:
            frozen = Frozen(settings["frozen_after"])
        keeper = None
        if settings["save"]:
            keeper = Keeper(settings["save"], settings["save_max"], settings["name"])
        told_ms = None
        while True:
            picture = await pictures.read()
            if picture is None:
                return
            output.beat()
            if frozen is not None:
                frozen.check(picture)
            best = network.classify(picture)
            changed = agreement.update(best, network.probabilities[best])
            if changed and keeper is not None:
                keeper.save(labels[best], kind(network), network.size, picture)
            if not changed and told_ms is not None and settings["publish"] == "changes":
                if time.ticks_diff(time.ticks_ms(), told_ms) < settings["repeat"]:
                    continue
            told_ms = time.ticks_ms()
            settled = agreement.settled
            fields = [("label", None if settled is None else labels[settled])]
            for i, label in enumerate(labels):
                fields.append((label, round(network.probabilities[i], 3)))
            output.reading(fields)
