# SPDX-License-Identifier: MIT
"""Connects the announcements to the rest of the daemon."""

import os

from linux.files import read_text

from ... import log
from ...files import state
from ...host import board, serial_number
from . import identity
from .announced import Announced
from .announcer import HomeAssistant
from .entities import Entities
from .repeats import Repeats

_STATUS = "status"

# Members of the device in an announcement: the machine's model, serial number and place.
_MODEL, _SERIAL, _AREA = "mdl", "sn", "sa"


def _node(announced, client_id, host):
    """The identifier of the device. Two boards with copies of one SD card have the same
    machine-id, as machine-id(5) warns."""
    if client_id is not None:
        return identity.of_client(client_id)
    node = identity.of_machine(read_text("/etc/machine-id")) or announced.node
    if node is None:
        node = identity.of_random(os.urandom(8))
        announced.save(node)
        if announced.trouble is not None:
            # One that changed with each start would leave a device behind each time.
            node = "sensord-" + identity.digest(host)
    return node


def _device(name, room):
    """The device as Home Assistant shows it, without what is unknown."""
    device = {"name": name, _MODEL: board(), _SERIAL: serial_number(), _AREA: room}
    return {member: text for member, text in device.items() if text}


def list_path(directory):
    """The file that lists what the broker retains: one for each outbox folder, since two daemons
    on one machine have an outbox each."""
    return "%s/home_assistant/%s" % (state.folder(), identity.digest(directory))


def make(link, fields, outbox, encode, host, room, mqtt, directory):
    """The HomeAssistant for a checked [mqtt] table, or None if nothing is to be announced or taken
    back.

    `encode(topic, reading)` gives the payload of a reading as HomeAssistant.reading() got it;
    `host` is the machine's name, `room` where it is, or None; `directory` is the folder of the
    outbox.
    """
    announced = Announced(list_path(directory))
    if announced.trouble is not None:
        log.warning(
            "Home Assistant: the list of what was announced cannot be read: %s"
            % log.reason(announced.trouble)
        )
    if not mqtt["home_assistant"]:
        if not announced.topics:
            return None
        return HomeAssistant(link, announced, announced.node)
    prefix = mqtt["discovery_prefix"]
    node = _node(announced, mqtt["client_id"], host)
    names_of = fields.names_of if mqtt["format"] == "senml" else None
    entities = Entities(link.topics, _device(host, room), node, fields, prefix, names_of)

    def repeat(topic, reading):
        link.post(topic, encode(topic, reading), False, mqtt["qos"])

    # A broker that retains the readings sends them to who comes later.
    repeats = Repeats(outbox, repeat) if mqtt["retain"] is not True else None
    return HomeAssistant(link, announced, node, entities, repeats, "%s/%s" % (prefix, _STATUS))
