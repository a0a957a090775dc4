# SPDX-License-Identifier: MIT
"""Finds out which login a broker takes: its version of MQTT, its QoS, retained messages, a will.

MQTT 5 brokers say what they do not take. With MQTT 3.1.1 a broker only closes the connection
(3.1.4), as a proxy does whose broker is away. So a lesser login that is taken counts only after
the full one was refused once more.
"""

from .stream import SILENCE

_SILENT = 2  # refusals without a reason, after which a lesser login is tried

# QoS, retained messages, will. A broker that takes a will of QoS 0 alone takes readings of QoS 0
# alone, so that comes before a login without a will.
_FORMS = (
    (1, True, True),
    (1, False, True),
    (0, True, True),
    (0, False, True),
    (1, True, False),
    (1, False, False),
    (0, False, False),
)


class Capabilities:
    """The login that a broker takes. Attributes: version, qos, retain, will: of the next login."""

    def __init__(self, settings):
        """`settings` is a checked [mqtt] table."""
        version = settings["version"]
        most = (settings["qos"], settings["retain"] is not False, settings["will"])
        forms = []
        for form in _FORMS:
            form = (min(form[0], most[0]), form[1] and most[1], form[2] and most[2])
            if form not in forms:
                forms.append(form)
        # MQTT 5 first: a broker for which it is new either says so or closes the connection.
        self._logins = [("3.1.1",) + form for form in forms]
        if version == "auto":
            self._logins.insert(0, ("5",) + forms[0])
        elif version == "5":
            self._logins = [("5",) + forms[0]]
        self._silent = 0
        self._found = None  # the login that was taken, while the full one is tried once more
        self._use(0)

    def _use(self, index):
        self._index = index
        self.version, self.qos, self.retain, self.will = self._logins[index]

    @property
    def is_full(self):
        """Whether the next login is the one that the configuration asks for."""
        return self._index == 0

    def refused(self, code, protocol):
        """The broker refused the login, with a reason code or (None) without one; `protocol` is
        the module v311 or v5. Returns whether to try another login at once."""
        if code is None:
            return self._closed()
        if code == SILENCE:
            # A broker that does not know MQTT 5 may drop the CONNECT without a word.
            if self.version == "5" and len(self._logins) > 1 and self._found is None:
                self._use(1)
                return True
            return self._found is not None and self._closed()
        self._silent = 0
        if code == protocol.VERSION_REFUSED and self.version == "5" and len(self._logins) > 1:
            del self._logins[0]
            self._use(0)
            return True
        if code == protocol.RETAIN_REFUSED and self.retain:
            self._lower(self.qos, False)
            return True
        if code == protocol.QOS_REFUSED and self.qos:
            self._lower(0, self.retain)
            return True
        if self._index and self._found is None:
            self._use(0)
        return False

    def _lower(self, qos, retain):
        self._logins[self._index] = (self.version, qos, retain, self.will)
        self._use(self._index)

    def _closed(self):
        if self._found is not None:
            # The full login is refused and the lesser one was taken: that is how it is.
            self._logins = [self._logins[self._found]]
            self._found = None
            self._use(0)
            return True
        self._silent += 1
        if self._silent < _SILENT or len(self._logins) == 1:
            return False
        last = self._index == len(self._logins) - 1
        self._use(0 if last else self._index + 1)
        if last:
            self._silent = 0
        return not last

    def taken(self):
        """The broker took the login. Returns False if the connection is to be given up for the
        full login, once."""
        self._silent = 0
        if self._index == 0:
            self._found = None
            return True
        self._found = self._index
        self._use(0)
        return False


def differences(client, settings):
    """Yields, for the journal, what a connected broker does not do of what was asked for."""
    protocol_5 = client.properties
    if settings["retain"] is not False and not client.may_retain:
        yield "it keeps no retained messages: who subscribes later does not see the last state"
    if client.maximum_qos < settings["qos"]:
        yield "it takes QoS 0 only: readings are lost with the connection"
    if settings["will"] and not client.has_will:
        yield "it takes no will: nobody is told when the board vanishes"
    if protocol_5 and settings["session_expiry"]:
        from . import v5

        if protocol_5.get(v5.SESSION_EXPIRY, 1) == 0:
            yield "it keeps no session: commands are lost while the connection is broken"
