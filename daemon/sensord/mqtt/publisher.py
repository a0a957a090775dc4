# SPDX-License-Identifier: MIT
"""Keeps a connection to one of the brokers: chooses it, retries, and disconnects."""

import asyncio
import random

from .. import log
from .capabilities import Capabilities, differences
from .credentials import new_client, read_password, server_context, server_name
from .endings import Endings
from .sending import Sender, now_ms
from .stream import SILENCE, LoginError, MQTTException
from .transport import ConnectError, open_connection
from .troubles import Troubles

_FIRST_DELAY_MS = 500
# A broker that is back is found within 10 s; a thousand boards make 270 attempts a second then.
_LONGEST_DELAY_MS = 5000
_STEADY_MS = 30000
_WINDOW = 32  # messages in flight
_LARGEST_COMMAND = 4096  # bytes, with its topic
_LONGEST_RETURN_MS = 3600000
_PROBE_MS = 5000
_DISCONNECT_MS = 2000


class Publisher:
    """Serves one [mqtt] table from construction to `stop()`.

    Attributes: server, the broker it is connected to as "mqtt://host:port", or None; connects,
    how many connections it has made; sender, the Sender, which counts what was refused.
    """

    def __init__(self, settings, client_id, topics, outbox, retained, subscriptions, on_connect):
        """Each new connection publishes `retained`, {topic: message}, and subscribes to
        `subscriptions`, {topic: function of (message, retained)}; the owner keeps both up to
        date. A message that is None clears the broker's retained one. `on_connect(resumed)` is
        called with each connection: whether it goes on with the session of the one before."""
        self._settings = settings
        self._name = settings["client_id"] or client_id
        self._topics = topics
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._left = None  # the last server, and when its connection ended (ms)
        self._on_connect = on_connect
        self._client = None
        self.sender = Sender(settings, topics, outbox, retained, subscriptions)
        self._delay_ms = _FIRST_DELAY_MS
        self._return_ms = settings["return_after"]
        self._troubles = Troubles()
        self._capabilities = {}  # of the servers that refused a login
        self._endings = Endings(self.sender, self._name)
        self._leaving = False  # for another server, or for good
        self.server = None
        self.connects = 0
        self._task = asyncio.create_task(self._run())

    def post(self, topic, payload, retain=False, qos=0):
        """Publishes a message once, if there is a connection: for messages of no use later."""
        self.sender.post(topic, payload, retain, qos)

    def try_post(self, topic, payload, on_ack):
        """As Link.try_post()."""
        return self.sender.try_post(topic, payload, on_ack)

    async def wait_ready(self):
        """As Link.wait_ready()."""
        return await self.sender.wait_ready()

    def announce(self, topic):
        """Publishes a message of `retained`; without a connection, with the next one."""
        self.sender.announce(topic)

    def listen(self, topic):
        """Subscribes to a topic that is new in `subscriptions`; without a connection, with the
        next one."""
        self.sender.listen(topic)

    def ignore(self, topic):
        """Ends the subscription to a topic that is not in `subscriptions` any more."""
        self.sender.ignore(topic)

    async def stop(self, timeout_ms, drain):
        """Sends the waiting messages if `drain` is true, publishes `offline` and disconnects, all
        within `timeout_ms`."""
        self._leaving = True
        # A client that never connected has no error either.
        connected = self.server is not None
        self._task.cancel()
        client = self._client
        if connected and client.error is None and not client.closed.is_set():
            await self._disconnect(timeout_ms, drain)
        self.sender.close()

    async def _run(self):
        """Connects, publishes, connects again; the delay between failures doubles up to 5 s."""
        while True:
            try:
                for index, server in enumerate(self._settings["server"]):
                    if await self._serve(index, *server):
                        break
            except Exception as error:
                # A bug here must not end the delivery.
                log.error(log.mistake(error))
                if self._client is not None:
                    self._client.close()
            delay_ms = max(self._delay_ms, self._endings.delay_ms)
            jitter = random.getrandbits(16) * delay_ms // 65536
            await asyncio.sleep_ms(delay_ms // 2 + jitter)
            self._delay_ms = min(2 * self._delay_ms, _LONGEST_DELAY_MS)

    async def _serve(self, index, *address):
        """One connection to one server; returns whether it was made."""
        server = server_name(*address)
        try:
            resumed = await self._log_in(server, address)
        except (MQTTException, ConnectError, OSError) as error:
            if not isinstance(error, LoginError):
                self._endings.not_connected()
            self._troubles.report(
                server, str(error) if isinstance(error, MQTTException) else log.reason(error)
            )
            return False
        client = self._client
        self.server = server
        self.connects += 1
        self._troubles.connected(server)
        for difference in differences(client, self._settings):
            self._troubles.note(server, difference)
        self._on_connect(resumed)
        # Not in ticks, which compare wrongly after 6 days on 32 bit.
        connected_ms = now_ms()
        self._leaving = False
        front = self._outbox.front
        back = asyncio.create_task(self._return(index))
        try:
            await self.sender.run(client, resumed)
        finally:
            self.server = None
            self._left = address, now_ms()
            back.cancel()
        lasted_ms = now_ms() - connected_ms
        # A broker that accepts connections and drops them at once counts as a failed one.
        if lasted_ms >= _STEADY_MS or self._outbox.front != front:
            self._delay_ms = _FIRST_DELAY_MS
        if lasted_ms >= _STEADY_MS:
            self._troubles.steady(server)
            if index == 0:
                self._return_ms = self._settings["return_after"]
        if not self._leaving and self._endings.ended(client, lasted_ms):
            self._delay_ms = _FIRST_DELAY_MS
        text = self._endings.explained(client)
        self._troubles.report(server, "%s; %d readings wait" % (text, len(self._outbox)))
        return True

    async def _log_in(self, server, address):
        """Connects with the login that the broker takes; returns whether the session goes on."""
        while True:
            known = self._capabilities.get(server)
            try:
                resumed = await self._connect(known, *address)
            except LoginError as error:
                if known is None:
                    known = self._capabilities[server] = Capabilities(self._settings)
                if error.code == SILENCE:
                    self._troubles.report(server, str(error))
                if not known.refused(error.code, self._client.protocol):
                    raise
            else:
                if known is None or known.taken():
                    return resumed
                self._client.close()

    async def _return(self, index):
        """Leaves a server for one before it in the list once that can be reached again."""
        while index and self._return_ms:
            await asyncio.sleep_ms(self._return_ms)
            for address in self._settings["server"][:index]:
                _, host, port, _ = address
                try:
                    probe = await open_connection(host, port, None, b"", _PROBE_MS)
                except ConnectError:
                    continue
                probe.close()
                # A reachable server need not work: without this, the daemon would return for ever
                # to a server that drops every connection.
                self._return_ms = max(
                    self._return_ms, min(2 * self._return_ms, _LONGEST_RETURN_MS)
                )
                self._delay_ms = _FIRST_DELAY_MS
                log.info("%s can be reached again" % server_name(*address))
                self._leaving = True
                await self._disconnect(_DISCONNECT_MS, False)
                return

    async def _connect(self, known, scheme, host, port, path):
        """Returns whether the session of the previous connection goes on. `known` are the
        Capabilities of the server, or None for a full login."""
        settings, client = self._settings, self._client
        version = known.version if known is not None else settings["version"]
        if version == "auto":
            version = "5"
        if client is None or client.version != version:
            client = await new_client(settings, self._name, version, scheme, host, port, path)
            client.on_message(self.sender.received)
            client.on_refusal = self.sender.refused
            client.on_oversized = self.sender.read_past
            client.largest_message = _LARGEST_COMMAND
            client.window = _WINDOW
            self._client = client
        else:
            client.use(host, port, await server_context(settings, scheme), path)
            client.log_in_as(settings["username"], read_password(settings))
        client.highest_qos = known.qos if known is not None else settings["qos"]
        client.retain = known.retain if known is not None else settings["retain"] is not False
        if known.will if known is not None else settings["will"]:
            client.set_last_will(
                self._topics.host_status(), "offline", client.retain, client.highest_qos
            )
        else:
            client.set_last_will(None, "")
        suspicion = self.sender.suspicion
        careful = suspicion is not None and suspicion.careful
        waiting = self._waiting(scheme, host, port, path)
        return await client.connect(
            not settings["session_expiry"], careful=careful, waiting=waiting
        )

    def _waiting(self, *server):
        """Decides about the commands that wait at a server, see MQTTClient.connect(): those from
        before this daemon, or from a longer break than the session outlasts, are too old."""
        if self._settings["retained_commands"] == "obey":
            return "take"
        if not self._subscriptions:
            return None
        if self._left is None or self._left[0] != server:
            return "drop"
        return "drop" if now_ms() - self._left[1] > self._settings["session_expiry"] else None

    async def _disconnect(self, timeout_ms, drain):
        client = self._client
        try:
            await asyncio.wait_for_ms(self.sender.finish(client, drain), timeout_ms)
        except asyncio.TimeoutError:
            log.warning("clean disconnect from the broker timed out after %d ms" % timeout_ms)
        except MQTTException as error:
            log.warning("clean disconnect from the broker failed: %s" % error)
        finally:
            client.close()
