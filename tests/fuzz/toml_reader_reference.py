# SPDX-License-Identifier: MIT
"""Compares toml_reader.py's results with those of CPython's tomllib."""

import json
import math
import re
import tomllib

import reference

# Documents that the daemon refuses although they are valid: its limits.
_LIMITS = ("does not fit into 64 bits", "levels deep")
_LONG_NUMBER = re.compile(rb"[0-9A-Fa-f_x+.-]{131,}")
# RFC 3339 has a leap second, and the year 0; Python's datetime has neither.
_NO_DATETIME = re.compile(rb":60|0000-")


def _same(mine, theirs):
    kind, value = mine
    if kind == "table":
        return (
            isinstance(theirs, dict)
            and [bytes.fromhex(key).decode() for key, _ in value] == list(theirs)
            and all(_same(part, other) for (_, part), other in zip(value, theirs.values()))
        )
    if kind == "array":
        return (
            isinstance(theirs, list)
            and len(value) == len(theirs)
            and all(map(_same, value, theirs))
        )
    if kind == "moment":
        return tomllib.loads("x = " + value)["x"] == theirs
    if kind == "text":
        return bytes.fromhex(value).decode() == theirs
    if kind == "bool":
        return theirs is (value == "True")
    if kind == "integer":
        return type(theirs) is int and int(value) == theirs
    # Our interpreter prints 16 digits, and reads some numbers to the last bit but one.
    number = float(value)
    return type(theirs) is float and (
        math.isclose(number, theirs, rel_tol=1e-14) or (number != number and theirs != theirs)
    )


def compare(data, result):
    try:
        theirs = tomllib.loads(data.removeprefix(b"\xef\xbb\xbf").decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if result.startswith("!") or _NO_DATETIME.search(data):
            return None
        return f"is valid, and tomllib says {error}"
    if result.startswith("!"):
        message = bytes.fromhex(result[2:]).decode()
        if any(limit in message for limit in _LIMITS) or _LONG_NUMBER.search(data):
            return None
        return f"is refused ({message}), and tomllib reads it"
    return None if _same(json.loads(result[2:]), theirs) else f"differs from tomllib's {theirs}"


reference.main("toml_reader", compare)
