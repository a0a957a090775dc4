# SPDX-License-Identifier: MIT
"""Drives the MQTT client over connections to a virtual broker; see fuzzing.py for its command
line.

An input is a list of decisions: what the client is asked to do, and what the broker answers: the
right thing, at the wrong time, twice, mutated, or any bytes. Failures are an exception other than
MQTTException, a message that counts as acknowledged and that the broker did not acknowledge, and
all that the broker asserts: identifiers in use, its limits, packets that are no MQTT.
"""

import asyncio
import struct

import fuzzing
from fuzzing import Choices
from virtual_broker import (
    PINGREQ,
    PUBACK,
    PUBLISH,
    SUBACK,
    SUBSCRIBE,
    UNSUBACK,
    Broker,
    Limits,
    encoded,
)

from sensord.mqtt import client as mqtt
from sensord.mqtt import stream
from sensord.mqtt.session import WRITE_AHEAD_BYTES

MOST_STEPS = 60
TOPICS = ("a", "sensord/host/noise", "sensord/host/\xe9" * 8)
TURNS = 4  # of the event loop after each step, so that the client reads what came


def make():
    return fuzzing.random_bytes(200)


class Scenario:
    def __init__(self, data):
        self.choices = Choices(data)
        self._is_5 = bool(self.choices.byte() % 2)
        self.broker = Broker(self._is_5)
        self._tokens = 0
        self._done = self.broker.done
        self._tasks = []
        self._knows_limits = True  # whether the client was told what the broker thinks
        self.errors = []
        self.received = 0

    async def run(self):
        choices = self.choices
        client = mqtt.MQTTClient(
            "id", "broker", version="5" if self._is_5 else "3.1.1", session=choices.byte() % 2 * 60
        )
        client.window = (1, 2, 3, 32)[choices.below(4)]
        client.on_refusal = self._refused
        client.set_callback(self._message)
        keeps = choices.byte() % 4 > 0
        for _ in range(3):
            await self._connection(client, keeps)
            if not choices.left:
                break
        client.close()
        for task in self._tasks:
            task.cancel()
        await self._turns()
        return len(self._done) + self.received

    def _message(self, topic, message):
        assert isinstance(topic, bytes) and isinstance(message, bytes)
        self.received += 1

    def _acknowledged(self, token):
        assert token in self.broker.acknowledged, "%d was not acknowledged" % token
        assert token not in self._done, "%d is acknowledged twice" % token
        self._done.add(token)

    def _refused(self, topic, reason, token, *_):
        assert token not in self._done

    async def _turns(self):
        for _ in range(TURNS):
            await asyncio.sleep_ms(0)

    async def _connection(self, client, keeps):
        choices, broker = self.choices, self.broker
        broker.limits, self._knows_limits = self._limits(), True
        answer = asyncio.create_task(self._answer_connect(keeps))
        try:
            await client.connect(not keeps)
        except mqtt.MQTTException:
            return
        finally:
            answer.cancel()
        for _ in range(MOST_STEPS):
            if not choices.left or client.error is not None:
                break
            await self._step(client)
            assert client.pending <= 2 * WRITE_AHEAD_BYTES, "it writes and writes"
        if choices.byte() % 2:
            await client.disconnect()
        else:
            broker.connection.end()
        await self._turns()
        if choices.byte() % 4 == 0:
            broker.forget()

    def _limits(self):
        if not self._is_5 or self.choices.byte() % 2:
            return Limits()
        choices = self.choices
        return Limits(
            choices.below(5) + 1,
            choices.below(3),
            bool(choices.below(2)),
            (1 << 30, 40, 200)[choices.below(3)],
            (0, 1, 10)[choices.below(3)],
        )

    async def _answer_connect(self, keeps):
        """CONNACK, as soon as there is a connection, or what a bad broker says."""
        choices, broker = self.choices, self.broker
        while broker.connection is None or broker.connection.closed:
            await asyncio.sleep_ms(0)
        present = keeps and choices.byte() % 4 > 0
        if not present:
            broker.forget()
        how = choices.byte()
        body = bytes((1 if present else 0, 0 if how % 16 else how // 16))
        if self._is_5:
            properties = broker.limits.properties()
            body += bytes((len(properties),)) + properties
        data = encoded(0x20, body)
        if how % 16 == 1:
            data = self._mutated(data)
            # Whatever it says now.
            broker.limits, self._knows_limits = Limits(aliases=65535), False
        broker.send(data)
        if how % 16 == 2:
            broker.send(choices.take(8))
        # A broker that says nothing would be waited for.
        if how % 16 < 2:
            broker.connection.end()

    def _mutated(self, data):
        data = bytearray(data)
        for _ in range(self.choices.below(3) + 1):
            data[self.choices.below(len(data))] = self.choices.byte()
        return bytes(data)

    async def _step(self, client):
        choices = self.choices
        what = choices.below(16)
        try:
            if what < 5:
                self._post(client)
            elif what == 5:
                self._request(client)
            elif what == 6:
                await client.ping()
            elif what < 13:
                self._answer()
            elif what == 13:
                self._publish()
            elif what == 14:
                self._nonsense()
            else:
                self.broker.breaks = choices.byte() % 16 == 0
        except mqtt.MQTTException:
            # The connection has ended.
            pass
        await self._turns()

    def _post(self, client):
        choices = self.choices
        for _ in range(choices.below(4) + 1):
            # As the daemon does: what was full a moment ago may be posted to all the same.
            if not client.ready:
                return
            self._tokens += 1
            token = self._tokens
            message = b"%d %s" % (token, b"x" * choices.of((0, 1, 20, 300)))
            qos = 1 if choices.below(4) else 0
            waits = qos and client.maximum_qos
            # Without QoS there is no acknowledgement to wait for.
            on_ack = self._acknowledged if waits else self._done.add
            topic, retain, expiry_s = (
                choices.of(TOPICS),
                choices.below(2) > 0,
                choices.below(2) * 60,
            )
            try:
                client.post(topic, message, retain, qos, on_ack, token, expiry_s)
            except ValueError:
                # Longer than the broker takes.
                assert self.broker.limits.most_bytes < 400 or not self._knows_limits
                continue
            assert waits or token in self._done, "a message of QoS 0 is never acknowledged"

    def _request(self, client):
        choices = self.choices
        request = client.subscribe if choices.below(2) else client.unsubscribe
        self._tasks.append(asyncio.create_task(self._requested(request, choices.of(TOPICS))))
        self._tasks = self._tasks[-8:]

    async def _requested(self, request, topic):
        try:
            await request(topic)
        except mqtt.MQTTException:
            # Refused, or the connection has ended.
            return

    def _answer(self):
        """Answers one of the packets that have none yet, mostly the first and rightly."""
        choices, broker = self.choices, self.broker
        if not broker.due:
            return
        how = choices.byte()
        at = 0 if how % 4 else choices.below(len(broker.due))
        kind, identifier = broker.due.pop(at)
        if how % 32 == 1:
            identifier = choices.below(65536)
        data = self._answer_to(kind, identifier, how)
        if how % 32 == 2:
            data = self._mutated(data)
        broker.send(data)
        if how % 32 == 3:
            broker.send(data)

    def _answer_to(self, kind, identifier, how):
        packed = struct.pack(">H", identifier)
        if kind == PINGREQ:
            return b"\xd0\x00"
        if kind == PUBLISH:
            refusal = b""
            if self._is_5 and how % 32 == 4:
                refusal = bytes((self.choices.of((0x10, 0x80, 0x87, 0x90, 0x95, 0x97, 0x99)),))
            return encoded(PUBACK << 4, packed + refusal)
        code = self.choices.of((0, 1, 0x80)) if how % 8 == 0 else 1
        if kind == SUBSCRIBE:
            return encoded(SUBACK << 4, packed + (b"\0" if self._is_5 else b"") + bytes((code,)))
        return encoded(UNSUBACK << 4, packed + (b"\0\0" if self._is_5 else b""))

    def _publish(self):
        choices = self.choices
        qos = choices.below(2)
        body = b"\0\1a" + (struct.pack(">H", choices.below(4) + 1) if qos else b"")
        body += (b"\0" if self._is_5 else b"") + choices.take(choices.below(20))
        self.broker.send(encoded(PUBLISH << 4 | qos << 1 | choices.below(2), body))

    def _nonsense(self):
        choices = self.choices
        if choices.below(2):
            self.broker.send(encoded(choices.byte(), choices.take(choices.below(12))))
        else:
            self.broker.send(choices.take(choices.below(6) + 1))


class _Current:
    scenario = None


async def _open_connection(host, port, context, greeting, timeout_ms):
    connection = _Current.scenario.broker.open()
    connection.write(greeting)
    return connection


stream.open_connection = _open_connection


def check(data):
    loop = asyncio.new_event_loop()
    scenario = _Current.scenario = Scenario(data)
    # An exception in a task of the client would only be printed.
    loop.set_exception_handler(lambda _, context: scenario.errors.append(context["exception"]))
    found = asyncio.run(scenario.run())
    for error in scenario.errors:
        raise error
    _Current.scenario = None
    return found


fuzzing.main("mqtt_client", make, check)
