# SPDX-License-Identifier: MIT
"""Sends retained messages, subscriptions and the outbox to the broker over a connection."""

import asyncio

from linux.libc import clock_monotonic_ns

from .. import log
from .stream import MQTTException

_EMPTY_POLL_MS = 5
_MOST_REFUSALS = 8  # readings that are set aside, one after the other, before one is taken
_MOST_TOLD = 64  # refusals that are remembered as told
_HELD_MS = 5500  # how often held messages are looked at again: when Suspicion lets one be tried


def now_ms():
    """A clock that never goes back nor wraps."""
    return clock_monotonic_ns() // 1000000


class Sender:
    """Sends over one connection after the other.

    Attributes: client, the MQTTClient that sends, or None while there is no connection; suspicion,
    a Suspicion, or None while no message is suspected to end connections; refused_states, how many
    retained messages the broker refused; oversized, how many messages were read past.
    """

    def __init__(self, settings, topics, outbox, retained, subscriptions):
        """As Publisher."""
        self._qos = settings["qos"]
        self._retain = settings["retain"] is True
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
        self._told = set()
        self._sizes = {}  # {number in flight: (topic, size)}, while there is a suspicion
        self._held = set()  # topics of which messages are held
        self._look_ms = 0  # when to look at them again
        self._look_again = False  # at what is held, once nothing is in flight
        self._refusals = 0  # of readings, until one is acknowledged while there is a suspicion
        self._own_topics = topics.beginning
        self.client = None
        self.suspicion = None
        self.refused_states = 0
        self.oversized = 0

    def post(self, topic, payload, retain, qos):
        """Publishes a message once, if there is a connection."""
        if self.client is not None:
            if qos and not self.client.ready:
                return
            try:
                self.client.post(topic, payload, retain, qos)
            except MQTTException:
                # The connection just ended.
                pass
            except ValueError as error:
                log.warning("%s is not published: %s" % (topic, error))

    def try_post(self, topic, payload, on_ack):
        """Publishes a retained message once with QoS 1, if there is a connection; see Link."""
        if self.client is None:
            return None
        if self.suspicion and self._verdict(topic, len(payload), False):
            return self.suspicion.reason(topic)

        def acknowledged(topic):
            self._state_acknowledged(topic)
            if on_ack is not None:
                on_ack(topic)

        try:
            self.client.post(topic, payload, True, 1, acknowledged, topic)
        except MQTTException:
            # The connection just ended.
            pass
        except ValueError as error:
            return str(error)
        return None

    async def wait_ready(self):
        """Waits until another message may be sent; returns whether there is a connection."""
        client = self.client
        if client is None:
            return False
        await client.wait_ready()
        return self.client is client and client.error is None

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

    def received(self, topic, message, retained):
        """A message (bytes) of a subscription; see Receiver."""
        for name, act in self._subscriptions.items():
            if name.encode() == topic:
                act(message, retained)

    def read_past(self, topic, size):
        """A message of a subscription that is too large to be one for a sensor."""
        self.oversized += 1
        topic = "".join([chr(byte) if 32 <= byte < 127 else "?" for byte in topic])
        self._tell_once(topic, size, "ignored", "it is too large for a command")

    def refused(self, topic, payload, reason, number):
        """The broker does not take a message. `number` is its number in the outbox; a retained one
        has none."""
        is_reading = isinstance(number, int)
        self._refusals += is_reading
        if is_reading and self._refusals > _MOST_REFUSALS:
            suspicion = self.suspect()
            if not suspicion.is_proven(topic):
                # It may be all readings that are refused: they wait until one is taken.
                suspicion.hold(topic, len(payload), reason, now_ms())
                self._held.add(topic)
                done = "refused like those before it, and waits"
                self._tell_once(topic, len(payload), done, reason)
                return
        self.give_up(topic, payload, reason, number)

    def give_up(self, topic, payload, reason, number):
        """Sets a message of the outbox aside, as all after it would wait for it; does not publish
        a retained one."""
        if not isinstance(number, int):
            self.refused_states += 1
            self._tell_once(topic, len(payload), "not published", reason)
            return
        self._tell_once(topic, len(payload), "set aside, see sensord outbox", reason)
        if isinstance(payload, str):
            payload = payload.encode()
        self._outbox.refuse(number, topic, payload, reason)

    def suspect(self):
        """The Suspicion, which is made if there is none."""
        if self.suspicion is None:
            # Imported when needed: most brokers take everything.
            from .suspicion import Suspicion

            self.suspicion = Suspicion(self._own_topics)
        return self.suspicion

    def _tell_once(self, topic, size, done, reason):
        key = (topic, done, reason)
        if key in self._told:
            return
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told.add(key)
        log.error("a message of %d bytes on %s is %s: %s" % (size, topic, done, reason))

    async def run(self, client, resumed):
        """Publishes until the connection ends; `resumed`: whether it continues the session of the
        previous connection."""
        self.client = client
        self._look_again = False
        self._held.clear()
        self._look_ms = now_ms() + _HELD_MS
        self._sizes.clear()
        try:
            # The messages in flight are on their way again; QoS 0 keeps no record of them.
            if not resumed or self._torn or not self._qos or not client.maximum_qos:
                self._outbox.rewind()
            self._torn = False
            if not client.ready:
                await client.wait_ready()
            self._post_state(client, self._host_status, "online")
            self._announcements.clear()
            for topic in list(self._retained):
                if not client.ready:
                    await client.wait_ready()
                self._post_retained(client, topic)
            for topic in list(self._subscriptions):
                if self.suspicion and self._verdict(topic, 0, False):
                    continue
                await self._request(client, client.subscribe, topic, 1)
            closed = asyncio.create_task(_wait_and_set(client.closed, self._wake))
            try:
                while client.error is None:
                    await self._send_waiting(client)
                    if self._held:
                        await self._wait_held()
                    else:
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
            if self._look_again or (self._held and now_ms() >= self._look_ms):
                await client.wait_idle()
                self._look_again = False
                self._held.clear()
                self._look_ms = now_ms() + _HELD_MS
                outbox.rewind()
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
            on_ack = outbox.acknowledge
            if self.suspicion:
                if topic in self._held:
                    # Those of its topic before it come first.
                    continue
                verdict = self._verdict(topic, len(payload), True)
                if verdict == self.suspicion.REFUSE:
                    self.give_up(topic, payload, self.suspicion.reason(topic), number)
                elif verdict == self.suspicion.HOLD:
                    self._held.add(topic)
                if verdict:
                    continue
                self._sizes[number] = topic, len(payload)
                on_ack = self._acknowledged
            try:
                retain = self._retain and outbox.took_reading
                client.post(topic, payload, retain, qos, on_ack, number, expiry_s)
            except ValueError as error:
                self.give_up(topic, payload, str(error), number)
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
        self._post_state(client, topic, self._retained[topic] or "")

    def _post_state(self, client, topic, text):
        on_ack = token = None
        if self.suspicion:
            if self._verdict(topic, len(text), False):
                return
            on_ack, token = self._state_acknowledged, topic
        try:
            client.post(topic, text, True, 1, on_ack, token)
        except ValueError as error:
            self.give_up(topic, text, str(error), None)

    # While a message is suspected to end connections

    def _verdict(self, topic, size, is_reading):
        return self.suspicion.judge(topic, size, is_reading, now_ms())

    def _acknowledged(self, number):
        self._outbox.acknowledge(number)
        self._refusals = 0
        entry = self._sizes.pop(number, None)
        if entry is None or self.suspicion is None:
            return
        was_careful = self.suspicion.careful
        self.suspicion.acknowledged(*entry)
        if was_careful and not self.suspicion.careful and self.client is not None:
            self.client.end_care()
        # Now it is known that the broker takes others.
        self._look_again = bool(self._held)
        if not self.suspicion:
            self.suspicion = None
            self._sizes.clear()

    def _state_acknowledged(self, topic):
        if self.suspicion is not None:
            self.suspicion.state_acknowledged(topic)

    async def _wait_held(self):
        try:
            await asyncio.wait_for_ms(self._wake.wait(), _HELD_MS)
        except asyncio.TimeoutError:
            # Nothing new has come: those that are held come next.
            return

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
