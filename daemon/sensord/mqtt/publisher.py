# SPDX-License-Identifier: MIT
"""Keeps a connection to one of the brokers and empties the outbox into it."""

import asyncio
import random

from linux.libc import clock_monotonic_ns

from .. import log
from .credentials import new_client, read_password, server_context
from .stream import MQTTException
from .transport import ConnectError, open_connection

_FIRST_DELAY_MS = 500
# A broker that is back is found within 10 s; a thousand boards make 270 attempts a second then.
_LONGEST_DELAY_MS = 5000
_STEADY_MS = 30000
_LONGEST_RETURN_MS = 3600000
_PROBE_MS = 5000
_DISCONNECT_MS = 2000
_EMPTY_POLL_MS = 5


class Publisher:
    """Serves one [mqtt] table from its making until `stop()`.

    Attributes: server, the broker it is connected to as "mqtt://host:port", or None; connects,
    how often it was connected.
    """

    def __init__(self, settings, client_id, topics, outbox, retained, subscriptions, on_connect):
        """`retained` is {topic: message} of what each new connection publishes, `subscriptions`
        {topic: function of a message (bytes)} of what it listens to; the owner keeps both up to
        date. A message that is None takes back what the broker has. `on_connect()` is called
        with each connection."""
        self._settings = settings
        self._client_id = settings["client_id"] or client_id
        self._topics = topics
        self._outbox = outbox
        self._retained = retained
        self._subscriptions = subscriptions
        self._on_connect = on_connect
        self._client = None
        self._delay_ms = _FIRST_DELAY_MS
        self._return_ms = settings["return_after"]
        self._announcements = []  # topics whose retained message is new
        self._torn = False  # whether a message may be neither in the outbox's hands nor in flight
        self._reported = {}  # the last trouble with each server
        self._wake = asyncio.Event()  # there may be something to send, or the connection ended
        self._emptied = asyncio.Event()  # the outbox has nothing unsent
        self.server = None
        self.connects = 0
        self._tasks = (asyncio.create_task(self._run()), asyncio.create_task(self._watch_outbox()))

    def post(self, topic, payload, retain=False, qos=0):
        """Publishes a message once, if there is a connection: for what is of no use later."""
        if self.server is not None:
            try:
                self._client.post(topic, payload, retain, qos)
            except MQTTException:
                # The connection just ended.
                pass
            except ValueError as error:
                log.warning("%s is not published: %s" % (topic, error))

    def announce(self, topic):
        """Publishes a retained message; without a connection, with the next one."""
        if self.server is not None and topic not in self._announcements:
            # Not now: a storm of commands would fill the memory with what is on its way. Of those
            # that wait on one topic only the last counts.
            self._announcements.append(topic)
            self._wake.set()

    def listen(self, topic):
        """Subscribes to a topic that is new in `subscriptions`; without a connection, with the
        next one."""
        if self.server is not None:
            asyncio.create_task(self._ask(self._client.subscribe, topic, 1))

    def ignore(self, topic):
        """Ends the subscription to a topic that is not in `subscriptions` any more."""
        if self.server is not None:
            asyncio.create_task(self._ask(self._client.unsubscribe, topic))

    def _post_retained(self, topic):
        try:
            self._client.post(topic, self._retained[topic] or "", True, 1)
        except ValueError as error:
            log.warning("%s is not published: %s" % (topic, error))

    def _received(self, topic, message):
        for name, act in self._subscriptions.items():
            if name.encode() == topic:
                act(message)

    async def _watch_outbox(self):
        while True:
            await self._outbox.waiting.wait()
            self._wake.set()
            await self._emptied.wait()
            self._emptied.clear()

    async def _run(self):
        """Connects, publishes, connects again; the delay between failures doubles up to 5 s."""
        while True:
            try:
                for index, server in enumerate(self._settings["server"]):
                    if await self._serve(index, *server):
                        break
            except Exception as error:
                # A mistake here must not end the delivery for good.
                log.error(log.mistake(error))
                if self._client is not None:
                    self._client.close()
            jitter = random.getrandbits(16) * self._delay_ms // 65536
            await asyncio.sleep_ms(self._delay_ms // 2 + jitter)
            self._delay_ms = min(2 * self._delay_ms, _LONGEST_DELAY_MS)

    async def _serve(self, index, scheme, host, port):
        """One connection to one server; returns whether it came about."""
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
            await self._publish(resumed)
        finally:
            back.cancel()
        lasted_ms = (clock_monotonic_ns() - connected_ns) // 1000000
        # A broker that accepts a connection and drops it, again and again, is no better than none.
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
                # To be reached is not to serve: without this a server that drops every connection
                # would be returned to for ever.
                self._return_ms = max(
                    self._return_ms, min(2 * self._return_ms, _LONGEST_RETURN_MS)
                )
                self._delay_ms = _FIRST_DELAY_MS
                log.info("%s://%s:%d can be reached again" % (scheme, host, port))
                await self._disconnect(_DISCONNECT_MS, False)
                return

    def _report(self, server, trouble):
        # The same trouble once in the journal, not once a minute for days.
        write = log.debug if self._reported.get(server, "") == trouble else log.warning
        if trouble is None:
            log.info("connected to %s" % server)
        else:
            write("%s: %s" % (server, trouble))
            self._reported[server] = trouble

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

    async def _publish(self, resumed):
        """Publishes until the connection ends."""
        client = self._client
        try:
            # What is in flight is on its way again; without QoS nobody knows what is.
            if not resumed or self._torn or not self._settings["qos"] or not client.maximum_qos:
                self._outbox.rewind()
            self._torn = False
            if not client.ready:
                await client.wait_ready()
            client.post(self._topics.host_status(), "online", True, 1)
            self._announcements.clear()
            for topic in list(self._retained):
                if not client.ready:
                    await client.wait_ready()
                self._post_retained(topic)
            for topic in list(self._subscriptions):
                await self._ask(client.subscribe, topic, 1)
            closed = asyncio.create_task(_wait_and_set(client.closed, self._wake))
            try:
                while client.error is None:
                    await self._send_waiting()
                    await self._wake.wait()
                    self._wake.clear()
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
            # The end of a connection is reported elsewhere; the next one subscribes to all.
            if self._client.error is None:
                log.warning(str(error))

    async def _send_waiting(self):
        """Sends announcements and readings until none waits, or the connection has ended."""
        client, outbox = self._client, self._outbox
        qos, expiry_s = self._settings["qos"], self._settings["message_expiry"] // 1000
        announced = False
        while client.error is None:
            if not client.ready:
                await client.wait_ready()
                continue
            # In turns: neither of the two kinds keeps the other waiting.
            announced = self._announcements and not announced
            if announced:
                self._post_announcement()
                continue
            entry = outbox.take()
            if entry is None:
                if self._announcements:
                    continue
                self._emptied.set()
                return
            number, topic, payload = entry
            try:
                client.post(topic, payload, False, qos, outbox.acknowledge, number, expiry_s)
            except ValueError as error:
                self._refused(topic, error, number)
            except MQTTException:
                # Whether it is in flight is not known here: a second copy is better than none.
                self._torn = True
                raise

    def _post_announcement(self):
        topic = self._announcements.pop(0)
        # After a change of the topics there may be others.
        if topic in self._retained:
            self._post_retained(topic)

    def _refused(self, topic, reason, number):
        """The broker would refuse the message for ever, and all after it would wait."""
        log.error("a message on %s is lost: %s" % (topic, reason))
        if number is not None:
            self._outbox.refuse(number)

    async def stop(self, timeout_ms, drain):
        """Publishes `offline`, and before it what waits if `drain` is true, and disconnects; all
        of it within `timeout_ms`."""
        # A client that never connected has no error either.
        connected = self.server is not None
        for task in self._tasks:
            task.cancel()
        client = self._client
        if not connected or client.error is not None or client.closed.is_set():
            return
        await self._disconnect(timeout_ms, drain)

    async def _disconnect(self, timeout_ms, drain):
        try:
            await asyncio.wait_for_ms(self._finish(drain), timeout_ms)
        except asyncio.TimeoutError:
            log.warning("clean disconnect from the broker timed out after %d ms" % timeout_ms)
        except MQTTException as error:
            log.warning("clean disconnect from the broker failed: %s" % error)
        finally:
            self._client.close()

    async def _finish(self, drain):
        client = self._client
        # Also what is taken back from a broker that is left.
        while self._announcements and client.error is None:
            await client.wait_ready()
            self._post_announcement()
        if drain:
            await self._send_waiting()
            while len(self._outbox) and client.error is None:
                await asyncio.sleep_ms(_EMPTY_POLL_MS)
        await client.publish(self._topics.host_status(), "offline", True, 1)
        await client.disconnect()


async def _wait_and_set(event, other):
    await event.wait()
    other.set()
