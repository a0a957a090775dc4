# SPDX-License-Identifier: MIT
"""TLS with real servers: whom the board trusts, whom it shows which certificate, and its words."""

import json
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from support import Broker, free_port, wait_until

CONFIG = """
[mqtt]
server = "{server}"
{more}
[sensor.board]
type = "system"
interval = "100 ms"
"""
LONG_AGO = "-not_before 20200101000000Z -not_after 20210101000000Z"
FUTURE = "-not_before 20990101000000Z -not_after 21000101000000Z"
VALID = "-days 3650"
P256 = "ec -pkeyopt ec_paramgen_curve:P-256"


def openssl(folder, *words):
    command = [
        part for word in words for part in (word if isinstance(word, list) else word.split())
    ]
    subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)


def make_ca(folder, name, key="rsa:2048"):
    openssl(
        folder, f"req -x509 -newkey {key} -nodes -days 3650 -subj /CN={name}",
        f"-addext basicConstraints=critical,CA:TRUE -keyout {name}.key -out {name}.pem",
    )  # fmt: skip


def make_certificate(folder, name, subject, extensions, valid=VALID, key=P256, ca="ca"):
    openssl(
        folder, f"req -newkey {key} -nodes -subj /CN={subject} -keyout {name}.key -out {name}.csr"
    )
    (folder / f"{name}.ext").write_text(extensions + "\n")
    openssl(
        folder, f"x509 -req {valid} -CA {ca}.pem -CAkey {ca}.key -in {name}.csr -out {name}.pem",
        f"-extfile {name}.ext",
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Certificates of one CA: NAME.pem and NAME.key."""
    folder = tmp_path_factory.mktemp("tls")
    for name, key in (("ca", "rsa:2048"), ("other", P256), ("edwards", "ed25519")):
        make_ca(folder, name, key)
    local = "subjectAltName=DNS:localhost"
    for name, subject, extensions, *more in (
        ("good", "localhost", local),
        ("expired", "localhost", local, LONG_AGO),
        ("future", "localhost", local, FUTURE),
        ("elsewhere", "x", "subjectAltName=DNS:a.example,DNS:b.example"),
        ("foreign", "localhost", local, VALID, P256, "other"),
        ("forclients", "localhost", local + "\nextendedKeyUsage=clientAuth"),
        ("edwards_server", "localhost", local, VALID, "ed25519"),
        ("edwards_signed", "localhost", local, VALID, P256, "edwards"),
        ("client", "board", "subjectAltName=DNS:board"),
        ("foreign_client", "board", "subjectAltName=DNS:board", VALID, P256, "other"),
        ("address", "x", "subjectAltName=IP:127.0.0.1,IP:::1"),
        ("address_as_name", "127.0.0.1", "subjectAltName=DNS:127.0.0.1"),
        ("address_as_subject", "127.0.0.1", "basicConstraints=CA:FALSE"),
        ("another_address", "x", "subjectAltName=IP:127.0.0.2,DNS:localhost"),
    ):
        make_certificate(folder, name, subject, extensions, *more)
    return folder


def broker(tmp_path, folder, name, *lines):
    return Broker(
        tmp_path, [f"certfile {folder}/{name}.pem", f"keyfile {folder}/{name}.key", *lines]
    )


def config(folder, port, host="localhost", ca="ca.pem", more="", scheme="mqtts"):
    shown = f"[{host}]" if ":" in host else host
    return CONFIG.format(
        server=f"{scheme}://{shown}:{port}", more=f'ca_file = "{folder}/{ca}"\n{more}'
    )


@pytest.mark.parametrize(
    ("certificate", "ca", "words"),
    [
        ("expired", "ca", "has expired: renew it, or set this board's clock, which says 20"),
        ("future", "ca", "is not valid yet by this board's clock, which says 20"),
        ("elsewhere", "ca", "is for a.example, b.example, not for localhost: use a name of it"),
        ("foreign", "ca", "no CA that this board trusts has signed the server's certificate"),
        ("forclients", "ca", "is not for a server (keyUsage, extendedKeyUsage)"),
        (
            "edwards_signed",
            "edwards",
            "has no certificate that can be used; the first one: Ed25519",
        ),
        ("edwards_signed", "ca", "use an ECDSA P-256 or RSA key"),
        (
            "edwards_server",
            "ca",
            "an Ed25519 certificate is not supported by the TLS library: use",
        ),
    ],
)
def test_a_certificate_not_to_be_trusted_is_told_with_its_cure(
    tmp_path, folder, daemon, certificate, ca, words
):
    with broker(tmp_path, folder, certificate) as server:
        running = daemon(config(folder, server.port, ca=f"{ca}.pem"))
        running.wait_for_message(f"mqtts://localhost:{server.port}: ")
        running.wait_for_message(words)
        assert "-0x" not in running.messages() and "connected to" not in running.messages()


@pytest.mark.parametrize(
    ("certificate", "host", "words"),
    [
        ("address", "127.0.0.1", None),
        ("address", "::1", None),
        ("address_as_name", "127.0.0.1", "is for 127.0.0.1, not for 127.0.0.1: use a name of it"),
        ("address_as_subject", "127.0.0.1", "that address as IP in subjectAltName"),
        ("another_address", "127.0.0.1", "is for 127.0.0.2, localhost, not for 127.0.0.1"),
        ("good", "127.0.0.1", "is for localhost, not for 127.0.0.1: use a name of it"),
        ("good", "localhost.", None),
    ],
)
def test_an_address_counts_only_as_an_address(tmp_path, folder, daemon, certificate, host, words):
    """A name that reads like an address is not the address: anyone may be given such a name."""
    listener = free_port()
    more = [f"listener {listener} ::1", f"certfile {folder}/{certificate}.pem",
            f"keyfile {folder}/{certificate}.key"]  # fmt: skip
    with broker(tmp_path, folder, certificate, *more) as server:
        port = listener if host == "::1" else server.port
        running = daemon(config(folder, port, host))
        running.wait_for_message(words or "connected to")
        assert not words or "connected to" not in running.messages()


class Server:
    """A TLS server of Python's, which ends each connection after the handshake.

    Attributes: names, which the clients asked for; protocols, which they and the server chose.
    """

    def __init__(self, folder, certificate="good", **settings):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / f"{certificate}.pem", folder / f"{certificate}.key")
        context.sni_callback = lambda sock, name, context: self.names.append(name)
        self.names, self.protocols = [], []
        for name, value in settings.items():
            setattr(context, name, value) if name != "alpn" else context.set_alpn_protocols(value)
        self._context = context
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(client, server_side=True) as secure:
                    self.protocols.append(secure.selected_alpn_protocol())
                    secure.recv(4096)
            except (OSError, ssl.SSLError):
                client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()


@pytest.mark.parametrize(
    ("host", "name"),
    [("localhost", "localhost"), ("localhost.", "localhost"), ("127.0.0.1", None)],
)
def test_the_server_is_told_its_name_and_never_an_address(folder, daemon, host, name):
    """RFC 6066 allows names only; some servers refuse an address."""
    with Server(folder, "address" if name is None else "good") as server:
        daemon(config(folder, server.port, host))
        wait_until(lambda: server.protocols, 10, "a handshake")
        assert server.names[0] == name


def test_alpn_names_the_protocol(folder, daemon):
    """AWS IoT speaks MQTT on port 443 only to whom asks for it."""
    alpn = ["http/1.1", "x-amzn-mqtt-ca"]
    with Server(folder, alpn=alpn) as server:
        running = daemon(config(folder, server.port, more='alpn = "x-amzn-mqtt-ca"'))
        wait_until(lambda: server.protocols, 10, "a handshake")
        assert server.protocols[0] == "x-amzn-mqtt-ca"
        running.stop()
        before = len(server.protocols)
        daemon(config(folder, server.port))
        wait_until(lambda: len(server.protocols) > before, 10, "a handshake")
        assert server.protocols[-1] is None


def test_a_server_of_another_protocol_is_told(folder, daemon):
    process_port = free_port()
    process = subprocess.Popen(
        ["openssl", "s_server", "-accept", str(process_port), "-alpn", "h2", "-quiet",
         "-cert", folder / "good.pem", "-key", folder / "good.key"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        running = daemon(config(folder, process_port, more='alpn = "x-amzn-mqtt-ca"'))
        running.wait_for_message("no application protocol: it does not take the value of alpn")
    finally:
        process.terminate()
        process.wait()


def test_an_old_version_of_tls_is_told(folder, daemon):
    with Server(folder, maximum_version=ssl.TLSVersion.TLSv1_1) as server:
        running = daemon(config(folder, server.port))
        running.wait_for_message("speaks neither TLS 1.2 nor 1.3, which sensord needs")


def test_a_port_without_tls_is_told(tmp_path, folder, daemon):
    """mqtts:// with the port of mqtt:// is the commonest mistake."""
    with Broker(tmp_path) as server:
        running = daemon(config(folder, server.port))
        running.wait_for_message("is this its port for TLS?")
        assert "-0x" not in running.messages()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(
            target=lambda: server.accept()[0].sendall(b"HTTP/1.1 400 Bad\r\n\r\n" * 9), daemon=True
        ).start()
        running = daemon(config(folder, server.getsockname()[1]))
        running.wait_for_message("the answer is not TLS: is this the server's port for TLS?")


@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
@pytest.mark.parametrize(
    ("client", "words"),
    [
        (None, ("certificate required: it wants a client certificate", "handshake failure")),
        # A slow board still writes when the server has closed, and the alert is lost.
        ("foreign_client", ("unknown CA: it does not know the CA that signed the one",
                            "Or does it not take the client certificate (cert_file)?")),
        ("client", ("connected to",)),
    ],
)  # fmt: skip
def test_a_client_certificate_that_the_server_refuses_is_told(
    tmp_path, folder, daemon, version, client, words
):
    lines = [f"cafile {folder}/ca.pem", "require_certificate true", f"tls_version {version}"]
    with broker(tmp_path, folder, "good", *lines) as server:
        more = f'cert_file = "{folder}/{client}.pem"\nkey_file = "{folder}/{client}.key"'
        running = daemon(config(folder, server.port, more=more if client else ""))
        wait_until(lambda: any(w in running.messages() for w in words), 15, running.messages)


@pytest.mark.parametrize(
    ("form", "phrase", "words"),
    [
        ("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:s3cret", "s3cret\n", "connected to"),
        ("ec -aes128 -passout pass:s3cret", "s3cret", "connected to"),
        ("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:s3cret", "wrong", "is not that of the key"),
        ("ec -aes128 -passout pass:s3cret", "wrong", "is not that of the key"),
        ("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:s3cret", None, "is encrypted: give its pass"),
        ("ec -aes128 -passout pass:s3cret", None, "is encrypted: give its passphrase with"),
        ("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:s3cret", 257 * "x", "more than 256 bytes"),
        ("pkcs8 -topk8 -v2 aes-256-cbc -scrypt -passout pass:s3cret", "s3cret", "openssl pkcs8"),
        ("pkcs8 -topk8 -nocrypt", "s3cret", "connected to"),
        ("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:s3cret", False, "LoadCredential=phrase:FILE"),
    ],
)
def test_an_encrypted_key(tmp_path, folder, daemon, form, phrase, words):
    openssl(folder, f"{form} -in client.key -out {tmp_path}/locked.key")
    lines = [f"cafile {folder}/ca.pem", "require_certificate true"]
    with broker(tmp_path, folder, "good", *lines) as server:
        more = f'cert_file = "{folder}/client.pem"\nkey_file = "{tmp_path}/locked.key"\n'
        environment = {}
        if phrase is not None:
            more += 'key_passphrase_credential = "phrase"\n'
        if phrase:
            (tmp_path / "phrase").write_text(phrase)
            environment["CREDENTIALS_DIRECTORY"] = str(tmp_path)
        running = daemon(config(folder, server.port, more=more), environment)
        running.wait_for_message(words)
        assert "s3cret" not in running.messages()


def test_a_client_key_of_ed25519_is_told(tmp_path, folder, daemon):
    make_certificate(folder, "edwards_client", "board", "subjectAltName=DNS:b", key="ed25519")
    more = f'cert_file = "{folder}/edwards_client.pem"\nkey_file = "{folder}/edwards_client.key"'
    running = daemon(config(folder, free_port(), more=more))
    running.wait_for_message("Ed25519 is not supported by the TLS library: use an ECDSA P-256")


def test_a_bundle_with_a_certificate_that_cannot_be_used(tmp_path, folder, daemon):
    """One new certificate in the system's bundle must not cut off every board."""
    broken = (folder / "other.pem").read_text().replace("MII", "AAA", 1)
    bundle = tmp_path / "bundle.pem"
    parts = [(folder / f"{name}.pem").read_text() for name in ("edwards", "ca")]
    bundle.write_text("# Café\n" + broken + "".join(parts) + "-----BEGIN CERTIFICATE-----\nMII\n")
    with broker(tmp_path, folder, "good") as server:
        running = daemon(config(tmp_path, server.port, ca="bundle.pem"))
        running.wait_for_message("connected to")
        text = running.messages()
        assert f"{bundle}: certificate 1 of 4 cannot be used and is left out: " in text
        assert "certificate 2 of 4 cannot be used and is left out: Ed25519 is not supp" in text
        assert "certificate 4 of 4 cannot be used and is left out: its end is missing" in text
        assert text.count("is left out") == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no certificate in it (PEM)"),
        (
            "EDWARDS",
            "has no certificate that can be used; the first one: Ed25519 is not supported",
        ),
    ],
)
def test_a_bundle_without_any_is_an_error(tmp_path, folder, daemon, text, words):
    if text:
        shutil.copy(folder / "edwards.pem", tmp_path / "ca.pem")
    else:
        (tmp_path / "ca.pem").write_text("")
    running = daemon(config(tmp_path, free_port()))
    running.wait_for_message(words)


def test_a_fall_back_without_tls_needs_a_word(tmp_path, daemon):
    """An attacker who disturbs the first connection must not get the password of the second."""
    servers = json.dumps(["mqtts://localhost:1", "mqtt://localhost:2"])
    text = CONFIG.format(server="", more="{}").replace('server = ""', f"server = {servers}")
    running = daemon(text.format(""))
    running.wait_for_message("has a server without TLS behind one with TLS")
    wait_until(lambda: running.stop() == 78, 5, "the end")
    running = daemon(text.format("insecure_fallback = true"))
    running.wait_for_message("mqtt://localhost:2: Connection refused")
