# SPDX-License-Identifier: MIT
"""A device in Home Assistant stays the same one, and no two are the same."""

import hashlib
import hmac
import subprocess
import tempfile

from sensord.output.home_assistant import identity

INTERPRETERS = ("cpython",)


def test_the_hmac_is_that_of_rfc_2104():
    for key, message in ((b"", b""), (b"k", b"m"), (bytes(range(16)), b"x" * 200)):
        assert identity._hmac_sha256(key, message) == hmac.digest(key, message, hashlib.sha256)


def test_the_machine_id_itself_is_not_shown():
    machine = "0123456789abcdef0123456789abcdef"
    node = identity.of_machine(machine)
    assert node.startswith("sensord-") and len(node) == 24 and machine[:6] not in node
    assert node == identity.of_machine(machine)
    assert node != identity.of_machine(machine[::-1])
    for wrong in (None, "", "uninitialized", "x" * 32, machine[:-1]):
        assert identity.of_machine(wrong) is None, wrong


def test_it_is_what_systemd_makes_of_the_machine_id():
    """So that a person can look up which machine it is: systemd-id128 on the board prints it."""
    machine = "0123456789abcdef0123456789abcdef"
    application = "".join("%02x" % byte for byte in identity._APPLICATION)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(machine + "\n")
        file.flush()
        script = (
            f"mount --bind {file.name} /etc/machine-id; "
            f"exec systemd-id128 machine-id --app-specific={application}"
        )
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "unchanged", "sh", "-ec", script],
            capture_output=True,
            text=True,
            check=True,
        )
    assert identity.of_machine(machine) == "sensord-" + done.stdout[:16]


def test_a_client_identifier_is_one_of_its_own():
    assert identity.of_client("board-1") == "board-1"
    found = [identity.of_client(text) for text in ("board 1", "board_1", "board/1", "bo\u00e4rd")]
    assert len(set(found)) == 4
