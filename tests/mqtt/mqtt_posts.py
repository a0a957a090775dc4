# SPDX-License-Identifier: MIT
"""Posts 12000 large messages over TLS at full speed: mqtt_posts.py PORT CA_FILE"""

import asyncio
import sys

from sensord.mqtt.client import MQTTClient
from sensord.mqtt.secure import tls_context


async def main(port, ca_file):
    client = MQTTClient("posts", "localhost", port, ssl=await tls_context(ca_file))
    await client.connect()
    for i in range(12000):
        if not client.ready:
            await client.wait_ready()
        client.post("t", b"%06d" % i + b"x" * 1000)
    while client.pending:
        await asyncio.sleep_ms(10)
    await client.disconnect()
    print("ok")


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
