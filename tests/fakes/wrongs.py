# SPDX-License-Identifier: MIT
"""What outbox.c pretends: a disk that is full or broken, a clock that steps or was never set."""


class Wrongs:
    """A folder in which files say what is wrong; a daemon with `environment` obeys it."""

    def __init__(self, folder, library):
        """`library` is outbox.c as preload.build() made it."""
        self._folder = folder
        self._folder.mkdir()
        self.environment = {"LD_PRELOAD": str(library), "FAKE_FOLDER": str(folder)}

    def set(self, name, value=0):
        # At once: the daemon may look at any time.
        (self._folder / "new").write_text(str(value))
        (self._folder / "new").rename(self._folder / name)

    def clear(self, name):
        (self._folder / name).unlink()
