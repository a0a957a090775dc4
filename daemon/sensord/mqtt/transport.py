# SPDX-License-Identifier: MIT
"""TCP and TLS connections that never block the loop: name look-up, connect, handshake, data."""

import asyncio
import socket
from errno import ECONNRESET, EINPROGRESS

from linux.files import read_text, readable, writable
from linux.libc import strerror
from linux.subprocess import run

from ..errors import EISCONN

_IPPROTO_TCP = 6  # <netinet/in.h>
_TCP_NODELAY = 1  # <netinet/tcp.h>
_HANDSHAKE_POLL_MS = 50
_MAX_ERRNO = 4096
_EPIPE = 32  # <asm-generic/errno-base.h>
_TLS_ENDED = -0x7280  # MBEDTLS_ERR_SSL_CONN_EOF of <mbedtls/ssl.h>


class ConnectError(OSError):
    """The connection could not be made; the text has the failed step and what to do."""


def describe(error):
    """An OSError of a connection in words: the system's, or those of the TLS layer."""
    number = error.errno
    if not isinstance(number, int):
        return str(error)
    if 0 < number < _MAX_ERRNO:
        return strerror(number)
    from .tls_words import error_words

    return "TLS: " + error_words(number)


def _is_address(host):
    # An address of one link has the interface behind it: fe80::1%eth0.
    address = host.partition("%")[0]
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, address)
            return True
        except OSError:
            continue
    return False


async def resolve(host, timeout_ms):
    """The addresses of a host, as strings, in the order in which they should be tried.

    getaddrinfo() would stop the whole daemon while a resolver is silent, so a process of its own
    calls it: getent. Names in /etc/hosts need neither.
    """
    if _is_address(host):
        return [host]
    lines = [line.split("#")[0].split() for line in (read_text("/etc/hosts") or "").split("\n")]
    name = host.rstrip(".").lower()
    known = [w[0] for w in lines if name in [x.lower() for x in w[1:]] and _is_address(w[0])]
    if known:
        return known
    hint = ""
    if name.endswith(".local"):
        hint = ": .local needs the package libnss-mdns, and the host must be on"
    try:
        status, output = await run(["getent", "ahosts", host], timeout_ms)
    except asyncio.TimeoutError:
        raise ConnectError("no answer from the name server about %s%s" % (host, hint))
    addresses = []
    for line in output.decode().split("\n"):
        words = line.split()
        if len(words) > 1 and words[1] == "STREAM":
            addresses.append(words[0])
    if status or not addresses:
        raise ConnectError("the name %s is unknown%s" % (host, hint))
    return addresses


class Connection:
    """A connected stream. One task may read, any may write; `close()` when done."""

    def __init__(self, sock):
        self._sock = sock
        # TLS has no descriptor to wait on: waiting is always on the socket below it.
        self._stream = sock
        # write() gets the same bytes again, unchanged, until it takes them: TLS has
        # encrypted them already. Later data wait behind them.
        self._offered = b""
        self._behind = b""
        self._flusher = None

    @property
    def pending(self):
        """How many bytes are written but not yet taken by the kernel."""
        return len(self._offered) + len(self._behind)

    async def _handshake(self, context, host, greeting):
        # A certificate has neither the dot at a name's end nor the interface of an address.
        host = host.partition("%")[0].rstrip(".")
        self._stream = context.wrap_socket(
            self._sock, server_hostname=host, do_handshake_on_connect=False
        )
        self._stream.setblocking(False)
        # Writing drives the handshake and takes nothing until that is done; it nearly always waits
        # for the server.
        while not self._stream.write(greeting):
            try:
                await asyncio.wait_for_ms(_wait_readable(self._sock), _HANDSHAKE_POLL_MS)
            except asyncio.TimeoutError:
                continue

    async def readinto(self, buffer):
        """Waits for data; returns its length, 0 when the peer has closed."""
        while True:
            n = self._stream.readinto(buffer)
            if n is not None:
                return n
            await readable(self._sock)

    def quiet(self):
        """Whether the peer has neither closed nor sent anything that was not read."""
        try:
            return self._stream.readinto(bytearray(1)) is None
        except OSError:
            return False

    def write(self, data):
        """Sends as much of `data` as the kernel takes now, and the rest in the background."""
        if self._offered:
            self._behind += data
            return
        n = self._stream.write(data) or 0
        if n < len(data):
            self._offered = bytes(memoryview(data)[n:])
            self._flusher = asyncio.create_task(self._flush())

    async def _flush(self):
        try:
            while self._offered:
                await writable(self._sock)
                n = self._stream.write(self._offered)
                if n:
                    self._offered = self._offered[n:]
                    if not self._offered:
                        self._offered, self._behind = self._behind, b""
        except OSError:
            # The reader finds the same broken connection and reports it.
            self._offered = self._behind = b""

    def close(self):
        """Closes the connection. Idempotent; a socket that is only dropped would leak."""
        if self._sock is None:
            return
        if self._flusher is not None:
            self._flusher.cancel()
        if self._stream is not self._sock:
            try:
                self._stream.close()
            except OSError:
                # TLS sends close_notify on a connection that may be gone.
                pass
        self._sock.close()
        self._sock = None


async def _wait_readable(sock):
    await readable(sock)


async def _connect_socket(address, port):
    family, kind, protocol, _, sockaddr = socket.getaddrinfo(address, port, 0, socket.SOCK_STREAM)[
        0
    ]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        try:
            sock.connect(sockaddr)
        except OSError as error:
            if error.errno != EINPROGRESS:
                raise
            await writable(sock)
            _finish_connect(sock, sockaddr)
    except BaseException:
        sock.close()
        raise
    return sock


def _finish_connect(sock, sockaddr):
    # There is no getsockopt(SO_ERROR): a second connect() reports how the first one ended.
    try:
        sock.connect(sockaddr)
    except OSError as error:
        if error.errno != EISCONN:
            raise


async def _open_one(address, host, port, context, greeting):
    connection = Connection(await _connect_socket(address, port))
    try:
        if context is not None:
            try:
                await connection._handshake(context, host, greeting)
            except OSError as error:
                # A server without TLS closes with unread data, which the kernel calls a reset.
                raise OSError(_TLS_ENDED) if error.errno in (_EPIPE, ECONNRESET) else error
        else:
            connection.write(greeting)
    except BaseException:
        connection.close()
        raise
    return connection


async def open_connection(host, port, context, greeting, timeout_ms):
    """Connects to the first of the host's addresses that answers and sends `greeting`, a packet
    of less than 16 KiB; over TLS if `context` is given.

    Raises ConnectError with the reason why the last address failed.
    """
    reason = "no address"
    for address in await resolve(host, timeout_ms):
        try:
            return await asyncio.wait_for_ms(
                _open_one(address, host, port, context, greeting), timeout_ms
            )
        except asyncio.TimeoutError:
            reason = "no answer within %d s" % (timeout_ms // 1000)
        except ValueError as error:
            # How the tls module reports a certificate that does not verify.
            from .tls_words import verify_words

            raise ConnectError("TLS: " + verify_words(str(error), host))
        except OSError as error:
            if not 0 < error.errno < _MAX_ERRNO or not reason.startswith("TLS"):
                # An address that answered says more than another that did not.
                reason = describe(error)
    raise ConnectError(reason)
