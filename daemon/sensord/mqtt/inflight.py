# SPDX-License-Identifier: MIT
"""The messages of QoS 1 that are not acknowledged, which outlive a connection (4.4)."""


class InFlight:
    """Messages by packet identifier, in the order in which they were sent.

    Attribute: unsent, the identifiers that this connection has not sent yet, oldest first.
    """

    def __init__(self):
        self._messages = {}
        self._last = 0
        self.unsent = []

    def __len__(self):
        return len(self._messages)

    def new_identifier(self, taken):
        """The next identifier that is neither in flight nor in `taken` (2.2.1)."""
        while True:
            self._last = self._last % 65535 + 1
            if self._last not in self._messages and self._last not in taken:
                return self._last

    def add(self, identifier, message):
        self._messages[identifier] = message

    def acknowledge(self, identifier):
        """The message of that identifier, which is forgotten; None if it was not sent."""
        if identifier in self.unsent:
            return None
        return self._messages.pop(identifier, None)

    def oldest(self):
        """The oldest message that this connection has sent, or None."""
        sent = [i for i in self._messages if i not in self.unsent]
        return self._messages[min(sent, key=self._age)] if sent else None

    def _age(self, identifier):
        # Identifiers count up and wrap: those beyond the last are the older ones.
        return identifier - 65536 if identifier > self._last else identifier

    def clear(self):
        self._messages.clear()
        self.unsent = []

    def begin_again(self):
        """A new connection has sent nothing yet."""
        self.unsent = sorted(self._messages, key=self._age)

    def next_unsent(self, window):
        """The next (identifier, message) to send again, or None while the window is full."""
        if not self.unsent or len(self._messages) - len(self.unsent) >= window:
            return None
        identifier = self.unsent.pop(0)
        return identifier, self._messages[identifier]
