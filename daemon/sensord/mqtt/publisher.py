# SPDX-License-Identifier: MIT
"""Keeps a connection to one of the brokers: chooses it, retries, and disconnects."""

import asyncio
import random

from linux.libc import clock_monotonic_ns

from .. import log
from .credentials import new_client, read_password, server_context
from .sending import Sender
from .stream import MQTTException
from .transport import ConnectError, open_connection

_FIRST_DELAY_MS = 500
# A broker that is back is found within 10 s; a thousand boards make 270 attempts a second then.
_LONGEST_DELAY_MS = 5000
_STEADY_MS = 30000
_LONGEST_RETURN_MS = 3600000
_PROBE_MS = 5000
_DISCONNECT_MS = 2000


class Publisher:
    """Serves one [mqtt] table from construction to `stop()`.

    Attributes: server, the broker it is connected to as "mqtt://host:port", or None; connects,
    how many connections it has made.
    """

    def __init__(self, settings, client_id, topics, outbox, retained, subscriptions, on_connect):
        """Each new connection publishes `retained`, {topic: message}, and subscribes to
        `subscriptions`, {topic: function of a message (bytes)}; the owner keeps both up to date.
        A message that is None clears the broker's retained one. `on_connect()` is called with
        each connection."""
        self._settings = settings
        self._client_id = settings["client_id"] or client_id
        self._topics = topics
        self._outbox = outbox
        self._on_connect = on_connect
        self._client = None
        self._sender = Sender(settings, topics, outbox, retained, subscriptions)
        self._delay_ms = _FIRST_DELAY_MS
        self._return_ms = settings["return_after"]
        self._reported = {}  # the last trouble with each server
        self.server = None
        self.connects = 0
        self._task = asyncio.create_task(self._run())

    def post(self, topic, payload, retain=False, qos=0):
        """Publishes a message once, if there is a connection: for messages of no use later."""
        self._sender.post(topic, payload, retain, qos)

    def announce(self, topic):
        """Publishes a message of `retained`; without a connection, with the next one."""
        self._sender.announce(topic)

    def listen(self, topic):
        """Subscribes to a topic that is new in `subscriptions`; without a connection, with the
        next one."""
        self._sender.listen(topic)

    def ignore(self, topic):
        """Ends the subscription to a topic that is not in `subscriptions` any more."""
        self._sender.ignore(topic)

    async def stop(self, timeout_ms, drain):
        """Sends the waiting messages if `drain` is true, publishes `offline` and disconnects, all
        within `timeout_ms`."""
        # A client that never connected has no error either.
        connected = self.server is not None
        self._task.cancel()
        client = self._client
        if connected and client.error is None and not client.closed.is_set():
            await self._disconnect(timeout_ms, drain)
        self._sender.close()

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
            jitter = random.getrandbits(16) * self._delay_ms // 65536
            await asyncio.sleep_ms(self._delay_ms // 2 + jitter)
            self._delay_ms = min(2 * self._delay_ms, _LONGEST_DELAY_MS)

    async def _serve(self, index, scheme, host, port):
        """One connection to one server; returns whether it was made."""
        server = "%s://%s:%d" % (scheme, host, port)
        try:
            resumed = await self._connect(scheme, host, port)
        except (MQTTException, ConnectError, OSError) as error:
            self._report(
                server, str(error) if isinstance(error, MQTTException) else log.reason(error)
            )
            return False
        self.server = server
        self.connects += 1
        self._report(server, None)
        if self._client.maximum_qos < self._settings["qos"]:
            self._report(server, "it takes QoS 0 only: readings are lost with the connection")
        self._on_connect()
        # Not in ticks, which compare wrongly after 6 days on 32 bit.
        connected_ns = clock_monotonic_ns()
        front = self._outbox.front
        back = asyncio.create_task(self._return(index))
        try:
            await self._sender.run(self._client, resumed)
        finally:
            self.server = None
            back.cancel()
        lasted_ms = (clock_monotonic_ns() - connected_ns) // 1000000
        # A broker that accepts connections and drops them at once counts as a failed one.
        if lasted_ms >= _STEADY_MS or self._outbox.front != front:
            self._delay_ms = _FIRST_DELAY_MS
        if lasted_ms >= _STEADY_MS:
            self._reported.pop(server, None)
            if index == 0:
                self._return_ms = self._settings["return_after"]
        self._report(server, "%s; %d readings wait" % (self._client.error, len(self._outbox)))
        return True

    async def _return(self, index):
        """Leaves a server for one before it in the list once that can be reached again."""
        while index and self._return_ms:
            await asyncio.sleep_ms(self._return_ms)
            for scheme, host, port in self._settings["server"][:index]:
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
                log.info("%s://%s:%d can be reached again" % (scheme, host, port))
                await self._disconnect(_DISCONNECT_MS, False)
                return

    def _report(self, server, trouble):
        # The journal gets the same trouble once, not once a minute for days.
        write = log.debug if self._reported.get(server, "") == trouble else log.warning
        if trouble is None:
            log.info("connected to %s" % server)
        else:
            write("%s: %s" % (server, trouble))
            self._reported[server] = trouble

    async def _connect(self, scheme, host, port):
        """Returns whether the session of the previous connection goes on."""
        client = self._client
        if client is None:
            client = await new_client(self._settings, self._client_id, scheme, host, port)
            client.set_callback(self._sender.received)
            client.set_last_will(self._topics.host_status(), "offline", True, 1)
            client.on_refusal = self._sender.refused
            self._client = client
        else:
            client.use(host, port, await server_context(self._settings, scheme))
            client.log_in_as(self._settings["username"], read_password(self._settings))
        return await client.connect(not self._settings["session_expiry"])

    async def _disconnect(self, timeout_ms, drain):
        client = self._client
        try:
            await asyncio.wait_for_ms(self._sender.finish(client, drain), timeout_ms)
        except asyncio.TimeoutError:
            log.warning("clean disconnect from the broker timed out after %d ms" % timeout_ms)
        except MQTTException as error:
            log.warning("clean disconnect from the broker failed: %s" % error)
        finally:
            client.close()
