# SPDX-License-Identifier: MIT
"""Feeds mutated answers to the parser of HTTP servers' answers.

Failures are an exception other than MalformedResponse, an answer with another status than a server
can give, more kept than the limits, an answer that is another one if its bytes come in other
pieces, and memory that grows. An input's first byte is the size of the pieces.
"""

import random

import fuzzing
from mutations import mutated

from sensord.http import response
from sensord.http.response import MalformedResponse, Response

ANSWERS = (
    b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8\r\n\r\n",
    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 20\r\nRetry-After: 7\r\n\r\n"
    b'{"message":"a \\"b\\""}',
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nTransfer-Encoding: gzip, chunked\r\n"
    b"Connection: keep-alive, close\r\n\r\n5;x=y\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n"
    b"0\r\nTrailer: x\r\n\r\n",
    b"HTTP/1.0 302 Found\r\nLocation: http://x/\r\nX: a\r\n b\r\n\r\nuntil the end",
)
WORDS = (b"\r\n", b"\n", b"\0", b"\xff", b"Content-Length: 9\r\n", b"HTTP/1.1 200", b"chunked")
MOST_KEPT = response._MAX_HEAD_BYTES + response.TEXT_BYTES


def parse(data, size):
    """What an answer says, or None if it is none."""
    parser = Response()
    try:
        for start in range(0, len(data), size):
            complete = parser.feed(data[start : start + size])
            assert len(parser._line) + len(parser.text) <= MOST_KEPT, "keeps too much"
            if complete:
                break
        else:
            parser.end()
    except MalformedResponse:
        return None
    assert 200 <= parser.status <= 599, "status %d" % parser.status
    # What lies behind the answer may come with it or not, which only `keep` shows.
    return parser.status, parser.reason, parser.location, parser.retry_after_s, bytes(parser.text)


def make():
    pieces = bytes((random.getrandbits(6),))
    return pieces + mutated(ANSWERS[random.getrandbits(2)], WORDS)


def check(data):
    if not data:
        return 0
    size, data = data[0] + 1, data[1:]
    found = parse(data, size)
    assert found == parse(data, len(data) or 1), "other pieces, another answer"
    return found is not None


fuzzing.main("http_response", make, check)
