# SPDX-License-Identifier: MIT
"""Sends retained messages, subscriptions and the outbox to the broker over a connection."""

import asyncio

from .. import log
from .stream import MQTTException

_EMPTY_POLL_MS = 5


class Sender:
    """Sends over one connection after the other.

    Attribute: client, the MQTTClient that sends, or None while there is no connection.
    """

    def __init__(self, settings, topics, outbox, retained, subscriptions):
        """As Publisher."""
        self._qos = settings["qos"]
        self._expiry_s = settings["message_expiry"] // 1000
        self._host_status = topics.host_status()
        self._outbox = outbox
        self._retained = retained
        self._subscriptions = subscriptions
        self._announcements = []  # topics whose retained message is new
        self._torn = False  # whether a message taken from the outbox may not be in flight
        self._wake = asyncio.Event()  # there may be something to send, or the connection ended
        self._emptied = asyncio.Event()  # the outbox has nothing unsent
        self._watch = asyncio.create_task(self._watch_outbox())
        self.client = None

    def post(self, topic, payload, retain, qos):
        """Publishes a message once, if there is a connection."""
        if self.client is not None:
            try:
                self.client.post(topic, payload, retain, qos)
            except MQTTException:
                # The connection just ended.
                pass
            except ValueError as error:
                log.warning("%s is not published: %s" % (topic, error))

    def announce(self, topic):
        """Publishes a retained message; without a connection, with the next one."""
        if self.client is not None and topic not in self._announcements:
            # Not now: a storm of commands would fill the memory with messages in flight. Of those
            # that wait on one topic only the last counts.
            self._announcements.append(topic)
            self._wake.set()

    def listen(self, topic):
        """Subscribes to a topic; without a connection, with the next one."""
        if self.client is not None:
            asyncio.create_task(self._request(self.client, self.client.subscribe, topic, 1))

    def ignore(self, topic):
        """Ends the subscription to a topic."""
        if self.client is not None:
            asyncio.create_task(self._request(self.client, self.client.unsubscribe, topic))

    def received(self, topic, message):
        """A message (bytes) of a subscription."""
        for name, act in self._subscriptions.items():
            if name.encode() == topic:
                act(message)

    def refused(self, topic, reason, number):
        """Drops a message that the broker would refuse for ever, and all after it would wait."""
        log.error("a message on %s is lost: %s" % (topic, reason))
        if number is not None:
            self._outbox.refuse(number)

    async def run(self, client, resumed):
        """Publishes until the connection ends; `resumed`: whether it continues the session of the
        previous connection."""
        self.client = client
        try:
            # The messages in flight are on their way again; QoS 0 keeps no record of them.
            if not resumed or self._torn or not self._qos or not client.maximum_qos:
                self._outbox.rewind()
            self._torn = False
            if not client.ready:
                await client.wait_ready()
            client.post(self._host_status, "online", True, 1)
            self._announcements.clear()
            for topic in list(self._retained):
                if not client.ready:
                    await client.wait_ready()
                self._post_retained(client, topic)
            for topic in list(self._subscriptions):
                await self._request(client, client.subscribe, topic, 1)
            closed = asyncio.create_task(_wait_and_set(client.closed, self._wake))
            try:
                while client.error is None:
                    await self._send_waiting(client)
                    await self._wake.wait()
                    self._wake.clear()
            finally:
                closed.cancel()
        except MQTTException:
            # The reason is in client.error.
            pass
        finally:
            self.client = None

    async def finish(self, client, drain):
        """Sends the waiting messages if `drain` is true, publishes `offline` and disconnects.

        Raises MQTTException if the connection ends before."""
        # Also the topics to clear at a broker that the daemon leaves.
        while self._announcements and client.error is None:
            await client.wait_ready()
            self._post_announcement(client)
        if drain:
            await self._send_waiting(client)
            while len(self._outbox) and client.error is None:
                await asyncio.sleep_ms(_EMPTY_POLL_MS)
        await client.publish(self._host_status, "offline", True, 1)
        await client.disconnect()

    def close(self):
        """There will be no other connection."""
        self._watch.cancel()

    async def _watch_outbox(self):
        while True:
            await self._outbox.waiting.wait()
            self._wake.set()
            await self._emptied.wait()
            self._emptied.clear()

    async def _send_waiting(self, client):
        """Sends announcements and readings until none waits, or the connection has ended."""
        outbox, qos, expiry_s = self._outbox, self._qos, self._expiry_s
        announced = False
        while client.error is None:
            if not client.ready:
                await client.wait_ready()
                continue
            # In turns, so that neither of the two kinds delays the other.
            announced = self._announcements and not announced
            if announced:
                self._post_announcement(client)
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
                self.refused(topic, error, number)
            except MQTTException:
                # It may be in flight or not: a second copy is better than none.
                self._torn = True
                raise

    def _post_announcement(self, client):
        topic = self._announcements.pop(0)
        # After a change of the topics there may be others.
        if topic in self._retained:
            self._post_retained(client, topic)

    def _post_retained(self, client, topic):
        try:
            client.post(topic, self._retained[topic] or "", True, 1)
        except ValueError as error:
            log.warning("%s is not published: %s" % (topic, error))

    async def _request(self, client, request, *arguments):
        try:
            await request(*arguments)
        except MQTTException as error:
            # The end of a connection is reported elsewhere; the next one subscribes to all.
            if client.error is None:
                log.warning(str(error))


async def _wait_and_set(event, other):
    await event.wait()
    other.set()
