# SPDX-License-Identifier: MIT
"""Logging in to the servers of an [mqtt] table: passwords, keys, and the client that has them."""

import os

from .. import log
from ..errors import ENOENT
from .client import MQTTClient


def _credential_path(name):
    directory = os.getenv("CREDENTIALS_DIRECTORY")
    if not directory:
        raise OSError(
            ENOENT,
            'there is no credential "%s": add LoadCredential=%s:FILE to the unit, restart it'
            % (name, name),
        )
    return directory + "/" + name


def read_secret(settings, key):
    """The value of a key such as "password", from its table or from the systemd credential that
    the table names; None without either.

    Raises OSError, with what to do, if the credential is not there.
    """
    name = settings[key + "_credential"]
    if name is None:
        return settings.get(key)
    path = _credential_path(name)
    try:
        with open(path, "rb") as file:
            return file.read().rstrip(b"\r\n")
    except OSError as error:
        raise OSError(
            error.errno, 'the credential "%s" cannot be read: %s' % (name, log.reason(error))
        )


def read_password(settings):
    """The password of [mqtt], as read_secret()."""
    return read_secret(settings, "password")


async def server_context(settings, scheme):
    """The TLS context for a server of an [mqtt] table, or None without TLS.

    Raises ConnectError if a file of it cannot be used, OSError if its credential is not there.
    """
    if scheme not in ("mqtts", "wss"):
        return None
    key_file = settings["key_file"]
    if settings["key_credential"] is not None:
        key_file = _credential_path(settings["key_credential"])
    from .secure import tls_context

    return await tls_context(
        settings["ca_file"],
        settings["cert_file"],
        key_file,
        read_secret(settings, "key_passphrase"),
        settings["alpn"],
    )


def server_name(scheme, host, port, path):
    """A server of an [mqtt] table as in the configuration."""
    return "%s://%s:%d%s" % (scheme, "[%s]" % host if ":" in host else host, port, path or "")


async def new_client(settings, client_id, version, scheme, host, port, path):
    """An MQTTClient for one of the servers of an [mqtt] table, not connected yet.

    Raises OSError and ConnectError as read_password() and server_context().
    """
    return MQTTClient(
        client_id,
        host,
        port,
        settings["username"],
        read_password(settings),
        settings["keepalive"] // 1000,
        await server_context(settings, scheme),
        version,
        settings["session_expiry"] // 1000,
        path,
    )
