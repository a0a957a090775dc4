# SPDX-License-Identifier: MIT
"""The tables of the daemon itself: with sensor_tables.py the source for checking and for the
manual page."""

from ..schema.compound import Servers
from ..schema.values import (
    Boolean,
    Choice,
    Duration,
    DurationOr,
    ExistingFile,
    Integer,
    Secret,
    SecretFile,
    Size,
    Text,
    Topic,
    TopicPrefix,
)
from .http_table import HTTP

MQTT = {
    "server": Servers("The broker, or several that are tried in order."),
    "return_after": Duration(
        "How long to stay on a fallback server before trying those before it in the list again; "
        "doubles after a return that did not last. 0 s: until the connection breaks.",
        0,
        86400000,
        60000,
    ),
    "username": Text("The user name at the broker.", None),
    "password": Secret("The password. Better: password_credential.", None),
    "password_credential": Text(
        "The name of the systemd credential that holds the password (LoadCredential=).", None
    ),
    "ca_file": ExistingFile(
        "The certificates (PEM) to trust for mqtts:// and wss://; the system's if not "
        "given, which take 1.5 MB of memory.",
        None,
    ),
    "cert_file": ExistingFile(
        "The client certificate (PEM) to show the broker, with key_file or key_credential.",
        None,
    ),
    "key_file": SecretFile("Its private key (PEM or DER).", None),
    "key_credential": Text(
        "The name of the systemd credential that holds the private key (LoadCredential=).", None
    ),
    "key_passphrase_credential": Text(
        "The name of the systemd credential that holds the passphrase of an encrypted key.",
        None,
    ),
    "alpn": Text(
        "The protocol to ask for in TLS (ALPN), for brokers on a port with other services: "
        "x-amzn-mqtt-ca for AWS IoT on port 443.",
        None,
    ),
    "insecure_fallback": Boolean(
        "Allow a server without TLS behind one with TLS in the list of servers. Who can disturb "
        "the first connection then sees the password and the readings.",
        False,
    ),
    "version": Choice(
        "The version of MQTT to speak; auto: 5, or 3.1.1 with a broker that does not know 5.",
        ("auto", "3.1.1", "5"),
        "auto",
    ),
    "client_id": Text("The MQTT client identifier; made of the host's name if not given.", None),
    "topic": Topic("The topic of a sensor's readings.", "sensord/{host}/{sensor}"),
    "format": Choice(
        "json: an object with the fields of a reading; senml: a SenML pack (RFC 8428).",
        ("json", "senml"),
        "json",
    ),
    "qos": Integer("1: each reading is kept until acknowledged; 0: sent once.", 0, 1, 1),
    "keepalive": Duration(
        "How long silence may last before the daemon sends the broker a ping.",
        5000,
        3600000,
        30000,
    ),
    "session_expiry": Duration(
        "How long the broker keeps the session after the connection broke, and in it the commands "
        "to outputs that come meanwhile; 0 s: not at all. After a longer break, and when sensord "
        "starts, it begins a new session, and commands of before do not count.",
        0,
        30 * 86400000,
        600000,
    ),
    "retained_commands": Choice(
        "ignore: a command to an output must come while sensord runs. A message that the broker "
        "retains, or that it kept for a daemon that has ended, switches nothing. obey: it does, "
        "and a retained one does again with each connection.",
        ("ignore", "obey"),
        "ignore",
    ),
    "message_expiry": Duration(
        "When the broker drops a reading that a subscriber did not get; 0 s: never. "
        "Not with MQTT 3.1.1.",
        0,
        365 * 86400000,
        0,
    ),
    "retain": Boolean(
        "true: the broker keeps the last reading of each sensor for new subscribers, besides the "
        "states, which it keeps if this key is not given; false: it keeps nothing, for brokers "
        "that take no retained messages.",
        None,
    ),
    "will": Boolean(
        "Let the broker publish that the board is offline when it vanishes; false for brokers "
        "that take no will.",
        True,
    ),
    "topic_per_field": Boolean(
        "Publish each field's value also by itself, as text at sensord/HOST/SENSOR/FIELD.",
        False,
    ),
    "home_assistant": Boolean(
        "Announce the sensors and outputs to Home Assistant (MQTT discovery).", False
    ),
    "discovery_prefix": TopicPrefix(
        "The first levels of the topics of the announcements, as set in Home Assistant.",
        "homeassistant",
    ),
}

OUTBOX = {
    "directory": Text(
        "The folder on disk for readings that the broker does not acknowledge within 3 s.",
        "/var/lib/sensord/outbox",
    ),
    "max_size": Size(
        "How much may wait for the broker, and as much for [http]; beyond it the oldest readings "
        "are dropped. "
        "At most 256 KiB of it in memory, if the disk cannot be used.",
        4096,
        1 << 40,
        8 * 1024 * 1024,
    ),
    "sync": DurationOr(
        "How often the waiting readings are synced to the disk: a power cut can lose readings of "
        "this time. always: a reading is on the disk before it is sent, also while the broker "
        "answers, which wears an SD card.",
        1000,
        3600000,
        "always",
        5000,
    ),
}

METRICS = {
    "interval": Duration(
        "How often sensord/HOST/metrics is published.",
        1000,
        86400000,
        60000,
    ),
    "textfile": Text(
        "A file for the textfile collector of Prometheus' node-exporter, replaced as often; its "
        "name ends in .prom. The user sensord must be able to write to its folder; the service "
        "may in /var/lib/prometheus/node-exporter.",
        None,
    ),
}

JOURNAL = {
    "readings": Boolean(
        "Write each reading to the standard output; true if there is neither [mqtt] nor [http].",
        None,
    ),
    "level": Choice(
        "The least severe messages that are logged.",
        ("error", "warning", "info", "debug"),
        "info",
    ),
}

HOST = {
    "organisation": Text("The organisation that owns the board.", None),
    "location": Text("Where it is: an address, or the name of a building.", None),
    "room": Text("The room it is in.", None),
}

SECTIONS = {
    "host": HOST,
    "mqtt": MQTT,
    "http": HTTP,
    "outbox": OUTBOX,
    "metrics": METRICS,
    "journal": JOURNAL,
}
OPTIONAL = ("mqtt", "http")  # None if the table is not there


def contradictions(mqtt):
    """Yields (key, text) for each value of [mqtt] that does not go with the others."""
    if mqtt["password"] is not None and mqtt["password_credential"] is not None:
        yield "password", "and password_credential exclude each other: keep one"
    elif mqtt["username"] is None:
        for key in ("password", "password_credential"):
            if mqtt[key] is not None:
                yield key, "needs a username"
    if mqtt["message_expiry"] and mqtt["version"] == "3.1.1":
        yield "message_expiry", 'needs MQTT 5: leave out version = "3.1.1"'
    keys = [key for key in ("key_file", "key_credential") if mqtt[key] is not None]
    if len(keys) == 2:
        yield "key_credential", "and key_file exclude each other"
    elif mqtt["cert_file"] is None and keys:
        yield keys[0], "goes with cert_file"
    elif mqtt["cert_file"] is not None and not keys:
        yield "cert_file", "needs its private key: key_file or key_credential"
    if mqtt["key_passphrase_credential"] is not None and not keys:
        yield "key_passphrase_credential", "goes with key_file or key_credential"
    secure = [scheme in ("mqtts", "wss") for scheme, _, _, _ in mqtt["server"]]
    for key in ("cert_file", "alpn"):
        if mqtt[key] is not None and True not in secure:
            yield key, "is for mqtts:// and wss://, and no server is one"
    alpn = mqtt["alpn"]
    if alpn is not None and not (0 < len(alpn) < 64 and all("!" <= c <= "~" for c in alpn)):
        yield "alpn", 'must be the name of one protocol, such as "x-amzn-mqtt-ca"'
    if True in secure and False in secure[secure.index(True) :]:
        if not mqtt["insecure_fallback"]:
            yield (
                "server",
                "has a server without TLS behind one with TLS: who can disturb the first "
                "connection would see the password and the readings. Leave it out, or allow it "
                "with insecure_fallback = true",
            )
