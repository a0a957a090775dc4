# SPDX-License-Identifier: MIT
"""TLS contexts: the CAs to trust, and the certificate and key to show."""

import asyncio
import binascii
import os

import tls
import tlsextra

from .. import log
from .transport import ConnectError, describe

_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_BEGIN = b"-----BEGIN CERTIFICATE-----"
_END = b"-----END CERTIFICATE-----"
# The object identifiers of Ed25519 and Ed448 (RFC 8410, section 3), in DER.
_EDWARDS = (b"\x06\x03\x2b\x65\x70", b"\x06\x03\x2b\x65\x71")
_NO_ED25519 = "Ed25519 is not supported by the TLS library: use an ECDSA P-256 or RSA key"
# <mbedtls/pk.h>, <mbedtls/pem.h>
_PK_PASSWORD_REQUIRED = -0x3C00
_PK_PASSWORD_MISMATCH = -0x3B80
_PEM_PASSWORD_REQUIRED = -0x1300
_PEM_PASSWORD_MISMATCH = -0x1380
_MAX_PASSPHRASE = 256  # as in tlsextra.c

_contexts = {}  # {paths of its files, and alpn: (their state, SSLContext)}


async def tls_context(ca_file=None, cert_file=None, key_file=None, passphrase=None, alpn=None):
    """A TLS client context that verifies the server against `ca_file`, or the system's CAs, and
    shows the server the certificate of `cert_file`, if given. `passphrase` (bytes) is that of the
    key; `alpn` the protocol to ask for.

    Made once for each state of the files: the system's CAs take a tenth of a second and 1.5 MB.
    Raises ConnectError if a file cannot be read or holds no certificate or key.
    """
    paths = (ca_file or _CERTIFICATES, cert_file, key_file)
    key = paths + (alpn,)
    try:
        state = [os.stat(path)[6:9] for path in paths if path is not None], passphrase
        if key not in _contexts or _contexts[key][0] != state:
            context = await _load_context(paths[0], alpn)
            if cert_file is not None:
                _load_own(context, cert_file, key_file, passphrase)
            _contexts[key] = state, context
    except OSError as error:
        if isinstance(error, ConnectError):
            raise
        raise ConnectError(
            "a file of %s cannot be read: %s"
            % (", ".join([path for path in paths if path is not None]), describe(error))
        )
    return _contexts[key][1]


def _load_own(context, cert_file, key_file, passphrase):
    with open(cert_file, "rb") as file:
        certificate = file.read()
    with open(key_file, "rb") as file:
        key = file.read()
    reason = None
    if passphrase and len(passphrase) > _MAX_PASSPHRASE:
        raise ConnectError("the passphrase of the key has more than %d bytes" % _MAX_PASSPHRASE)
    tlsextra.passphrase(passphrase or b"")
    try:
        context.load_cert_chain(_for_tls(certificate), _for_tls(key))
    except (ValueError, OSError) as error:
        reason = str(error)
    finally:
        tlsextra.passphrase(b"")
    if reason is None:
        return
    number = tlsextra.key_error()
    if number in (_PK_PASSWORD_REQUIRED, _PEM_PASSWORD_REQUIRED):
        raise ConnectError(
            "the key %s is encrypted: give its passphrase with key_passphrase_credential"
            % key_file
        )
    if passphrase and (number in (_PK_PASSWORD_MISMATCH, _PEM_PASSWORD_MISMATCH)):
        raise ConnectError(
            "the passphrase of key_passphrase_credential is not that of the key %s" % key_file
        )
    if _is_edwards(key) or _is_edwards(certificate):
        reason = _NO_ED25519
    elif passphrase and number and b"ENCRYPTED" in key:
        # One wrong passphrase in 256 gives something that looks like a key at first.
        reason = (
            "the passphrase is wrong, or the kind of encryption is not known; "
            "openssl pkcs8 -topk8 -v2 aes-256-cbc makes one that is"
        )
    elif number:
        reason = "it is no key that the TLS library can read: " + reason
    raise ConnectError(
        "the certificate %s and the key %s cannot be used: %s" % (cert_file, key_file, reason)
    )


def _for_tls(data):
    """The TLS layer takes text only with a zero byte at its end, and DER without."""
    return data + b"\0" if b"-----BEGIN" in data else data


def _is_edwards(data):
    """Whether a certificate or key (PEM with one object, or DER) is of Ed25519 or Ed448."""
    if b"-----BEGIN" in data:
        lines = [line for line in data.split(b"\n") if b":" not in line and b"-----" not in line]
        try:
            data = binascii.a2b_base64(b"".join(lines))
        except ValueError:
            return False
    return any(name in data for name in _EDWARDS)


async def _load_context(path, alpn):
    tlsextra.alpn(alpn or "")
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    tlsextra.alpn("")
    context.verify_mode = tls.CERT_REQUIRED
    await _load_authorities(context, path)
    return context


async def _load_authorities(context, path):
    number, skipped = 0, []
    lines = None
    # One certificate at a time: the system's bundle is 200 KB, half of the daemon's memory.
    with open(path, "rb") as file:
        for line in file:
            if line.startswith(_BEGIN):
                number += 1
                if lines is not None:
                    skipped.append((number - 1, "its end is missing"))
                lines = []
            if lines is not None:
                lines.append(line)
                if line.startswith(_END):
                    data, lines = b"".join(lines), None
                    try:
                        context.load_verify_locations(data + b"\0")
                    except (ValueError, OSError) as error:
                        reason = _NO_ED25519 if _is_edwards(data) else str(error)
                        skipped.append((number, reason))
                    await asyncio.sleep_ms(0)
    if lines is not None:
        skipped.append((number, "its end is missing"))
    if not number:
        raise ConnectError("the CA file %s has no certificate in it (PEM)" % path)
    if len(skipped) == number:
        raise ConnectError(
            "the CA file %s has no certificate that can be used; the first one: %s"
            % (path, skipped[0][1])
        )
    for place, reason in skipped:
        log.warning(
            "%s: certificate %d of %d cannot be used and is left out: %s"
            % (path, place, number, reason)
        )
