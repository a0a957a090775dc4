# SPDX-License-Identifier: MIT
"""Files mapped into memory, read where they lie in the page cache."""

class Mapping:
    """A file's bytes as a memoryview, not to be used after close()."""

    view: memoryview
    def __init__(self, path: str) -> None:
        """OSError if it cannot be read; ValueError if it is empty."""
    def is_changed(self) -> bool:
        """Whether the file was written or truncated in place since."""
    def close(self) -> None:
        """Idempotent."""
