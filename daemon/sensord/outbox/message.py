# SPDX-License-Identifier: MIT
"""Makes the message that is published of a record. Pure Python."""

from . import record


class MessageFormatter:
    """Puts the time and the id before a reading's text as it leaves.

    They are not in the stored text: the time of a reading from before the clock was set is
    corrected while it waits. Attributes: topic, of the last message; is_reading, whether it is
    a reading or a part of one.
    """

    def __init__(self, heads):
        """`heads` is {kind of record: function}; the function of (topic, ns since 1970, id,
        whether the time can be trusted) returns the bytes that come before the text."""
        self._heads = heads
        self.topic = ""
        self.is_reading = False
        self._topic_bytes = b""
        self._session = None
        self._id_prefix = ""

    def payload(self, entry, offset_ns):
        """The bytes to publish for a record, and sets `topic`; None if it cannot be published
        because its topic is not UTF-8 or its kind is unknown.

        `entry` is as Reader.next() gives it, `offset_ns` that of its segment.
        """
        kind, session, sequence, boot_ns, real_ns, topic, text = entry
        # Consecutive records mostly have the same topic and session.
        if topic != self._topic_bytes:
            try:
                self.topic = str(topic, "utf-8")
            except UnicodeError:
                return None
            self._topic_bytes = bytes(topic)
        # A plain message with a time is a part of a reading.
        self.is_reading = kind != record.PLAIN or real_ns != 0
        if kind == record.PLAIN:
            return bytes(text)
        head = self._heads.get(kind & ~record.SYNCHRONIZED)
        if head is None:
            return None
        if session != self._session:
            self._session, self._id_prefix = session, "%08x-" % session
        synchronized = kind & record.SYNCHRONIZED
        if not synchronized and offset_ns is not None:
            real_ns = boot_ns + offset_ns
            synchronized = True
        return head(self.topic, real_ns, self._id_prefix + str(sequence), synchronized) + text
