# SPDX-License-Identifier: MIT
"""Finds out that a broker is gone although the connection still looks open (3.1.2.10)."""

import asyncio
import time

from .stream import MQTTException

_LEAST_SLEEP_MS = 100


async def keep_alive(stream, session, ping, interval_ms):
    """Sends `ping` (bytes) after a silence of the interval, and ends the connection if half as
    long again brings no answer, or no acknowledgement of a message that waits for one.

    Only received data count: the kernel accepts data for a dead link for minutes.
    """
    longest_ms = interval_ms + interval_ms // 2
    pinged = False
    oldest, oldest_ms = None, 0
    while True:
        now = time.ticks_ms()
        silent_ms = time.ticks_diff(now, stream.received_ms)
        idle_ms = time.ticks_diff(now, stream.sent_ms)
        if silent_ms >= longest_ms:
            stream.end("no answer from the broker for %d s" % (silent_ms // 1000))
            return
        waiting_ms = time.ticks_diff(now, session.progress_ms)
        if session.in_flight and waiting_ms >= longest_ms:
            # It answers pings, but no message gets through.
            stream.end("the broker acknowledged nothing for %d s" % (waiting_ms // 1000))
            return
        before, oldest = oldest, session.in_flight.oldest()
        if oldest is not before:
            oldest_ms = now
        elif oldest is not None and time.ticks_diff(now, oldest_ms) >= longest_ms:
            stream.end("the broker does not acknowledge a message on %s" % oldest[0])
            return
        if silent_ms < interval_ms and idle_ms < interval_ms:
            pinged = False
        elif not pinged:
            pinged = True
            try:
                stream.send(ping)
            except MQTTException:
                # The connection has ended, and its tasks with it.
                return
        await asyncio.sleep_ms(max(_LEAST_SLEEP_MS, interval_ms // 10))
