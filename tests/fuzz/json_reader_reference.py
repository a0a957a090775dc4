# SPDX-License-Identifier: MIT
"""Compares json_reader.py's results with those of CPython's json."""

import json
import math

import reference

# Texts that the daemon refuses although CPython reads them: its limits, and names that come twice.
_LIMITS = ("levels deep", "characters: at most", "twice")


def _constant(text):
    raise ValueError(f"{text} is no JSON")


def _replaced(text):
    """Half of a surrogate pair becomes U+FFFD, as it does in the daemon."""
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def _same(mine, theirs):
    kind, value = mine
    if kind == "object":
        if not isinstance(theirs, dict):
            return False
        parts = {bytes.fromhex(key).decode(): part for key, part in value}
        others = {_replaced(key): part for key, part in theirs.items()}
        return parts.keys() == others.keys() and all(_same(parts[k], others[k]) for k in parts)
    if kind == "array":
        return (
            isinstance(theirs, list)
            and len(value) == len(theirs)
            and all(map(_same, value, theirs))
        )
    if kind == "text":
        return isinstance(theirs, str) and bytes.fromhex(value).decode() == _replaced(theirs)
    if kind == "word":
        return value == str(theirs)
    if kind == "integer":
        return type(theirs) is int and int(value) == theirs
    # An integer of more than 18 digits is a float in the daemon.
    number = float(value)
    return isinstance(theirs, (int, float)) and math.isclose(number, theirs, rel_tol=1e-14)


def compare(data, result):
    try:
        theirs = json.loads(data.decode(), parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        return None if result.startswith("!") else f"is valid, and json says {error}"
    if result.startswith("!"):
        message = bytes.fromhex(result[2:]).decode()
        if any(limit in message for limit in _LIMITS):
            return None
        return f"is refused ({message}), and json reads it"
    return None if _same(json.loads(result[2:]), theirs) else f"differs from json's {theirs}"


reference.main("json_reader", compare)
