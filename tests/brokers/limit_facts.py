# SPDX-License-Identifier: MIT
"""What brokers with narrow limits do with single packets: the second table of docs/brokers.md."""

from brokers import facts
from brokers.kinds import Aedes, Ejabberd, Mosquitto, Nats, RabbitMQ
from brokers.raw import Raw
from brokers.raw_words import limits


def named(broker, version):
    """the limit in CONNACK"""
    if version != "5":
        return None
    with Raw(broker, version, "named") as client:
        found = limits(client.properties)
    return ", ".join(f"{name} {value}" for name, value in found.items()) or "none"


def plain_will(broker, version):
    """CONNECT with a will of QoS 0 that is not retained"""
    return _will(broker, version, 0, False)


def will_of_qos_1(broker, version):
    """CONNECT with a will of QoS 1"""
    return _will(broker, version, 1, False)


def retained_will(broker, version):
    """CONNECT with a retained will of QoS 0"""
    return _will(broker, version, 0, True)


def _will(broker, version, qos, retain):
    with Raw(broker, version, "will", will=("probe/will", "gone", qos, retain)) as client:
        return client.connack


def qos_1(broker, version):
    """PUBLISH of QoS 1"""
    with Raw(broker, version, "qos1") as client:
        return client.publish("probe/qos1")


def retained_publish(broker, version):
    """a retained PUBLISH of QoS 1"""
    with Raw(broker, version, "retained") as client:
        words = client.publish("probe/retained", retain=True)
    if words != "PUBACK":
        return words
    return "PUBACK" + ("" if facts.retained(broker, version) == "gets it" else ", not retained")


def large(broker, version):
    """PUBLISH of 12,000 bytes"""
    return facts.sized(broker, version, 12000)


def three_at_once(broker, version):
    """three messages of QoS 1 at once"""
    return facts.burst(broker, version, 3)


def keepalive(broker, version):
    """CONNECT with a keepalive of 60 s"""
    with Raw(broker, version, "keepalive", keepalive=60) as client:
        return client.connack


def denied(broker, version):
    """PUBLISH of QoS 1 to a denied topic"""
    return facts.denied_publish(broker, version)


# (kind, limits, facts)
LIMITS = (
    (Mosquitto, {"max_qos": 0}, (named, will_of_qos_1, plain_will, qos_1)),
    (Mosquitto, {"retain_available": "false"}, (named, retained_will, plain_will,
                                                retained_publish)),
    (Mosquitto, {"max_packet_size": 8000}, (named, large)),
    (Mosquitto, {"message_size_limit": 8000}, (named, large)),
    (Mosquitto, {"max_inflight_messages": 1}, (named, three_at_once)),
    (Mosquitto, {"max_keepalive": 10}, (named, keepalive)),
    (Mosquitto, {"max_queued_messages": 0}, (denied,)),
    (RabbitMQ, {"mqtt.max_packet_size_authenticated": 8000}, (named, large)),
    (RabbitMQ, {"max_message_size": 8000}, (named, large)),
    (Ejabberd, {"max_payload_size": 8000}, (named, large)),
    (Nats, {"max_payload": 8000}, (large,)),
    (Aedes, {"keepaliveLimit": 10}, (keepalive,)),
)  # fmt: skip
