# SPDX-License-Identifier: MIT
"""Errors of TLS in words: what is wrong, and the cure. Imported when one is told.

The tables are texts: each object of a tuple would be memory of the process alone.
"""

import socket
import time

import tlsextra

# The beginning of a line of mbedtls_x509_crt_verify_info(), and its words.
_VERIFY = """The certificate validity has expired|the server's certificate, or its CA's, has \
expired: renew it, or set this board's clock, which says {now}
The certificate validity starts|the server's certificate is not valid yet by this board's \
clock, which says {now}: set the clock (an NTP client such as systemd-timesyncd keeps it)
The certificate Common Name|{name}
The certificate is not correctly signed|no CA that this board trusts has signed the server's \
certificate: set ca_file to the CA's certificate
The certificate has been revoked|the server's certificate was revoked: it needs a new one
Certificate was missing|the server showed no certificate
Usage does not match|the server's certificate is not for a server (keyUsage, extendedKeyUsage): \
it needs one with serverAuth
The certificate is signed with an unacceptable hash|the server's certificate is signed with a \
hash that is not safe, such as SHA-1: it needs one with SHA-256
The certificate is signed with an unacceptable|the key of the server's certificate, or its \
CA's, is of a kind that is not taken: use ECDSA P-256, or RSA of 2048 bits or more
"""

# Alerts of a server (RFC 8446, 6.2).
_ALERTS = """10 an unexpected message
20 a record that was changed on the way
22 a record that is too long
40 handshake failure: it has no cipher or kind of key in common with this board; an Ed25519 \
certificate is not supported by the TLS library: use an ECDSA P-256 or RSA key for the server
42 bad certificate: it does not accept the one of cert_file
43 unsupported certificate: it does not take the kind of the one of cert_file
44 certificate revoked: the one of cert_file needs to be replaced
45 certificate expired: renew the one of cert_file
46 certificate unknown: it does not accept the one of cert_file, or wants one
47 an illegal parameter
48 unknown CA: it does not know the CA that signed the one of cert_file
49 access denied: it does not let this client in
50 a message that it cannot decode
51 a signature or key that does not fit: is key_file the key of cert_file?
70 protocol version: it speaks neither TLS 1.2 nor 1.3, which sensord needs
71 insufficient security: it wants stronger ciphers or keys
80 an internal error of the server
90 the handshake was cancelled
109 a missing extension
110 an unsupported extension
112 unrecognized name: it does not serve the name in the address
116 certificate required: it wants a client certificate, set cert_file and key_file
120 no application protocol: it does not take the value of alpn
"""

# <mbedtls/ssl.h>, <mbedtls/x509.h>, <mbedtls/pk.h>: the high part of the number.
_ERRORS = """7280 the server closed the connection within TLS: is this its port for TLS? Or does \
it not take the client certificate (cert_file)?
7880 the server closed the connection
7200 the answer is not TLS: is this the server's port for TLS?
7700 the server sent an unexpected message: is this its port for TLS?
6E80 the server speaks neither TLS 1.2 nor 1.3, which sensord needs
6E00 the server and this board have no cipher or kind of key in common
7180 a record was changed on the way
7A00 the server's certificate cannot be read, or is not for a server (keyUsage, \
extendedKeyUsage): it needs one with serverAuth
7600 there is no CA to trust: set ca_file
7500 the server uses an extension that nobody asked for
7580 the server takes another protocol than the value of alpn
7300 the server sent a message that cannot be decoded
6600 the server sent a parameter that is not valid
6D00 the server's key is of another kind than the connection needs
7080 the TLS library lacks what the server asks for
2080 the server's certificate uses what the TLS library lacks: use an ECDSA P-256 or RSA key
2600 the server's certificate, or its CA's, has an unknown signature (Ed25519 is not supported \
by the TLS library): use an ECDSA P-256 or RSA key
3C80 the key of the server's certificate is of an unknown kind (Ed25519 is not supported by the \
TLS library): use an ECDSA P-256 or RSA key
"""


def _line(table, start):
    for line in table.split("\n"):
        if line.startswith(start):
            return line[len(start) :]
    return None


def error_words(number):
    """An error number of mbedTLS in words."""
    code = -number
    if code & 0xFF80 == 0x7780:
        alert = tlsextra.alert()
        words = _line(_ALERTS, "%d " % alert)
        return "the server refuses: %s" % (words or "alert %d" % alert)
    words = _line(_ERRORS, "%04X " % (code & 0xFF80))
    return words or "the TLS library reports error -0x%04X" % code


def _is_address(host):
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
            return True
        except OSError:
            continue
    return False


def _name_words(host):
    host = host.partition("%")[0]
    names = tlsextra.names() or "no name"
    text = "the server's certificate is for %s, not for %s: " % (names, host)
    if _is_address(host):
        return (
            text + "use a name of it in server, or one with that address as IP in subjectAltName"
        )
    return text + "use a name of it in server"


def verify_words(text, host):
    """Why the certificate of `host` is not accepted, from mbedTLS's lines about it."""
    found = []
    for line in text.split("\n"):
        line = line.strip()
        if not line:
            continue
        words = line
        for entry in _VERIFY.split("\n"):
            start, _, meaning = entry.partition("|")
            if start and line.startswith(start):
                now = "%04d-%02d-%02d %02d:%02d" % time.gmtime()[:5]
                words = meaning.replace("{now}", now).replace("{name}", _name_words(host))
                break
        found.append(words)
    return "; ".join(found)
