# SPDX-License-Identifier: MIT
"""What time it is, whether that can be believed, and what it was before it could."""

import os
import time

from linux import libc
from linux.files import read_text

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
# adjtimex(2) knows of every NTP client, but is forbidden to the service. What
# sensord-clock.service leaves, which may ask, and systemd-timesyncd.
_LEFT = ("/run/sensord-clock/synchronized", "/run/systemd/timesync/synchronized")
_STEP_NS = 500000000
_ASK_S = 1


class Clock:
    """The system's clock beside the time since boot, which runs through suspend and never steps.

    Attributes: boot, the kernel's boot id as 16 bytes; offset_ns, what makes the time since 1970
    of the time since boot, once the clock has been set, or None.
    """

    def __init__(self):
        digits = (read_text(_BOOT_ID) or "").replace("-", "")
        self.boot = bytes([int(digits[i : i + 2], 16) for i in range(0, len(digits), 2)][:16])
        self.boot += bytes(16 - len(self.boot))
        self.offset_ns = None

    def now(self):
        """(time since boot in ns, time since 1970 in ns, whether the latter is synchronized)."""
        boot_ns = libc.clock_ns(libc.CLOCK_BOOTTIME)
        return boot_ns, libc.clock_ns(libc.CLOCK_REALTIME), synchronized()

    def changed(self):
        """Whether the clock was set, or stepped while it is right, since the last call."""
        boot_ns, real_ns, right = self.now()
        if not right:
            return False
        before, offset_ns = self.offset_ns, real_ns - boot_ns
        if before is not None and abs(offset_ns - before) < _STEP_NS:
            return False
        self.offset_ns = offset_ns
        return True


def synchronized():
    """Whether an NTP client has set the clock."""
    try:
        return libc.clock_synchronized()
    except OSError:
        return any(read_text(path) is not None for path in _LEFT)


def wait_until_set():
    """Returns when an NTP client has set the clock, and leaves word of it in systemd's
    RUNTIME_DIRECTORY, if there is one. Raises OSError if the kernel may not be asked."""
    while not libc.clock_synchronized():
        # Not sleep_ms(), which wakes up every millisecond.
        time.sleep(_ASK_S)
    folder = os.getenv("RUNTIME_DIRECTORY")
    if folder:
        open(folder + "/synchronized", "w").close()
    return 0
