# SPDX-License-Identifier: MIT
"""Faults that outbox.c injects: a full or broken disk, a clock that steps or was never set."""


class FaultInjector:
    """A folder whose files set the faults of daemons that are started with `environment`."""

    def __init__(self, folder, library):
        """`library` is outbox.c, built by preload.build()."""
        self._folder = folder
        self._folder.mkdir()
        self.environment = {"LD_PRELOAD": str(library), "FAKE_FOLDER": str(folder)}

    def set(self, name, value=0):
        # Atomically, because the daemon may read it at any time.
        (self._folder / "new").write_text(str(value))
        (self._folder / "new").rename(self._folder / name)

    def clear(self, name):
        (self._folder / name).unlink()
