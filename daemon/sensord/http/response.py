# SPDX-License-Identifier: MIT
"""Parses the answer to an HTTP/1 request as its bytes come in (RFC 9112). Pure Python.

The memory it takes has a bound, whatever the server sends.
"""

_MAX_HEAD_BYTES = 16 * 1024
_MAX_BYTES = 64 * 1024  # of one answer; the connection is given up behind it
_MAX_DIGITS = 9
TEXT_BYTES = 512  # the start of the body that is kept

_LINE, _DATA, _TO_END = 0, 1, 2
_STATUS, _HEADER, _CHUNK, _CHUNK_END, _TRAILER = 0, 1, 2, 3, 4


class MalformedResponse(Exception):
    """The bytes are no answer of an HTTP/1 server; the text is what is wrong."""


def _number(text, base):
    """A number of digits only, or None."""
    digits = b"0123456789abcdef"[:base]
    if not text or len(text) > _MAX_DIGITS or not all(c in digits for c in text.lower()):
        return None
    return int(text, base)


class Response:
    """One answer.

    Attributes: status, its code; reason, the words beside it (str); location, where a redirect
    goes (str) or None; retry_after_s, when the server wants the request again, or None; text, the
    start of the body (bytearray); keep, whether the connection can take another request.
    """

    def __init__(self):
        self.text = bytearray()
        self._line = bytearray()
        self._taken = 0
        self._begin()

    def _begin(self):
        self.status = 0
        self.reason = ""
        self.location = None
        self.retry_after_s = None
        self.keep = False
        self._done = False
        self._state, self._expected = _LINE, _STATUS
        self._length = None
        self._chunked = self._coded = False
        self._left = 0

    def feed(self, data):
        """Takes the next bytes; returns whether the answer is complete. MalformedResponse."""
        at = 0
        self._taken += len(data)
        while at < len(data) and not self._done:
            if self._state == _LINE:
                at = self._take_line(data, at)
            elif self._state == _DATA:
                end = min(len(data), at + self._left)
                self._take_text(data[at:end])
                self._left -= end - at
                at = end
                if not self._left:
                    self._end_of_data()
            else:
                self._take_text(data[at:])
                at = len(data)
        if self._done:
            # Bytes that nobody asked for would be taken for the answer to the next request.
            if at < len(data):
                self.keep = False
        elif self._taken > _MAX_BYTES and self._expected != _STATUS:
            # The status counts, and nothing behind it.
            self._done, self.keep = True, False
        return self._done

    def end(self):
        """The server closed the connection. Raises MalformedResponse if the answer was not
        complete."""
        self.keep = False
        if self._done or self._state == _TO_END:
            return
        if not self._taken:
            raise MalformedResponse("the server closed the connection without an answer")
        raise MalformedResponse("the server closed the connection within its answer")

    def _take_text(self, data):
        room = TEXT_BYTES - len(self.text)
        if room > 0:
            self.text.extend(data[:room])

    def _take_line(self, data, at):
        end = data.find(b"\n", at)
        part = data[at:] if end < 0 else data[at:end]
        if len(self._line) + len(part) > _MAX_HEAD_BYTES or (
            self._expected <= _HEADER and self._taken > _MAX_BYTES
        ):
            raise MalformedResponse("the server's answer has no end of its headers")
        self._line.extend(part)
        if end < 0:
            # Known at its first bytes: a flood of anything else need not be read.
            if self._expected == _STATUS and not b"HTTP/1."[: len(self._line)] == self._line[:7]:
                self._no_http()
            return len(data)
        line = bytes(self._line)
        self._line = bytearray()
        self._end_of_line(line[:-1] if line.endswith(b"\r") else line)
        return end + 1

    def _end_of_line(self, line):
        expected = self._expected
        if expected == _STATUS:
            self._take_status(line)
            self._expected = _HEADER
        elif expected == _HEADER:
            if line:
                self._take_header(line)
            else:
                self._end_of_headers()
        elif expected == _CHUNK:
            size = _number(line.split(b";")[0].strip(), 16)
            if size is None:
                raise MalformedResponse("the server's answer has a chunk without a size")
            self._expected = _CHUNK_END if size else _TRAILER
            if size:
                self._state, self._left = _DATA, size
        elif expected == _CHUNK_END:
            if line:
                raise MalformedResponse("the server's answer has a chunk of another size")
            self._expected = _CHUNK
        elif not line:
            self._done = True

    def _no_http(self):
        if self._line[:1] in (b"\x15", b"\x16"):
            raise MalformedResponse("the server answers with TLS: is its address https://?")
        raise MalformedResponse("the answer is not HTTP/1")

    def _take_status(self, line):
        code = line[9:12]
        if not (
            line.startswith(b"HTTP/1.")
            and line[7:8] in b"0123456789"
            and line[8:9] == b" "
            and len(code) == 3
            and line[12:13] in b" "
        ):
            self._line = line
            self._no_http()
        number = _number(code, 10)
        if number is None or not 100 <= number <= 599:
            raise MalformedResponse("the server's answer has no status")
        self.status = number
        self.reason = printable(line[13:])
        self.keep = line[7:8] != b"0"

    def _take_header(self, line):
        name, colon, value = line.partition(b":")
        if not colon or line[:1] in b" \t":
            # The rest of a folded line, or nothing that anyone needs.
            return
        name, value = name.strip().lower(), value.strip()
        if name == b"content-length":
            length = _number(value, 10)
            if length is None or self._length not in (None, length):
                raise MalformedResponse("the server's answer has no valid length")
            self._length = length
        elif name == b"transfer-encoding":
            self._coded = True
            self._chunked = value.lower().endswith(b"chunked")
        elif name == b"connection":
            for word in value.lower().split(b","):
                word = word.strip()
                if word == b"close":
                    self.keep = False
                elif word == b"keep-alive":
                    self.keep = True
        elif name == b"retry-after":
            self.retry_after_s = _number(value, 10)
        elif name == b"location":
            self.location = printable(value)

    def _end_of_headers(self):
        if self.status < 200:
            if self.status == 101:
                raise MalformedResponse("the server changes to another protocol")
            # Continue, Processing, Early Hints: the answer itself follows.
            self._begin()
        elif self.status in (204, 304):
            self._done = True
        elif self._chunked:
            self._expected = _CHUNK
            if self._length is not None:
                # Which of the two a proxy believed is unknown.
                self.keep = False
        elif self._coded or self._length is None:
            self._state, self._expected = _TO_END, _TRAILER
            self.keep = False
        elif self._length:
            self._state, self._expected, self._left = _DATA, _TRAILER, self._length
        else:
            self._done = True

    def _end_of_data(self):
        self._state = _LINE
        if not self._chunked:
            self._done = True


def printable(data):
    """Bytes from a server as a text for people: ASCII, at most TEXT_BYTES."""
    return "".join([chr(c) if 32 <= c < 127 else "?" for c in bytes(data[:TEXT_BYTES])])
