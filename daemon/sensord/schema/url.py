# SPDX-License-Identifier: MIT
"""The address of an HTTP server, and headers for it. See values.py."""

from .values import Kind, toml_type

_PORTS = {"http": 80, "https": 443}
_TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"  # RFC 9110, 5.6.2
_MAX_TEXT = 1024
# The daemon writes these itself.
_OWN_HEADERS = ("host", "content-length", "content-type", "transfer-encoding", "connection")


class URL(Kind):
    """Parses to (scheme, host, port, path with query)."""

    form = '"http://host:port/path", or https:// for TLS'

    def parse(self, value):
        if not isinstance(value, str):
            raise ValueError("must be %s, not %s" % (self.form, toml_type(value)))
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in _PORTS:
            raise ValueError('must start with http:// or https://, not "%s"' % value[:80])
        if len(value) > _MAX_TEXT:
            raise ValueError("must not be longer than %d characters" % _MAX_TEXT)
        if not all("!" <= c <= "~" for c in rest):
            raise ValueError("must have blanks and other characters than ASCII's as %XX")
        if "#" in rest:
            raise ValueError('must not have a part behind "#": a server never gets it')
        end = min([rest.find(c) for c in "/?" if c in rest] or [len(rest)])
        address, path = rest[:end], rest[end:]
        if "@" in address:
            raise ValueError("must not contain a user or password: use username and password")
        host, port = _host_and_port(address)
        if not host or not all("0" <= c <= "9" for c in port):
            raise ValueError('"%s" is not of the form %s://host:port/path' % (value[:80], scheme))
        number = int(port[:6]) if port else _PORTS[scheme]
        if not 1 <= number <= 65535:
            raise ValueError('"%s" has a port outside 1 to 65535' % value[:80])
        return scheme, host, number, path if path.startswith("/") else "/" + path


def _host_and_port(address):
    if address.startswith("["):
        host, closing, port = address[1:].partition("]")
        return (host, port[1:]) if closing and port[:1] in ("", ":") else ("", "")
    host, _, port = address.partition(":")
    return host, port


class Headers(Kind):
    """Parses to {name: text}."""

    form = 'a table such as {X-API-Key = "…"}'
    is_secret = True

    def parse(self, value):
        if not isinstance(value, dict):
            raise ValueError("must be %s, not %s" % (self.form, toml_type(value)))
        for name, text in value.items():
            if not name or not all(c in _TOKEN for c in name.lower()):
                raise ValueError('cannot have a header called "%s"' % name)
            if name.lower() in _OWN_HEADERS:
                raise ValueError('cannot have "%s": the daemon writes that itself' % name)
            if not isinstance(text, str) or not all(" " <= c <= "~" for c in text):
                raise ValueError('needs a text of ASCII characters for "%s"' % name)
            if len(text) > _MAX_TEXT:
                raise ValueError("must not be longer than %d characters" % _MAX_TEXT)
        return dict(value)
