# SPDX-License-Identifier: MIT
"""POST requests over one connection that is kept between them, and never blocks the loop."""

import asyncio

from ..mqtt.transport import describe, open_connection
from .response import MalformedResponse, Response

_READ_BYTES = 1024
_CONNECT_MS = 5000
_PORTS = {"http": 80, "https": 443}


class NoAnswer(Exception):
    """The request or a part of it left, and no whole answer came; the text is the reason."""


class Client:
    """A client of one URL."""

    def __init__(self, url, headers, timeout_ms):
        """`url` is (scheme, host, port, path with query), `headers` a list of (name, value) of
        each request, `timeout_ms` how long the server may take to answer."""
        scheme, host, port, path = url
        self._host, self._port = host, port
        shown = "[%s]" % host if ":" in host else host
        if port != _PORTS[scheme]:
            shown += ":%d" % port
        lines = ["POST %s HTTP/1.1" % path, "Host: " + shown]
        lines += ["%s: %s" % header for header in headers]
        self._head = "\r\n".join(lines) + "\r\nContent-Length: "
        self._timeout_ms = timeout_ms
        self._connection = None
        self._buffer = bytearray(_READ_BYTES)

    async def post(self, body, context, more):
        """Sends a request with `body` (bytes); returns the Response. Over TLS if `context` is an
        SSLContext. `more` are headers of this request, as text with line ends.

        Raises ConnectError if there is no connection, NoAnswer.
        """
        head = "%s%d\r\n%s\r\n" % (self._head, len(body), more)
        head = head.encode()
        connection, self._connection = self._connection, None
        if connection is not None and not connection.quiet():
            # The server has closed it meanwhile, or sent something that nobody asked for.
            connection.close()
            connection = None
        try:
            if connection is None:
                timeout_ms = min(_CONNECT_MS, self._timeout_ms)
                connection = await open_connection(
                    self._host, self._port, context, head, timeout_ms
                )
            else:
                connection.write(head)
            connection.write(body)
            response = await asyncio.wait_for_ms(self._answer(connection), self._timeout_ms)
            if response.keep:
                self._connection, connection = connection, None
            return response
        except MalformedResponse as error:
            raise NoAnswer(str(error))
        except asyncio.TimeoutError:
            raise NoAnswer("no answer within %d s" % (self._timeout_ms // 1000))
        except OSError as error:
            if connection is None:
                raise
            raise NoAnswer(describe(error))
        finally:
            if connection is not None:
                connection.close()

    async def _answer(self, connection):
        response = Response()
        view = memoryview(self._buffer)
        while True:
            n = await connection.readinto(self._buffer)
            if not n:
                response.end()
                return response
            if response.feed(bytes(view[:n])):
                return response

    def close(self):
        """Closes the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
