# SPDX-License-Identifier: MIT
"""How far the messages of the log are sent and acknowledged. Pure Python."""


class Cursor:
    """Counts messages by their number, which grows by one with each from the start of the daemon.

    `len()` is how many are not acknowledged. Attributes: front, the oldest number that is not
    acknowledged; released, the first number that may not be sent yet; end, the number of the next
    message to come.
    """

    def __init__(self):
        self.front = 0
        self.released = 0
        self.end = 0
        self._unsent = 0
        self._acknowledged = set()  # numbers behind the front

    def __len__(self):
        return self.end - self.front - len(self._acknowledged)

    @property
    def has_unsent(self):
        """Whether `next()` may have one to send."""
        return self.released > self._unsent

    def next(self):
        """Returns the next number to send, or None; it is in flight from now on."""
        number = max(self._unsent, self.front)
        if self._acknowledged:
            while number in self._acknowledged:
                number += 1
        if number >= self.released:
            self._unsent = number
            return None
        self._unsent = number + 1
        return number

    def rewind(self):
        """Nothing is in flight any more: all unacknowledged messages are to be sent again."""
        self._unsent = self.front

    def acknowledge(self, number):
        """Marks a number as acknowledged, in any order; returns whether the front moved."""
        if number != self.front or number == self.end:
            if self.front < number < self.end:
                self._acknowledged.add(number)
            return False
        self.front = number + 1
        if self._acknowledged:
            self._advance()
        return True

    def discard(self, first, end):
        """Marks the numbers from `first` to before `end` as acknowledged; returns how many of
        them were unacknowledged before."""
        before = len(self)
        for number in range(max(first, self.front), end):
            self._acknowledged.add(number)
        self._advance()
        return before - len(self)

    def _advance(self):
        while self.front in self._acknowledged:
            self._acknowledged.remove(self.front)
            self.front += 1
