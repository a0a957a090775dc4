# SPDX-License-Identifier: MIT
"""A board at brokers with narrow limits: the last table of docs/brokers.md.

A scenario is a function of (broker, version, folder, mqtt), where `mqtt` is what the user must
write into [mqtt] for that version.
"""

import json
import time

from brokers.kinds import Aedes, Ejabberd, Mosquitto, Nats, RabbitMQ
from brokers.raw import Raw
from brokers.trial import Trial, large_sensor
from support import wait_until


def readings(broker, version, folder, mqtt):
    """readings"""
    with Trial(broker, version, folder, mqtt=mqtt) as trial:
        wait_until(lambda: trial.last() >= 30, 20, trial.trouble("30 readings"))
        trial.nothing_is_lost()
        assert trial.calm(5) == 0, trial.trouble("it connects again and again")()
        status = trial.state("status")
        trial.daemon.process.kill()
        topic = f"sensord/{trial.name}/status"
        time.sleep(2)
        gone = "offline" in trial.reader.payloads(topic)
    words = "arrive"
    if status != "online":
        words += "; no retained states"
    if not gone:
        words += "; no will"
    return words


def large(broker, version, folder, mqtt):
    """one reading of 12 kB among small ones"""
    more = large_sensor(folder, 12000)
    with Trial(broker, version, folder, mqtt=mqtt, more=more) as trial:
        topic = f"sensord/{trial.name}/large"
        wait_until(
            lambda: [r for r in trial.reader.readings(topic) if r.get("n", 0) >= 6], 90,
            trial.trouble("the sixth reading"),
        )  # fmt: skip
        trial.nothing_is_lost(60)
        came = sorted({r["n"] for r in trial.reader.readings(topic)} & set(range(1, 7)))
        assert came == [1, 2, 4, 5, 6], came
        named = topic in trial.daemon.messages()
    return "the small ones arrive; " + (
        "the large one is set aside and named" if named else "the large one is lost unseen"
    )


def denied(broker, version, folder, mqtt):
    """one sensor's readings are denied, one every 5 s: the others"""
    more = '[sensor.denied]\ntype = "system"\ninterval = "5 s"\n'
    with Trial(broker, version, folder, mqtt=mqtt, more=more) as trial:
        time.sleep(20)
        trial.wait_for_new(40)
        again = trial.calm(16)
        trial.nothing_is_lost()
    return "arrive" + ("; the connection ends at each denied one" if again else "")


def over_tls(broker, version, folder, mqtt):
    """readings over TLS"""
    with (
        Trial(broker, version, folder, "tls", mqtt=mqtt, reader=False) as trial,
        Raw(broker, version, "tls", user="reader", kind="tls") as reader,
    ):
        assert reader.subscribe(trial.topic) == "SUBACK"
        numbers = [json.loads(reader.message(10)[1])["value"] for _ in range(20)]
    assert numbers == list(range(numbers[0], numbers[0] + 20)), numbers
    return "arrive"


# mosquitto 2.0.21 ends connections whose keepalive is exactly the most that it allows.
_SHORT = {"3.1.1": 'keepalive = "8 s"\n'}

# (kind, limits, {version: lines of [mqtt]}, scenario)
LIMITS = (
    (Mosquitto, {"max_qos": 0}, {}, readings),
    (Mosquitto, {"retain_available": "false"}, {}, readings),
    (Mosquitto, {"max_inflight_messages": 1}, {}, readings),
    (Mosquitto, {"max_keepalive": 10}, _SHORT, readings),
    (Mosquitto, {"max_packet_size": 8000}, {}, large),
    (Mosquitto, {"message_size_limit": 8000}, {}, large),
    (Mosquitto, {"max_queued_messages": 0}, {}, denied),
    (RabbitMQ, {"mqtt.max_packet_size_authenticated": 8000}, {}, large),
    (Ejabberd, {"max_payload_size": 8000}, {}, large),
    (Nats, {"tls": True}, {}, over_tls),
    (Aedes, {"keepaliveLimit": 10}, _SHORT, readings),
)


def shown(mqtt):
    """The settings as a cell: {"": text}."""
    if not mqtt:
        return {"": "nothing"}
    return {
        "": "; ".join(
            f"with {version}: " + ", ".join(f"`{line}`" for line in lines.splitlines())
            for version, lines in mqtt.items()
        )
    }
