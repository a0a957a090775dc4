# SPDX-License-Identifier: MIT
"""The network of an image classifier, and the form of its pictures."""

from ...errors import Fault
from ...stages.network import Network
from .source import GREY, RGB


def load(settings):
    """The network of a sensor's settings. Raises Fault if it does not go with them; OSError."""
    try:
        network = Network(settings["model"], settings["labels"])
    except ValueError as error:
        raise Fault(str(error))
    size = settings["size"]
    if size is not None and tuple(size) != network.size:
        network.close()
        raise Fault(
            "model %s takes pictures of [%d, %d], and size is [%d, %d]"
            % ((settings["model"],) + network.size + tuple(size))
        )
    return network


def picture_format(network):
    """GREY or RGB, the format of a network's pictures."""
    return GREY if network.channels == 1 else RGB
