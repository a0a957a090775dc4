# SPDX-License-Identifier: MIT
"""Images as cameras deliver them. Formats are the kernel's four characters, such as "RGB3"."""

from collections.abc import Sequence

from typing_extensions import Buffer

def size(format: str, size: Sequence[int], /) -> int:
    """The bytes of an image of (width, height)."""

def convert(
    source: Buffer,
    source_format: str,
    source_size: Sequence[int],
    target: Buffer,
    target_format: str,
    target_size: Sequence[int],
    crop: Sequence[int] | None = None,
    /,
) -> None:
    """Fills the bytes of `target` from `source`, or from its box (x, y, width, height)."""
