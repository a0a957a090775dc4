# SPDX-License-Identifier: MIT
"""Text for man(7)."""


def escape(text):
    """Plain text as roff: a backslash, and hyphens that may be copied into a terminal."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    # At the start of a line these would be a request.
    return "\\&" + text if text[:1] in (".", "'") else text
