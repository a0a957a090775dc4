# SPDX-License-Identifier: MIT
"""UTF-8 from others, whole or refused (RFC 3629)."""

import re

# These the interpreter's decode() lets pass: overlong forms, halves of a surrogate pair, and more
# than U+10FFFF.
_NOT_UNICODE = re.compile(
    b"[\xc0\xc1\xf5-\xff]|\xe0[\x80-\x9f]|\xed[\xa0-\xbf]|\xf0[\x80-\x8f]|\xf4[\x90-\xbf]"
)


def decoded(data):
    """The text of bytes in UTF-8. Raises UnicodeError for any others."""
    text = data.decode()
    if len(text) != len(data) and _NOT_UNICODE.search(data):
        raise UnicodeError
    return text


def shown(data):
    """The text of bytes for a message or a value: "?" for each byte that is no UTF-8."""
    try:
        return decoded(data)
    except UnicodeError:
        return "".join([chr(c) if c < 128 else "?" for c in data])
