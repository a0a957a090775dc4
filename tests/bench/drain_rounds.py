# SPDX-License-Identifier: MIT
"""Sends 10,000 readings, alternately from memory in a bare loop and from an outbox on disk.

usage: micropython drain_rounds.py PORT FOLDER ROUNDS

Prints for each round the messages a second of the bare loop, and of the publisher with the outbox.
"""

import asyncio
import gc
import sys
import time

from sensord.clock import Clock
from sensord.config.sections import MQTT
from sensord.mqtt.client import MQTTClient
from sensord.mqtt.publisher import Publisher
from sensord.mqtt.topics import Topics
from sensord.outbox import Outbox
from sensord.outbox.folder import FolderStorage
from sensord.outbox.record import JSON
from sensord.output.reading import fields_text, head

COUNT = 10000
FIELDS = [("laeq_db", 61.2), ("lafmax_db", 66.8), ("lafmin_db", 55.1), ("overload", False)]


async def bare(port, payload):
    """Messages a second of post() alone; 10,000 are acknowledged."""
    client = MQTTClient("bare", "127.0.0.1", port)
    await client.connect()
    start_us = time.ticks_us()
    for _ in range(COUNT):
        if not client.ready:
            await client.wait_ready()
        client.post("bench/bare", payload, False, 1, _ignore)
    await client.publish("bench/bare", payload, False, 1)
    while client._in_flight:
        await asyncio.sleep_ms(1)
    rate = COUNT * 1000000 // time.ticks_diff(time.ticks_us(), start_us)
    await client.disconnect()
    return rate


def _ignore(token):
    pass


def _ignore_connect():
    pass


async def drained(port, folder):
    """Messages a second of a publisher with 10,000 readings on disk, including the connection."""
    clock = Clock()
    disk = FolderStorage(folder, 262144, True)
    outbox = Outbox(8 << 20, None, disk, False, 1, clock, {JSON: head})
    text = fields_text(FIELDS)
    while len(outbox) < COUNT:
        outbox.append_reading("bench/drain", text, clock.now())
    settings = {key: kind.default for key, kind in MQTT.items()}
    settings["server"] = [("mqtt", "127.0.0.1", port, None)]
    start_us = time.ticks_us()
    topics = Topics("b/{host}/{sensor}", "h")
    publisher = Publisher(settings, "drain", topics, outbox, {}, {}, _ignore_connect)
    while len(outbox):
        await asyncio.sleep_ms(1)
    rate = COUNT * 1000000 // time.ticks_diff(time.ticks_us(), start_us)
    await publisher.stop(1000, False)
    outbox.close()
    return rate


async def main(port, folder, rounds):
    gc.threshold(65536)
    payload = b'{"time": "2026-11-23T06:30:28.088Z", "id": "00000001-10000"' + fields_text(FIELDS)
    for _ in range(rounds):
        print(await bare(port, payload), await drained(port, folder))


asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
