# SPDX-License-Identifier: MIT
"""The identifier of the device in Home Assistant."""

import hashlib

# 128 random bits that stand for sensord.
_APPLICATION = bytes.fromhex("a6f6fac93091478a9aef02b4c31ec41b")
_BLOCK_BYTES = 64  # of SHA-256
_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"


def _hmac_sha256(key, message):
    """RFC 2104, for a key of at most a block."""
    key += bytes(_BLOCK_BYTES - len(key))
    inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in key]) + message).digest()
    return hashlib.sha256(bytes([byte ^ 0x5C for byte in key]) + inner).digest()


def _hex(data):
    return "".join(["%02x" % byte for byte in data])


def safe(text, more=""):
    """The text with "_" in place of characters other than letters, digits and `more`: a level of a
    discovery topic may have these, "_" and "-"."""
    return "".join([c if c in _SAFE or c in more else "_" for c in text])


def digest(text):
    """Eight hexadecimal digits that tell a text from others with the same safe() form."""
    return _hex(hashlib.sha256(text.encode()).digest()[:4])


def of_client(client_id):
    """The identifier of a device whose MQTT client identifier is configured, unique to it."""
    text = safe(client_id, "-")
    return text if text == client_id else "%s-%s" % (text, digest(client_id))


def of_machine(machine):
    """The identifier of the machine with a machine-id, which a change of its name leaves as it is;
    None for a text that is none, or None.

    machine-id(5): the machine-id itself must not be exposed on a network. These are the first 16
    digits of `systemd-id128 machine-id --app-specific=…`, as sd_id128_get_machine_app_specific(3)
    makes them.
    """
    if not machine or len(machine) != 32:
        return None
    try:
        key = bytes.fromhex(machine)
    except ValueError:
        return None
    found = bytearray(_hmac_sha256(key, _APPLICATION)[:8])
    found[6] = found[6] & 0x0F | 0x40  # the version of a UUID
    return "sensord-" + _hex(found)


def of_random(data):
    """The identifier of a machine without a machine-id, made of 8 random bytes."""
    return "sensord-" + _hex(data)
