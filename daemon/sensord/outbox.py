# SPDX-License-Identifier: MIT
"""Readings on their way to the broker: kept in order until acknowledged, bounded."""

import asyncio

# What an entry costs beyond its payload: the dict slot, the tuple, the objects' heads.
_ENTRY_BYTES = 128


class Outbox:
    """A queue in memory. The oldest entries make room when `max_bytes` is reached.

    Attributes: max_bytes; dropped, how many were lost that way; waiting, an asyncio.Event that is
    set while something is unsent.
    """

    def __init__(self, max_bytes):
        self.max_bytes = max_bytes
        self._entries = {}
        self._first = 0  # the oldest number that may still be there
        self._unsent = 0  # the first number that was not handed out since rewind()
        self._next = 0
        self._bytes = 0
        self.dropped = 0
        self.waiting = asyncio.Event()

    def __len__(self):
        return len(self._entries)

    def append(self, topic, payload):
        """Adds a message: topic (str) and payload (bytes)."""
        self._entries[self._next] = (topic, payload)
        self._next += 1
        self._bytes += len(payload) + _ENTRY_BYTES
        while self._bytes > self.max_bytes and len(self._entries) > 1:
            self._remove(self._first)
            self.dropped += 1
        self.waiting.set()

    def take(self):
        """The next unsent message, as (number, topic, payload), or None."""
        while self._unsent < self._next:
            number = self._unsent
            self._unsent += 1
            if number in self._entries:
                topic, payload = self._entries[number]
                return number, topic, payload
        self.waiting.clear()
        return None

    def acknowledge(self, number):
        """The broker has the message of that number; it is forgotten."""
        if number in self._entries:
            self._remove(number)

    def rewind(self):
        """A new connection: whatever was not acknowledged is to be sent again."""
        self._unsent = self._first
        if self._entries:
            self.waiting.set()

    def _remove(self, number):
        _, payload = self._entries.pop(number)
        self._bytes -= len(payload) + _ENTRY_BYTES
        while self._first < self._next and self._first not in self._entries:
            self._first += 1
        self._unsent = max(self._unsent, self._first)
