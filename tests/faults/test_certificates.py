# SPDX-License-Identifier: MIT
"""A broker with an untrusted certificate, until it has the right one again."""

import shutil
import time

import pytest
from servers import make_certificates
from support import free_port
from trial import Trial


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder)
    return folder


@pytest.mark.parametrize(
    ("certificate", "name"),
    [
        ("expired", "certificate expired"),
        ("wrong", "certificate of another host"),
        ("foreign", "certificate of an unknown CA"),
    ],
)
def test_a_certificate_not_to_be_trusted(tmp_path, certificates, row, certificate, name):
    def install(which):
        for kind in ("pem", "key"):
            shutil.copy(certificates / f"{which}.{kind}", tmp_path / f"server.{kind}")

    install("good")
    port = free_port()
    lines = [f"listener {port} 127.0.0.1", f"certfile {tmp_path}/server.pem"]
    lines += [f"keyfile {tmp_path}/server.key"]
    mqtt = f'ca_file = "{certificates}/ca.pem"\n'
    with Trial(
        tmp_path, mqtt, port=lambda b: port, lines=lines, server="mqtts://localhost:{}"
    ) as trial:
        trial.broker.stop()
        install(certificate)
        trial.broker.start()
        trial.daemon.wait_for_message("TLS: ")
        connected = trial.daemon.messages().count("connected to")
        time.sleep(30)
        assert trial.daemon.messages().count("connected to") == connected
        trial.broker.stop()
        install("good")
        trial.broker.start()
        trial.judge(row, f"{name} for 30 s", trial.recovered())
