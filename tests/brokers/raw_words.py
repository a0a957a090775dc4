# SPDX-License-Identifier: MIT
"""The answers of a broker in the words of docs/brokers.md."""

PACKETS = {
    2: "CONNACK", 3: "PUBLISH", 4: "PUBACK", 5: "PUBREC", 6: "PUBREL", 7: "PUBCOMP",
    9: "SUBACK", 11: "UNSUBACK", 13: "PINGRESP", 14: "DISCONNECT", 15: "AUTH",
}  # fmt: skip

# 2.2.2.2: the number of bytes of a property; 0 is a string, -1 two of them.
_SIZES = {
    0x11: 4, 0x13: 2, 0x21: 2, 0x22: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1,
    0x12: 0, 0x15: 0, 0x16: 0, 0x1A: 0, 0x1C: 0, 0x1F: 0, 0x26: -1,
}  # fmt: skip
_NAMES = {
    0x11: "session expiry", 0x13: "keepalive", 0x21: "in flight", 0x22: "topic aliases",
    0x24: "QoS", 0x25: "retain", 0x27: "packet", 0x28: "wildcards", 0x29: "subscription ids",
    0x2A: "shared subscriptions",
}  # fmt: skip


def connack_words(body):
    return "accepts" if body[1] == 0 else f"CONNACK 0x{body[1]:02x}"


def puback_words(body):
    # 0x10: nobody has subscribed to it.
    if len(body) == 2 or body[2] in (0, 0x10):
        return "PUBACK"
    return f"PUBACK 0x{body[2]:02x}"


def suback_words(body, five):
    code = body[-1]
    return "SUBACK" if code < 0x80 else f"SUBACK 0x{code:02x}"


def disconnect_words(body):
    return f"DISCONNECT 0x{body[0] if body else 0:02x}"


def limits(properties):
    """The limits that an MQTT 5 broker names in its CONNACK, {name: number}, from the bytes of
    its properties."""
    found = {}
    at = 0
    while at < len(properties):
        identifier = properties[at]
        size = _SIZES[identifier]
        at += 1
        if size > 0:
            value = int.from_bytes(properties[at : at + size], "big")
            at += size
        else:
            for _ in range(1 - size):
                at += 2 + int.from_bytes(properties[at : at + 2], "big")
            continue
        if identifier in _NAMES:
            found[_NAMES[identifier]] = value
    return found
