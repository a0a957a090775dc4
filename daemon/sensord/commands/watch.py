# SPDX-License-Identifier: MIT
"""`sensord watch`: shows the readings as they come.

They come from the broker if the configuration names one, since the daemon holds the hardware.
Without [mqtt] the command runs the sensors itself. On a terminal each sensor has one line that is
repainted; elsewhere each reading is a line SENSOR JSON.
"""

import asyncio
import json
import os
import struct
import sys
import time

from linux import libc
from linux.signals import Signals

from .. import config, log
from ..errors import EX_OK, EX_UNAVAILABLE
from ..files.utf8 import shown
from ..host import client_id, host_name
from ..mqtt.credentials import new_client, server_name
from ..mqtt.stream import LoginError, MQTTException
from ..mqtt.topics import Topics
from ..mqtt.transport import ConnectError
from ..output.reading import encode
from ..supervisor import Supervisor
from ..visible import visible
from .terminal import show, tell

_PAINT_MS = 500
_TIOCGWINSZ = 0x5413  # <asm-generic/ioctls.h>
_WIDTH = 80
_NAME_WIDTH = 12


class _Lines:
    """Each reading on a line of its own."""

    def reading(self, sensor, payload):
        show("%s %s" % (sensor, payload))

    def status(self, sensor, text):
        if text != "ok":
            tell("%s: %s" % (sensor, text))

    async def paint(self):
        pass


def _width():
    size = bytearray(8)
    try:
        libc.ioctl(1, _TIOCGWINSZ, size)
    except OSError:
        # Not every terminal reports its size.
        return _WIDTH
    return struct.unpack("<HHHH", size)[1] or _WIDTH


def _age(since_ms):
    seconds = time.ticks_diff(time.ticks_ms(), since_ms) // 1000
    return "%d s" % seconds if seconds < 120 else "%d min" % (seconds // 60)


def _fields(payload):
    """A reading as one text; any other message as it is."""
    try:
        reading = json.loads(payload)
        if not isinstance(reading, dict):
            return payload
        parts = []
        # A dict has lost the order: the label first, then by name.
        for name in sorted(reading, key=lambda n: (n != "label", n)):
            value = reading[name]
            if name == "time":
                continue
            parts.append("%s %s" % (name, "%.6g" % value if isinstance(value, float) else value))
        return "  ".join(parts)
    except (ValueError, RuntimeError, MemoryError):
        # No JSON, or arrays within arrays without end.
        return payload


class _Table:
    """A line for each sensor, repainted."""

    def __init__(self, names):
        self._rows = {name: ["…", None, None] for name in names}  # text, when, status
        self._painted = 0

    def reading(self, sensor, payload):
        row = self._rows.setdefault(sensor, ["", None, None])
        row[0], row[1] = _fields(payload), time.ticks_ms()

    def status(self, sensor, text):
        self._rows.setdefault(sensor, ["", None, None])[2] = text

    async def paint(self):
        while True:
            self._paint()
            await asyncio.sleep_ms(_PAINT_MS)

    def _paint(self):
        width = _width()
        lines = []
        for name in sorted(self._rows):
            text, when, status = self._rows[name]
            if status not in (None, "ok"):
                text = status
            head = name + " " * max(1, _NAME_WIDTH - len(name))
            age = _age(when) if when is not None else ""
            head += " " * max(0, 7 - len(age)) + age + "  "
            # The whole text can be long, and only its beginning is seen.
            lines.append(visible(head + text[:width])[:width] + "\x1b[K\n")
        # Several writes would flicker.
        up = "\x1b[%dA" % self._painted if self._painted else ""
        sys.stdout.write("\r" + up + "".join(lines))
        self._painted = len(lines)


async def _from_broker(settings, names, view):
    """Shows the messages of the host's topics; returns the reason of the end as a text."""
    mqtt = settings["mqtt"]
    topics = Topics(mqtt["topic"], host_name())
    readings = {topics.reading(name): name for name in names}
    statuses = {topics.sensor_status(name): name for name in names}

    def received(topic, message):
        # Whoever may publish to these topics may send anything.
        topic = shown(topic)
        if topic in readings:
            view.reading(readings[topic], shown(message))
        elif topic in statuses:
            view.status(statuses[topic], shown(message))

    keys = ("password_credential", "key_credential", "key_passphrase_credential")
    credentials = [mqtt[key] for key in keys if mqtt[key] is not None]
    if credentials and not os.getenv("CREDENTIALS_DIRECTORY"):
        options = " ".join(["-p LoadCredential=%s:FILE" % name for name in credentials])
        return (
            'only the service gets the credential "%s"; run sudo systemd-run -qt %s sensord watch'
            % (credentials[0], options)
        )
    # With the daemon's own identifier the broker would end the daemon's connection.
    identifier = "%s-watch-%d" % (mqtt["client_id"] or client_id(host_name()), libc.getpid())
    trouble = ""
    for server in mqtt["server"]:
        try:
            client = await _connect(mqtt, identifier, received, *server)
            for topic in list(statuses) + list(readings):
                await client.subscribe(topic)
        except (MQTTException, ConnectError, OSError) as error:
            reason = str(error) if isinstance(error, MQTTException) else log.reason(error)
            trouble = "%s: %s" % (server_name(*server), reason)
            continue
        await client.closed.wait()
        return client.error
    return trouble


async def _connect(mqtt, identifier, received, *server):
    """A connected client; of MQTT 3.1.1 if the broker does not take version 5."""
    versions = ("5", "3.1.1") if mqtt["version"] == "auto" else (mqtt["version"],)
    for version in versions:
        client = await new_client(mqtt, identifier, version, *server)
        client.set_callback(received)
        try:
            await client.connect()
            break
        except LoginError:
            if version == versions[-1]:
                raise
    return client


async def _from_sensors(settings, view):
    def deliver(sensor, fields):
        view.reading(sensor, encode(fields).decode())

    supervisor = Supervisor(deliver, view.status)
    supervisor.apply(settings["sensor"], settings["declared"])

    async def keep_healthy():
        while True:
            supervisor.healthy()
            await asyncio.sleep_ms(1000)

    health = asyncio.create_task(keep_healthy())
    try:
        await supervisor.ended.wait()
    finally:
        health.cancel()
        await supervisor.stop(500)


async def _watch(settings):
    names = list(settings["sensor"]) + list(settings["action"])
    view = _Table(names) if libc.isatty(1) else _Lines()
    signals = Signals(libc.SIGTERM, libc.SIGINT)
    painting = asyncio.create_task(view.paint())
    if settings["mqtt"] is not None:
        work = asyncio.create_task(_from_broker(settings, names, view))
    else:
        work = asyncio.create_task(_from_sensors(settings, view))

    async def stop():
        await signals.next()
        work.cancel()

    stopper = asyncio.create_task(stop())
    try:
        return await work
    except asyncio.CancelledError:
        # Expected at Ctrl-C.
        return None
    finally:
        stopper.cancel()
        painting.cancel()


def watch(path):
    """Shows the readings of a configuration until Ctrl-C; returns the exit code."""
    settings = config.load(path)
    # The table shows the sensors' faults; a message between its lines would break it.
    log.set_level("critical" if libc.isatty(1) else "warning")
    trouble = asyncio.run(_watch(settings))
    if trouble is None:
        return EX_OK
    tell(trouble)
    return EX_UNAVAILABLE
