# SPDX-License-Identifier: MIT
"""Answers of HTTP servers, however their bytes come in, and what is none."""

from sensord.http.response import TEXT_BYTES, MalformedResponse, Response

WHOLE = (
    # Bytes, status, whether the connection is kept, text.
    (b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", 204, True, b""),
    (b"HTTP/1.1 204 No Content\nX: y\n\n", 204, True, b""),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, True, b"ok"),
    (b"HTTP/1.1 200\r\ncontent-LENGTH:  2 \r\n\r\nok", 200, True, b"ok"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, True, b""),
    (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 200, False, b""),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 200, False, b""),
    (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", 200, True, b""),
    (
        b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n"
        b"A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", 400, True, b"abc0123456789",
    ),
    (
        b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        400, False, b"",
    ),
    (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, True, b"x",
    ),
    (b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 1\r\n\r\nx", 200, True, b"x"),
)  # fmt: skip

MALFORMED = (
    b"hello\r\n",
    b"HTTP/2 200 OK\r\n\r\n",
    b"HTTP/1.1 OK\r\n\r\n",
    b"HTTP/1.1 99 No\r\n\r\n",
    b"HTTP/1.1 20x No\r\n\r\n",
    b"HTTP/1.1 2000 No\r\n\r\n",
    b"HTTP/1.1 101 Switching\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20000,
    b"HTTP/1.1 200 OK\r\n" + b"X: yyyyyyyyyyyyyyyyyyyyy\r\n" * 5000,
    b"HTTP/1.1 100 Continue\r\n\r\n" * 5000,
    b"x" * 20000,
)


def fed(data, size):
    """(Response, whether it is complete) after the bytes in pieces of a size."""
    response = Response()
    for start in range(0, len(data), size):
        if response.feed(data[start : start + size]):
            assert start + size >= len(data), "complete too early"
            return response, True
    return response, False


def test_a_whole_answer_in_pieces_of_any_size():
    for data, status, keep, text in WHOLE:
        for size in (1, 2, 3, 7, 1000):
            response, complete = fed(data, size)
            assert complete, data
            found = (response.status, response.keep, bytes(response.text))
            assert found == (status, keep, text), (data, size, found)


def test_no_part_of_an_answer_is_a_whole_one():
    for data, _, _, _ in WHOLE:
        for end in range(len(data)):
            response, complete = fed(data[:end], 1000)
            assert not complete, data[:end]
            try:
                response.end()
                raise AssertionError(data[:end])
            except MalformedResponse:
                pass


def test_a_body_without_a_length_ends_with_the_connection():
    response, complete = fed(b"HTTP/1.1 200 OK\r\n\r\nsome text", 4)
    assert not complete
    response.end()
    assert response.status == 200 and not response.keep and bytes(response.text) == b"some text"


def test_what_is_no_answer():
    for data in MALFORMED:
        for size in (1, 1000):
            try:
                fed(data, size)
                raise AssertionError(data[:80])
            except MalformedResponse as error:
                assert str(error), data[:80]


def test_tls_at_a_plain_address_is_told():
    try:
        fed(b"\x15\x03\x01\x00\x02\x02\x16", 7)
        raise AssertionError("taken")
    except MalformedResponse as error:
        assert "https://" in str(error)


def test_a_flood_is_not_kept():
    """A server that never ends its body costs a bounded time and little memory."""
    response = Response()
    assert not response.feed(b"HTTP/1.1 503 Busy\r\n\r\n")
    count = 0
    while not response.feed(b"x" * 1024):
        count += 1
        assert count < 100
    assert response.status == 503 and not response.keep and len(response.text) == TEXT_BYTES


def test_bytes_behind_the_answer_end_the_connection():
    """They would be taken for the answer to the next request."""
    response = Response()
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    assert response.feed(answer + answer)
    assert response.status == 204 and not response.keep


def test_when_and_where_to_try_again():
    data = b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nLocation: http://x/\x1b[m\r\n\r\n"
    response, _ = fed(data, 5)
    assert response.retry_after_s == 120 and response.location == "http://x/?[m"
    response, _ = fed(b"HTTP/1.1 429 No\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n", 9)
    assert response.retry_after_s is None
