# SPDX-License-Identifier: MIT
"""A program written for micropython-lib's umqtt, with `await` added: umqtt_style.py PORT"""

import asyncio
import sys

from sensord.mqtt.client import MQTTClient, MQTTException


async def main(port):
    received = []
    client = MQTTClient("umqtt-style", "localhost", port, keepalive=30)
    client.set_callback(lambda topic, message: received.append((topic, message)))
    client.set_last_will("test/will", "gone", True, 1)
    assert not await client.connect(clean_session=True)
    await client.subscribe(b"test/#", qos=1)
    await client.publish(b"test/bytes", b"\x00\xff", qos=1)
    await client.publish("test/text", "°C", retain=True)
    while len(received) < 2:
        await client.wait_msg()
    assert received == [(b"test/bytes", b"\x00\xff"), (b"test/text", b"\xc2\xb0C")], received
    await client.ping()
    await client.check_msg()
    await client.publish("test/text", "", retain=True)
    await client.disconnect()
    try:
        await client.publish("test/text", "x")
        raise AssertionError("published without a connection")
    except MQTTException as error:
        assert "disconnected" in str(error)
    # The same object connects again.
    await client.connect()
    await client.disconnect()
    await throughput(port)
    print("ok")


async def throughput(port):
    """1000 messages at QoS 1, never more than the window in flight, acknowledged in order."""
    client = MQTTClient("umqtt-style", "127.0.0.1", port)
    await client.connect()
    acknowledged = []
    for i in range(1000):
        if not client.ready:
            await client.wait_ready()
        client.post("test/many", b"%d" % i, False, 1, acknowledged.append, i)
        assert len(client._in_flight) <= client.window
    while len(acknowledged) < 1000:
        await asyncio.sleep_ms(1)
    assert acknowledged == list(range(1000))
    await client.disconnect()


asyncio.run(main(int(sys.argv[1])))
