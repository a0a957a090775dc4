# SPDX-License-Identifier: MIT
"""The daemon's metrics on a real broker. tests/outbox tests those of the outbox."""

import signal
import socket

from support import wait_until

HOST = socket.gethostname()
TOPIC = f"sensord/{HOST}/metrics"
TABLES = """
[mqtt]
server = "mqtt://127.0.0.1:{port}"
keepalive = "{keepalive} s"
[metrics]
interval = "1 s"
[sensor.board]
type = "system"
interval = "500 ms"
"""
FAULTY = '[sensor.faulty]\ntype = "exec"\ncommand = ["false"]\ninterval = "100 ms"\n'


def test_a_reload_makes_no_counter_fall(broker, subscriber, daemon):
    """Removes the faulty sensor, and then the connection is made anew."""
    running = daemon(TABLES.format(port=broker.port, keepalive=30) + FAULTY)

    def metrics():
        return subscriber.readings(TOPIC)

    wait_until(lambda: metrics() and metrics()[-1]["restarts"] >= 2, 20, "restarts")
    before = metrics()[-1]
    assert before["connects"] == 1
    running.config.write_text(TABLES.format(port=broker.port, keepalive=31))
    running.process.send_signal(signal.SIGHUP)
    wait_until(lambda: metrics()[-1]["connects"] == 2, 15, "the second connection")
    assert metrics()[-1]["restarts"] >= before["restarts"]
    for earlier, later in zip(metrics(), metrics()[1:]):
        for name in ("restarts", "connects", "overruns", "dropped", "damaged"):
            assert later[name] >= earlier[name], (name, metrics())
