# SPDX-License-Identifier: MIT
"""Streams of samples from the kernel's IIO drivers: scan elements through a buffer."""

from collections.abc import Iterable

DEVICES: str

class Element:
    """One channel in a record. Attributes: name; offset and size in bytes."""

    name: str
    size: int
    offset: int
    def __init__(self, name: str, text: str) -> None:
        """`text` is its type, such as "le:s12/16>>4"."""
    def value(self, record: bytes | bytearray | memoryview, at: int) -> int:
        """The raw value in a buffer of records, of which this one begins at `at`."""

def find(name: str) -> str:
    """The folder of a device, by its driver's name or as iio:device0."""

class Buffer:
    """A started stream. Attribute: elements, by the names it was made with."""

    elements: dict[str, Element]
    record_bytes: int
    def __init__(self, folder: str, names: Iterable[str], rate_hz: float, length: int) -> None:
        """`names` are scan elements such as "in_accel_x"."""
    def read(self) -> tuple[int, bytearray]:
        """(how many, buffer): the records that are there now. OSError when the device is gone."""
    def close(self) -> None:
        """Stops the stream. Idempotent."""
