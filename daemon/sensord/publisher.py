# SPDX-License-Identifier: MIT
"""Keeps a connection to one of the brokers and empties the outbox into it."""

import asyncio
import os
import random

from linux.libc import clock_monotonic_ns

from . import log
from .mqtt.client import MQTTClient, MQTTException
from .mqtt.transport import ConnectError, open_connection, tls_context

_FIRST_DELAY_MS = 500
# A broker that is back is found within 10 s; a thousand boards make 270 attempts a second then.
_LONGEST_DELAY_MS = 5000
_STEADY_MS = 30000
_LONGEST_RETURN_MS = 3600000
_PROBE_MS = 5000
_LEAVE_MS = 2000


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

    def command(self, name):
        return self.reading(name) + "/set"

    def host_status(self):
        return self._host("status")

    def host_metrics(self):
        return self._host("metrics")

    def _host(self, name):
        levels = [level for level in self._template.split("/") if level != "{sensor}"]
        return "/".join(levels + [name])


def _credential_path(name):
    directory = os.getenv("CREDENTIALS_DIRECTORY")
    if not directory:
        raise OSError(
            2,
            'the credential "%s" is not there: add LoadCredential=%s:FILE to the unit, restart it'
            % (name, name),
        )
    return directory + "/" + name


def read_password(settings):
    """The password of [mqtt], from the configuration or from the systemd credential it names.

    Raises OSError, with what to do, if the credential is not there.
    """
    name = settings["password_credential"]
    if name is None:
        return settings["password"]
    try:
        with open(_credential_path(name), "rb") as file:
            return file.read().rstrip(b"\r\n")
    except OSError as error:
        if len(error.args) > 1:
            raise
        raise OSError(2, 'the credential "%s" cannot be read: %s' % (name, log.reason(error)))


async def server_context(settings, scheme):
    """The TLS context for a server of an [mqtt] table, or None without TLS. OSError."""
    if scheme != "mqtts":
        return None
    key_file = settings["key_file"]
    if settings["key_credential"] is not None:
        key_file = _credential_path(settings["key_credential"])
    return await tls_context(settings["ca_file"], settings["cert_file"], key_file)


async def new_client(settings, client_id, scheme, host, port):
    """The client of an [mqtt] table for one of its servers, not connected yet. OSError."""
    return MQTTClient(
        client_id,
        host,
        port,
        settings["username"],
        read_password(settings),
        settings["keepalive"] // 1000,
        await server_context(settings, scheme),
        settings["version"],
        settings["session_expiry"] // 1000,
    )


class Publisher:
    """One [mqtt] table at work, from its making until `stop()`.

    Attributes: server, the broker it is connected to as "mqtt://host:port", or None; connects,
    how often it was connected.
    """

    def __init__(self, settings, client_id, topics, outbox, retained, subscriptions):
        """`retained` is {topic: message} of what each new connection publishes, `subscriptions`
        {topic: function of a message (bytes)} of what it listens to; the owner keeps both up to
        date. A message that is None takes back what the broker keeps."""
        self._settings = settings
        self._client_id = settings["client_id"] or client_id
        self._topics = topics
        self._outbox = outbox
        self._retained = retained
        self._subscriptions = subscriptions
        self._client = None
        self._delay_ms = _FIRST_DELAY_MS
        self._return_ms = settings["return_after"]
        self._announcements = []  # topics whose retained message is new
        self._torn = False  # whether a message may be neither in the outbox's hands nor in flight
        self._said = {}
        self.server = None
        self.connects = 0
        self._task = asyncio.create_task(self._run())

    def post(self, topic, payload, retain=False, qos=0):
        """Publishes a message once, if there is a connection: for what is of no use later."""
        if self.server is not None:
            try:
                self._client.post(topic, payload, retain, qos, _ignore)
            except MQTTException:
                # The connection just ended.
                pass

    def announce(self, topic):
        """Publishes a retained message; without a connection, with the next one."""
        if self.server is not None and topic not in self._announcements:
            # Not now: a storm of commands would fill the memory with what is on its way. Of those
            # that wait on one topic only the last counts.
            self._announcements.append(topic)
            self._outbox.waiting.set()

    def listen(self, topic):
        """Subscribes to a topic that is new in `subscriptions`; without a connection, with the
        next one."""
        if self.server is not None:
            asyncio.create_task(self._ask(self._client.subscribe, topic, 1))

    def ignore(self, topic):
        """Ends the subscription to a topic that is not in `subscriptions` any more."""
        if self.server is not None:
            asyncio.create_task(self._ask(self._client.unsubscribe, topic))

    def _post_retained(self, client, topic):
        client.post(topic, self._retained[topic] or "", True, 1, _ignore)

    def _post_announcement(self, client):
        topic = self._announcements.pop(0)
        # After a change of the topics the old ones are none of ours.
        if topic in self._retained:
            self._post_retained(client, topic)

    def _received(self, topic, message):
        for name, act in self._subscriptions.items():
            if name.encode() == topic:
                act(message)

    async def _run(self):
        """Connects, publishes, connects again; the delay between failures doubles up to 5 s."""
        while True:
            try:
                for index, server in enumerate(self._settings["server"]):
                    if await self._serve(index, *server):
                        break
            except Exception as error:
                # A mistake here must not end the delivery for good.
                log.trace(error)
                log.error("internal error: %s" % log.reason(error))
            jitter = random.getrandbits(16) * self._delay_ms // 65536
            await asyncio.sleep_ms(self._delay_ms // 2 + jitter)
            self._delay_ms = min(2 * self._delay_ms, _LONGEST_DELAY_MS)

    async def _serve(self, index, scheme, host, port):
        """One connection to one server; returns whether it came about."""
        server = "%s://%s:%d" % (scheme, host, port)
        try:
            resumed = await self._connect(scheme, host, port)
        except (MQTTException, ConnectError, OSError) as error:
            self._say(
                server, str(error) if isinstance(error, MQTTException) else log.reason(error)
            )
            return False
        self.server = server
        self.connects += 1
        self._say(server, None)
        if self._client.maximum_qos < self._settings["qos"]:
            self._say(server, "it takes QoS 0 only: readings are lost with the connection")
        # Not in ticks, which compare wrongly after 6 days on 32 bit.
        connected_ns = clock_monotonic_ns()
        waiting = self._outbox.front
        back = asyncio.create_task(self._return(self._client, index))
        try:
            await self._drain(self._client, resumed)
        finally:
            back.cancel()
        lasted_ms = (clock_monotonic_ns() - connected_ns) // 1000000
        # A broker that accepts and drops us, again and again, is no better than none.
        if lasted_ms >= _STEADY_MS or self._outbox.front != waiting:
            self._delay_ms = _FIRST_DELAY_MS
        if lasted_ms >= _STEADY_MS:
            self._said.pop(server, None)
            if index == 0:
                self._return_ms = self._settings["return_after"]
        self._say(server, "%s; %d readings wait" % (self._client.error, len(self._outbox)))
        return True

    async def _return(self, client, index):
        """Leaves a server for one before it in the list once that can be reached again."""
        while index and self._return_ms:
            await asyncio.sleep_ms(self._return_ms)
            for scheme, host, port in self._settings["server"][:index]:
                try:
                    probe = await open_connection(host, port, None, b"", _PROBE_MS)
                except ConnectError:
                    continue
                probe.close()
                # Reached is not yet served: a server that drops us would be returned to for ever.
                self._return_ms = max(
                    self._return_ms, min(2 * self._return_ms, _LONGEST_RETURN_MS)
                )
                self._delay_ms = _FIRST_DELAY_MS
                log.info("%s://%s:%d can be reached again" % (scheme, host, port))
                await self._leave(client, _LEAVE_MS, False)
                return

    def _say(self, server, trouble):
        # The same trouble once in the journal, not once a minute for days.
        write = log.debug if self._said.get(server, "") == trouble else log.warning
        if trouble is None:
            log.info("connected to %s" % server)
        else:
            write("%s: %s" % (server, trouble))
            self._said[server] = trouble

    async def _connect(self, scheme, host, port):
        """Returns whether the session of the connection before goes on."""
        client = self._client
        if client is None:
            client = await new_client(self._settings, self._client_id, scheme, host, port)
            client.set_callback(self._received)
            client.set_last_will(self._topics.host_status(), "offline", True, 1)
            client.on_refusal = self._refused
            self._client = client
        else:
            client.use(host, port, await server_context(self._settings, scheme))
            client.log_in_as(self._settings["username"], read_password(self._settings))
        return await client.connect(not self._settings["session_expiry"])

    async def _drain(self, client, resumed):
        """Publishes until the connection ends."""
        try:
            # What is in flight is on its way again; without QoS nobody knows what is.
            if not resumed or self._torn or not self._settings["qos"] or not client.maximum_qos:
                self._outbox.rewind()
            self._torn = False
            if not client.ready:
                await client.wait_ready()
            client.post(self._topics.host_status(), "online", True, 1, _ignore)
            self._announcements.clear()
            for topic in list(self._retained):
                if not client.ready:
                    await client.wait_ready()
                self._post_retained(client, topic)
            for topic in list(self._subscriptions):
                await self._ask(client.subscribe, topic, 1)
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

    async def _ask(self, ask, *arguments):
        try:
            await ask(*arguments)
        except MQTTException as error:
            # A connection that ends says so itself; all are subscribed to with the next one.
            if self._client.error is None:
                log.warning(str(error))

    async def _send_waiting(self, client):
        qos, expiry_s = self._settings["qos"], self._settings["message_expiry"] // 1000
        acknowledge = self._outbox.acknowledge
        announced = False
        while client.error is None:
            if not client.ready:
                await client.wait_ready()
                continue
            # In turns: neither of the two kinds keeps the other waiting.
            announced = self._announcements and not announced
            if announced:
                self._post_announcement(client)
                continue
            entry = self._outbox.take()
            if entry is None:
                if self._announcements:
                    continue
                return
            number, topic, payload = entry
            try:
                client.post(topic, payload, False, qos, acknowledge, number, expiry_s)
            except ValueError as error:
                self._refused(topic, error, number)
            except MQTTException:
                # Whether it is in flight is not known here: a second copy is better than none.
                self._torn = True
                raise

    def _refused(self, topic, reason, number):
        """It would be refused for ever, and all that comes after it would wait."""
        log.error("a message on %s is lost: %s" % (topic, reason))
        if number is not None:
            self._outbox.refuse(number)

    async def stop(self, timeout_ms, drain):
        """Publishes `offline`, and first what waits if `drain` is true, and disconnects; all of
        it within `timeout_ms`."""
        # A client that never connected has no error either.
        connected = self.server is not None
        self._task.cancel()
        client = self._client
        if not connected or client.error is not None or client.closed.is_set():
            return
        await self._leave(client, timeout_ms, drain)

    async def _leave(self, client, timeout_ms, drain):
        try:
            await asyncio.wait_for_ms(self._farewell(client, drain), timeout_ms)
        except asyncio.TimeoutError:
            log.warning("the broker did not take our leave within %d ms" % timeout_ms)
        except MQTTException as error:
            log.warning("could not take leave of the broker: %s" % error)
        finally:
            client.close()

    async def _farewell(self, client, drain):
        # Also what is taken back from a broker that we leave.
        while self._announcements and client.error is None:
            await client.wait_ready()
            self._post_announcement(client)
        if drain:
            await self._send_waiting(client)
            while len(self._outbox) and client.error is None:
                await asyncio.sleep_ms(5)
        await client.publish(self._topics.host_status(), "offline", True, 1)
        await client.disconnect()


async def _wait_and_set(event, other):
    await event.wait()
    other.set()


def _ignore(token):
    pass
