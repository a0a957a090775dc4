# SPDX-License-Identifier: MIT
"""The time, whether the clock has been set, and the offset that dates earlier readings."""

import os
import time

from linux import libc
from linux.files import read_text

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
# adjtimex(2) covers every NTP client, but the service may not call it. sensord-clock.service,
# which may, and systemd-timesyncd make these files.
_SYNCHRONIZED_FILES = ("/run/sensord-clock/synchronized", "/run/systemd/timesync/synchronized")
_STEP_NS = 500000000
_POLL_S = 1


class Clock:
    """The system's clock beside the time since boot, which runs through suspend and never steps.

    Attributes: boot, the kernel's boot id as 16 bytes; offset_ns, the time since 1970 less the
    time since boot, or None until the clock has been set.
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
        """Whether the clock was set, or stepped after it was set, since the last call."""
        boot_ns, real_ns, is_set = self.now()
        if not is_set:
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
        return any(read_text(path) is not None for path in _SYNCHRONIZED_FILES)


def wait_until_set():
    """Waits until an NTP client has set the clock, and then makes the file `synchronized` in
    systemd's RUNTIME_DIRECTORY, if there is one. Raises OSError if the process may not read the
    kernel's state."""
    while not libc.clock_synchronized():
        # Not sleep_ms(), which wakes up every millisecond.
        time.sleep(_POLL_S)
    folder = os.getenv("RUNTIME_DIRECTORY")
    if folder:
        open(folder + "/synchronized", "w").close()
    return 0
