# SPDX-License-Identifier: MIT
"""The frames of a WebSocket, on a client's side (RFC 6455, section 5). Pure Python."""

BINARY, CLOSE, PONG = 2, 8, 10
_CONTINUATION, _TEXT, _PING = 0, 1, 9
_NAMES = """1000 normal
1001 the server goes away
1002 protocol error
1003 data of a kind that it does not take
1005 no reason given
1007 data that are not valid
1008 against its policy
1009 message too large
1010 extension missing
1011 internal error of the server
1012 the server restarts
1013 try again later
1014 the proxy does not reach the server
"""  # section 7.4.1, and the registry of close codes
_PROTOCOL_ERROR = 1002
_UNSUPPORTED = 1003
_PIECE = 512


class MalformedFrame(Exception):
    """The server sent no frame that it may send. Attributes: code, to close the WebSocket with;
    data, the bytes of MQTT before it, of the same feed()."""

    def __init__(self, text, code=_PROTOCOL_ERROR):
        super().__init__(text)
        self.code = code
        self.data = b""


def frame(opcode, payload, mask):
    """A whole frame as a client sends it, masked with `mask`: 4 random bytes (5.3)."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65536:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    start = len(head) + 4
    made = bytearray(start + size)
    made[: start - 4] = head
    made[start - 4 : start] = mask
    # As one large number each: ten times as fast as byte by byte.
    pattern = int.from_bytes(mask * (_PIECE // 4), "little")
    for at in range(0, size, _PIECE):
        piece = payload[at : at + _PIECE]
        n = len(piece)
        masked = int.from_bytes(piece, "little") ^ (pattern & ((1 << (8 * n)) - 1))
        made[start + at : start + at + n] = masked.to_bytes(n, "little")
    return bytes(made)


def close_words(code, reason):
    """Why a WebSocket was closed, in words."""
    text = "%d" % code
    for line in _NAMES.split("\n"):
        if line.startswith(text):
            text = "%s, %s" % (text, line[5:])
    return "%s (%s)" % (text, reason) if reason else text


class Frames:
    """Takes the bytes from a server, and gives those of MQTT within them.

    A packet of MQTT and a frame need not begin and end together (MQTT 5, 6.0), so a frame's data
    are passed on as they come: nothing has to be kept, however large a frame is.

    Attributes: ping, the payload of the last PING that came with the last feed(), or None; close,
    (code, reason) of a CLOSE, or None. Nothing behind that is read.
    """

    def __init__(self):
        self._head = bytearray()
        self._needed = 2  # bytes of the head
        self._left = 0  # bytes of the payload
        self._opcode = None  # of the control frame that is being read
        self._payload = bytearray()
        self._in_message = False
        self.ping = None
        self.close = None

    def feed(self, data):
        """Takes the next bytes; returns the data within them (bytes). Raises MalformedFrame."""
        self.ping = None
        found = b""
        at, end = 0, len(data)
        while at < end and self.close is None:
            if not self._left:
                self._head.append(data[at])
                at += 1
                if len(self._head) == self._needed:
                    try:
                        self._take_head()
                    except MalformedFrame as error:
                        error.data = found
                        raise
                continue
            piece = data[at : at + self._left]
            at += len(piece)
            self._left -= len(piece)
            if self._opcode is None:
                found += piece
            else:
                self._payload.extend(piece)
                if not self._left:
                    self._end_control()
        return found

    def _take_head(self):
        head = self._head
        size = head[1]
        if self._needed == 2:
            self._check(head[0], size)
            if size >= 126:
                self._needed = 4 if size == 126 else 10
                return
        else:
            size = int.from_bytes(head[2:], "big")
            if size < (126 if self._needed == 4 else 65536) or size >> 63:
                raise MalformedFrame("a frame has a length that is not valid")
        opcode = head[0] & 0x0F
        self._head = bytearray()
        self._needed = 2
        self._left = size
        if opcode < CLOSE:
            self._opcode = None
            self._in_message = not head[0] & 0x80
        else:
            self._opcode = opcode
            self._payload = bytearray()
            if not size:
                self._end_control()

    def _check(self, first, size):
        opcode = first & 0x0F
        if first & 0x70:
            raise MalformedFrame("a frame uses an extension that nobody asked for")
        if size & 0x80:
            raise MalformedFrame("a frame is masked, which only a client's may be")
        if opcode == _TEXT:
            raise MalformedFrame("a frame is a text, which is not MQTT", _UNSUPPORTED)
        if opcode in (CLOSE, _PING, PONG):
            if not first & 0x80 or size > 125:
                raise MalformedFrame("a control frame is too long or in pieces")
        elif opcode not in (_CONTINUATION, BINARY):
            raise MalformedFrame("a frame is of an unknown kind, %d" % opcode)
        elif (opcode == _CONTINUATION) != self._in_message:
            raise MalformedFrame("the pieces of a message are not in order")

    def _end_control(self):
        payload = bytes(self._payload)
        if self._opcode == _PING:
            self.ping = payload
        elif self._opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if payload else 1005
            sent = 1000 <= code <= 1014 and code not in (1004, 1005, 1006)
            if payload and not (len(payload) >= 2 and (sent or 3000 <= code <= 4999)):
                raise MalformedFrame("the server closed with a code that is not valid")
            text = "".join([chr(c) if 32 <= c < 127 else "?" for c in payload[2:]])
            self.close = code, text
        self._opcode = None
