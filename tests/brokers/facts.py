# SPDX-License-Identifier: MIT
"""What each broker does with single packets: the rows of the first table of docs/brokers.md.

A fact is a function of (broker, version) that returns the words of its cell; its docstring is the
name of the row.
"""

import contextlib
import itertools
import time

from brokers.raw import EndedError, Raw
from brokers.raw_words import limits

HOST = "probe"
_ids = itertools.count()


def _name():
    return f"client{next(_ids)}"


def _topic():
    return f"probe/t{next(_ids)}"


@contextlib.contextmanager
def _reader(broker, topic, version="3.1.1"):
    with Raw(broker, version, _name(), user="reader") as reader:
        assert reader.connack == "accepts", reader.connack
        answer = reader.subscribe(topic)
        assert answer == "SUBACK", answer
        yield reader


def _alive(client):
    """Whether the connection still works."""
    try:
        return client.ping() == "PINGRESP"
    except EndedError:
        return False


def _got(reader, timeout_s=1):
    return [message[1] for message in reader.messages(timeout_s)]


def named_limits(broker, version):
    """limits that it names in CONNACK"""
    if version != "5":
        return "none"
    with Raw(broker, version, _name(), session_s=3600) as client:
        found = limits(client.properties)
    return ", ".join(f"{name} {value}" for name, value in found.items()) or "none"


def unknown_version(broker, version):
    """CONNECT of a newer version of MQTT"""
    newer = 6 if version == broker.versions[-1] == "5" else "5"
    if version != broker.versions[-1]:
        return None
    with Raw(broker, newer, _name()) as client:
        return client.connack


def wrong_password(broker, version):
    """a wrong password"""
    with Raw(broker, version, _name(), password="wrong") as client:
        return client.connack


def denied_publish(broker, version):
    """PUBLISH to a denied topic, QoS 1"""
    topic = f"sensord/{HOST}/denied"
    with _reader(broker, topic) as reader, Raw(broker, version, _name()) as client:
        words = client.publish(topic)
        if words == "PUBACK":
            words += ", and drops it" if _alive(client) else ", then closes"
        elif words.startswith("PUBACK") and not _alive(client):
            words += ", then closes"
        assert not _got(reader), "it was not denied"
    return words


def denied_publish_0(broker, version):
    """PUBLISH to a denied topic, QoS 0"""
    topic = f"sensord/{HOST}/denied"
    with _reader(broker, topic) as reader, Raw(broker, version, _name()) as client:
        client.post(topic, qos=0)
        words = client.next_words(1)
        if words == "says nothing" and _alive(client):
            words = "drops it"
        assert not _got(reader), "it was not denied"
    return words


def denied_subscribe(broker, version):
    """SUBSCRIBE to a denied topic"""
    topic = f"sensord/{HOST}/denied"
    with Raw(broker, version, _name()) as client:
        words = client.subscribe(topic)
        if words == "SUBACK":
            with Raw(broker, "3.1.1", _name(), user="reader") as writer:
                writer.publish(topic)
                return "grants it" + ("" if client.messages() else ", and sends nothing")
    return words


def denied_will(broker, version):
    """CONNECT with a will on a denied topic"""
    topic = f"sensord/{HOST}/denied"
    with _reader(broker, topic) as reader:
        client = Raw(broker, version, _name(), will=(topic, "gone", 1, False))
        words = client.connack
        client.reset()
        if words == "accepts":
            words += ", and publishes the will" if _got(reader) else ", and drops the will"
    return words


def will(broker, version):
    """a retained will of QoS 1, when the connection breaks"""
    topic = _topic()
    with _reader(broker, topic) as reader:
        client = Raw(broker, version, _name(), will=(topic, "gone", 1, True))
        words = client.connack
        client.reset()
        if words == "accepts":
            words = "published" if _got(reader, 3) else "not published"
    with _reader(broker, topic) as late:
        words += ", retained" if _got(late) else ", not retained"
    return words


def retained(broker, version):
    """a retained message, for a later subscriber to the topic"""
    return _retained(broker, version, "{}")


def retained_wildcard(broker, version):
    """the same, for a later subscriber with + in place of the last level"""
    return _retained(broker, version, "{}/+")


def _retained(broker, version, form):
    topic = _topic()
    with Raw(broker, version, _name()) as client:
        answer = client.publish(topic + ("/last" if "+" in form else ""), retain=True)
        assert answer == "PUBACK", answer
    with _reader(broker, form.format(topic)) as reader:
        found = reader.messages()
    if not found:
        return "nothing"
    return "gets it" + ("" if found[0][2] else ", without the flag RETAIN")


def session(broker, version):
    """the session of a connection that broke, with a subscription"""
    topic, name = _topic(), _name()
    kept = {"clean": False, "session_s": 3600}
    with Raw(broker, version, name, **kept) as client:
        assert client.subscribe(topic) == "SUBACK"
        client.reset()
    time.sleep(0.5)
    with Raw(broker, "3.1.1", _name(), user="reader") as writer:
        writer.publish(topic, "meanwhile")
    with Raw(broker, version, name, **kept) as client:
        words = "kept" if client.present else "gone"
        words += ", with the messages" if _got(client) else ", without the messages"
        client.disconnect()
    Raw(broker, version, name).disconnect()
    return words


def session_without_subscription(broker, version):
    """the same, without a subscription"""
    name = _name()
    kept = {"clean": False, "session_s": 3600}
    Raw(broker, version, name, **kept).reset()
    time.sleep(0.5)
    with Raw(broker, version, name, **kept) as client:
        return "kept" if client.present else "gone"


def takeover(broker, version):
    """a second client of the same name: the first gets"""
    name = _name()
    with Raw(broker, version, name) as first, Raw(broker, version, name) as second:
        assert second.connack == "accepts", second.connack
        words = first.next_words(2)
        if words == "says nothing":
            words = "nothing, and goes on" if _alive(first) else "nothing, and is closed late"
        assert _alive(second)
    return words


def silence(broker, version):
    """a client that is silent for twice its keepalive of 2 s"""
    with Raw(broker, version, _name(), keepalive=2) as client:
        return client.next_words(6)


def many_at_once(broker, version):
    """100 messages of QoS 1 at once"""
    return burst(broker, version, 100)


def burst(broker, version, count):
    topic = _topic()
    with _reader(broker, topic) as reader, Raw(broker, version, _name()) as client:
        for n in range(count):
            client.post(topic, str(n))
        words = [client.next_words(2) for _ in range(count)]
        order = [int(payload) for payload in _got(reader)]
    if words == ["PUBACK"] * count:
        return "takes them" + (", in order" if order == list(range(count)) else f": {order}")
    return next(word for word in words if word != "PUBACK")


def large(broker, version):
    """a message of 2 MB, with the settings of the package"""
    return sized(broker, version, 2000000)


def sized(broker, version, size):
    topic = _topic()
    with _reader(broker, topic) as reader, Raw(broker, version, _name()) as client:
        try:
            client.post(topic, bytes(size))
        except EndedError:
            # It may have closed before it read all.
            return client.next_words(3)
        words = client.next_words(5)
        came = bool(_got(reader, 2))
        if words == "PUBACK":
            words = "takes it" if came else "PUBACK, and drops it"
        elif words == "says nothing":
            words = "no answer" + ("" if _alive(client) else ", and closes")
    return words


def too_large_for_the_client(broker, version):
    """a message over the client's own Maximum Packet Size"""
    if version != "5":
        return None
    topic = _topic()
    with Raw(broker, version, _name(), max_packet=1000) as client:
        assert client.subscribe(topic) == "SUBACK"
        with Raw(broker, "3.1.1", _name(), user="reader") as writer:
            writer.publish(topic, bytes(2000))
            writer.publish(topic, b"small")
        sizes = [len(message[1]) for message in client.messages()]
    if sizes == [5]:
        return "is not sent to it"
    return {(2000, 5): "is sent all the same", (): "nothing comes any more"}.get(
        tuple(sizes), str(sizes)
    )


def dots(broker, version):
    """a dot in a topic (`probe/a.b`)"""
    topic = _topic() + "/a.b"
    with (
        _reader(broker, topic.rsplit("/", 1)[0] + "/#") as reader,
        Raw(broker, version, _name()) as client,
    ):
        words = client.publish(topic)
        found = [message[0] for message in reader.messages()]
    if words != "PUBACK":
        return words
    if not found:
        return "PUBACK, and drops it"
    return "stays" if found == [topic] else "becomes `" + found[0].rsplit("/t", 1)[1].split(
        "/", 1)[1] + "`"  # fmt: skip


def qos_2(broker, version):
    """PUBLISH of QoS 2"""
    with Raw(broker, version, _name()) as client:
        return client.publish(_topic(), qos=2).replace("PUBREC", "takes it")


def expiry(broker, version):
    """a message with an expiry of 1 s, for a session that is away for 3 s"""
    if version != "5":
        return None
    topic, name = _topic(), _name()
    kept = {"clean": False, "session_s": 3600}
    with Raw(broker, version, name, **kept) as client:
        assert client.subscribe(topic) == "SUBACK"
    with Raw(broker, version, _name(), user="reader") as writer:
        writer.publish(topic, "old", expiry_s=1)
        time.sleep(3)
        writer.publish(topic, "new", expiry_s=100)
    with Raw(broker, version, name, **kept) as client:
        found = _got(client)
    Raw(broker, version, name).disconnect()
    return {(b"new",): "forgotten", (b"old", b"new"): "sent late"}.get(tuple(found), str(found))


def restart(broker, version):
    """retained messages and sessions after it was stopped (SIGTERM) and started"""
    return _restart(broker, version, broker.stop)


def restart_after_kill(broker, version):
    """the same, after it was killed"""
    return _restart(broker, version, broker.kill)


def _restart(broker, version, end):
    topic, name = _topic(), _name()
    kept = {"clean": False, "session_s": 3600}
    with Raw(broker, version, name, **kept) as client:
        assert client.subscribe(topic + "/session") == "SUBACK"
        client.publish(topic, "kept", retain=True)
    with Raw(broker, version, _name(), user="reader") as writer:
        writer.publish(topic + "/session", "waiting")
    time.sleep(2.5)
    end()
    broker.start()
    with _reader(broker, topic) as reader:
        retained = bool(_got(reader))
    with Raw(broker, version, name, **kept) as client:
        session = client.present and bool(_got(client))
    Raw(broker, version, name).disconnect()
    return {
        (True, True): "both kept",
        (True, False): "retained messages kept, sessions lost",
        (False, True): "retained messages lost, sessions kept",
        (False, False): "both lost",
    }[retained, session]


def ending(broker, version):
    """what its clients get when it is stopped (SIGTERM)"""
    with Raw(broker, version, _name()) as client:
        broker.process.terminate()
        words = client.next_words(20)
    broker.process.wait(30)
    broker.start()
    return words


FACTS = (
    named_limits, unknown_version, wrong_password, denied_publish, denied_publish_0,
    denied_subscribe, denied_will, will, retained, retained_wildcard, session,
    session_without_subscription, takeover, silence, many_at_once, large,
    too_large_for_the_client, dots, qos_2, expiry, restart,
    restart_after_kill, ending,
)  # fmt: skip
