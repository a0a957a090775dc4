# SPDX-License-Identifier: MIT
"""Handles the packets that a broker sends."""

import asyncio

from . import packet
from .session import WRITE_AHEAD_BYTES
from .stream import MQTTException, reason


class Receiver:
    """Reads a connection until it ends.

    Attributes: callback, None or a function of (topic, message, retained) for each message of a
    subscription: two bytes objects, and whether the broker had kept it from before the
    subscription; on_oversized, None or a function of (topic, size) for each that is too large;
    arrived, an asyncio.Event that is set with each.
    """

    def __init__(self, stream, session, protocol):
        self._stream = stream
        self._session = session
        self._protocol = protocol
        self.callback = None
        self.on_oversized = None
        self.arrived = asyncio.Event()

    async def run(self, packets):
        """Handles `packets`, which have been read already, and all later ones."""
        stream = self._stream
        try:
            while True:
                for first, body in packets:
                    self._handle(first, body)
                    if not stream.is_open:
                        return
                # A broker that never stops sending must not block the other tasks.
                await asyncio.sleep_ms(0)
                packets = await stream.read()
        except MQTTException:
            # A send found the connection broken, and ended it.
            return
        except (OSError, packet.MalformedPacket) as error:
            stream.end(reason(error))
        except Exception:
            # A bug in the callback: no task would read this connection any more.
            stream.end("a message could not be handled")
            raise

    def _handle(self, first, body):
        if first == packet.PUBACK:
            self._session.handle_puback(body)
        elif first & 0xF0 == packet.PUBLISH:
            self._handle_publish(first, body)
        elif first == packet.SUBACK:
            self._session.handle_answer(*self._protocol.parse_suback(body))
        elif first == packet.UNSUBACK:
            self._session.handle_answer(*self._protocol.parse_unsuback(body))
        elif first == packet.DISCONNECT:
            self._stream.code, why = self._protocol.parse_disconnect(body)
            self._stream.end(why)
        elif first == packet.OVERSIZED:
            qos, packet_id, topic, size = body
            self._answer(qos, packet_id)
            if self.on_oversized is not None:
                self.on_oversized(topic, size)
        elif first == packet.PUBREL:
            self._send(packet.pubcomp(packet.packet_identifier(body)))
        elif first == packet.PINGRESP:
            self._session.handle_pingresp()
        else:
            raise packet.MalformedPacket("unexpected packet 0x%02x" % first)

    def _handle_publish(self, first, body):
        topic, message, qos, retained, packet_id = self._protocol.parse_publish(first, body)
        self._answer(qos, packet_id)
        # QoS 2 was not asked for: an earlier client of the same name left the subscription.
        if self.callback is not None and qos < 2:
            self.callback(topic, message, bool(retained))
        self.arrived.set()

    def _answer(self, qos, packet_id):
        if qos:
            self._send(packet.answer_to_publish(qos, packet_id))

    def _send(self, data):
        if self._stream.pending > WRITE_AHEAD_BYTES:
            raise packet.MalformedPacket("the broker sends and does not read")
        self._stream.send(data)
