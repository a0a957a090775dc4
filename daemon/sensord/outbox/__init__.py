# SPDX-License-Identifier: MIT
"""Keeps readings in order until the broker has acknowledged them, also across restarts.

| file | does |
|---|---|
| `outbox.py` | the queue itself: append, take, acknowledge |
| `log.py` | the segments in order: appends, reads and removes |
| `cursor.py` | which messages are sent and which are acknowledged |
| `placement.py` | where the segments are, and when they move |
| `folder.py`, `memory.py` | the storages: files in a tmpfs or on disk, or RAM |
| `segment.py`, `record.py` | the bytes, see docs/outbox-format.md |
| `message.py` | makes the message that is published of a record |
| `flusher.py` | timed work: moves, syncs, corrected times, the journal |
"""

from .outbox import Outbox

__all__ = ("Outbox",)
