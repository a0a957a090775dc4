# SPDX-License-Identifier: MIT
"""Keeps a connection to one of the brokers and empties the outbox into it."""

import asyncio
import os
import random

from . import log
from .mqtt.client import MQTTClient, MQTTException
from .mqtt.transport import ConnectError, tls_context

_FIRST_DELAY_MS = 500
_LONGEST_DELAY_MS = 60000


class Topics:
    """The names on the wire for one host and one topic template."""

    def __init__(self, template, host):
        for character in "/+#\0":
            host = host.replace(character, "_")
        self._template = template.replace("{host}", host)

    def reading(self, sensor):
        return self._template.replace("{sensor}", sensor)

    def sensor_status(self, sensor):
        return self.reading(sensor) + "/status"

    def host_status(self):
        levels = [level for level in self._template.split("/") if level != "{sensor}"]
        return "/".join(levels + ["status"])


def read_password(settings):
    """The password of [mqtt], from the configuration or from the systemd credential it names.

    Raises OSError, with what to do, if the credential is not there.
    """
    name = settings["password_credential"]
    if name is None:
        return settings["password"]
    directory = os.getenv("CREDENTIALS_DIRECTORY")
    if not directory:
        raise OSError(
            2,
            'the credential "%s" is not there: add LoadCredential=%s:FILE to the unit'
            % (name, name),
        )
    try:
        with open(directory + "/" + name, "rb") as file:
            return file.read().rstrip(b"\r\n")
    except OSError as error:
        raise OSError(2, 'the credential "%s" cannot be read: %s' % (name, error))


class Publisher:
    """One [mqtt] table at work. `run()` never ends by itself; `stop()` says goodbye.

    Attribute: server, the broker it is connected to as "mqtt://host:port", or None.
    """

    def __init__(self, settings, client_id, topics, outbox):
        self._settings = settings
        self._client_id = settings["client_id"] or client_id
        self._topics = topics
        self._outbox = outbox
        self._statuses = {}
        self._client = None
        self.server = None

    def set_status(self, sensor, text):
        """Publishes a sensor's status, retained, now or with the next connection."""
        if self._statuses.get(sensor) == text:
            return
        self._statuses[sensor] = text
        self._post_retained(self._topics.sensor_status(sensor), text or "")

    def forget(self, sensor):
        """Removes the retained status of a sensor that left the configuration."""
        self.set_status(sensor, None)

    def _post_retained(self, topic, text):
        if self.server is not None:
            try:
                self._client.post(topic, text, True, 1, _ignore)
            except MQTTException:
                # The connection just ended: all statuses go out with the next one.
                pass

    async def run(self):
        """Connects, publishes, connects again; the delay between failures doubles up to 60 s."""
        delay_ms = _FIRST_DELAY_MS
        said = None
        while True:
            for scheme, host, port in self._settings["server"]:
                server = "%s://%s:%d" % (scheme, host, port)
                try:
                    await self._connect(scheme, host, port)
                except (MQTTException, ConnectError, OSError) as error:
                    text = "%s: %s" % (
                        server,
                        log.reason(error) if isinstance(error, OSError) else error,
                    )
                    # The same trouble once in the journal, not once a minute for days.
                    (log.debug if text == said else log.warning)(text)
                    said = text
                    continue
                self.server = server
                said = None
                delay_ms = _FIRST_DELAY_MS
                log.info("connected to %s" % server)
                await self._drain()
                log.warning(
                    "%s: %s; %d readings wait" % (server, self._client.error, len(self._outbox))
                )
                break
            await asyncio.sleep_ms(delay_ms // 2 + random.getrandbits(16) * delay_ms // 65536)
            delay_ms = min(2 * delay_ms, _LONGEST_DELAY_MS)

    async def _connect(self, scheme, host, port):
        settings = self._settings
        context = tls_context(settings["ca_file"]) if scheme == "mqtts" else None
        self._client = MQTTClient(
            self._client_id,
            host,
            port,
            settings["username"],
            read_password(settings),
            settings["keepalive"] // 1000,
            context,
        )
        self._client.set_last_will(self._topics.host_status(), "offline", True, 1)
        await self._client.connect()

    async def _drain(self):
        """Publishes until the connection ends."""
        client = self._client
        try:
            client.post(self._topics.host_status(), "online", True, 1, _ignore)
            for sensor, text in self._statuses.items():
                if not client.ready:
                    await client.wait_ready()
                client.post(self._topics.sensor_status(sensor), text or "", True, 1, _ignore)
            self._outbox.rewind()
            closed = asyncio.create_task(_wait_and_set(client.closed, self._outbox.waiting))
            try:
                while client.error is None:
                    await self._send_waiting(client)
                    await self._outbox.waiting.wait()
            finally:
                closed.cancel()
        except MQTTException:
            # The reason is in client.error.
            pass
        finally:
            self.server = None

    async def _send_waiting(self, client):
        while client.error is None:
            if not client.ready:
                await client.wait_ready()
                continue
            entry = self._outbox.take()
            if entry is None:
                return
            number, topic, payload = entry
            client.post(
                topic, payload, False, self._settings["qos"], self._outbox.acknowledge, number
            )

    async def stop(self, timeout_ms):
        """Publishes what waits and `offline`, within `timeout_ms`, and disconnects."""
        if self.server is None:
            return
        self.server = None
        try:
            await asyncio.wait_for_ms(self._farewell(), timeout_ms)
        except (asyncio.TimeoutError, MQTTException, OSError) as error:
            log.warning("could not say goodbye to the broker: %s" % log.reason(error))

    async def _farewell(self):
        await self._send_waiting(self._client)
        while len(self._outbox) and self._client.error is None:
            await asyncio.sleep_ms(5)
        await self._client.publish(self._topics.host_status(), "offline", True, 1)
        await self._client.disconnect()


async def _wait_and_set(event, other):
    await event.wait()
    other.set()


def _ignore(token):
    pass
