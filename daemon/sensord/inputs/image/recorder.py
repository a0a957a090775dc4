# SPDX-License-Identifier: MIT
"""Records the pictures of a camera, as the network gets them, numbered in a folder."""

import os

from ...files import pnm
from .model import load, picture_format
from .source import source

SUFFIX = "/"


class Recorder:
    lost = 0

    def __init__(self, settings, path):
        network = load(settings)
        self._format = picture_format(network)
        self._size = network.size
        network.close()
        self._folder = path
        os.mkdir(path)
        self._source = source(settings, self._format, self._size)
        self._interval_s = settings["interval"] / 1000
        self._count = 0

    async def start(self):
        pass

    async def take(self):
        picture = await self._source.read()
        if picture is None:
            return 0
        self._count += 1
        name = "%s/%06d%s" % (self._folder, self._count, pnm.SUFFIX[self._format])
        pnm.write(name, self._format, self._size, picture)
        return self._interval_s

    def keep(self):
        pass

    def close(self):
        self._source.close()
