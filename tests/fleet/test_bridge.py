# SPDX-License-Identifier: MIT
"""Boards at a mosquitto of their own that is bridged to the cluster."""

import signal
import subprocess
import time

import pytest
from counting import judge
from fleet.boards import arrived, node_of
from fleet.page import page_file, page_script
from support import Broker, wait_until

BOARDS = ("board1", "board2")


@pytest.fixture(scope="module")
def site(cluster):
    """The bridge's user at the cluster, added as on the page."""
    for _, *arguments in page_script("rabbitmqctl add_user site1"):
        cluster.nodes[0].ctl(*arguments)


@pytest.fixture
def bridge(tmp_path, cluster, site):
    """The page's mosquitto, after the first lines of Debian's own configuration."""
    passwords, acl = tmp_path / "passwords", tmp_path / "acl"
    passwords.touch(0o600)
    for name in (*BOARDS, "reader"):
        secret = "secret of the reader" if name == "reader" else f"secret of {name}"
        subprocess.run(["mosquitto_passwd", "-b", passwords, name, secret], check=True)
    acl.write_text(page_file("/etc/mosquitto/acl"))
    acl.chmod(0o600)
    config = page_file("/etc/mosquitto/conf.d/fleet.conf")
    for number, node in enumerate(cluster.nodes):
        config = config.replace(f"broker{number + 1}:1883", "%s:%d" % node.address)
    config = config.replace("/etc/mosquitto", str(tmp_path)).replace("listener 1883\n", "")
    lines = ["persistence true", f"persistence_location {tmp_path}/", *config.splitlines()]
    with Broker(tmp_path, lines, anonymous=False) as running:
        yield running


@pytest.fixture
def boards(reader, bridge, connected):
    return connected(dict.fromkeys(BOARDS, f'"mqtt://127.0.0.1:{bridge.port}"'))


def judge_all(reader, boards, what):
    readings = copies = 0
    for board in boards:
        wanted = arrived(reader, board, 90)
        copies += judge(reader, wanted, board.topic, in_order=False)
        readings += len(wanted)
    print(f"\n{what}: {readings} counted readings, 0 lost, {copies} second copies")


def test_the_node_that_a_bridge_uses_dies(cluster, reader, bridge, boards):
    """The site's broker keeps messages that the cluster has not, and continues at another node."""
    for _ in range(2):
        used = wait_until(lambda: node_of(bridge.process, cluster), 60, "the bridge is connected")
        before = len(reader.messages)
        wait_until(lambda before=before: len(reader.messages) > before + 50, 60, "readings")
        used.kill()
        wait_until(lambda: node_of(bridge.process, cluster), 60, "another node")
        used.start()
        used.wait_until_up()
        cluster.wait_until_whole()
    judge_all(reader, boards, "nodes killed below a bridge")


def test_a_site_without_its_line_to_the_cluster(cluster, reader, bridge, boards):
    """The site's broker restarts while the line is down: it must have kept everything."""
    wait_until(lambda: len(reader.messages) > 50, 30, "readings")
    for node in cluster.nodes:
        node.process.send_signal(signal.SIGSTOP)
    time.sleep(3)
    bridge.stop()
    time.sleep(1)
    bridge.start()
    time.sleep(3)
    for node in cluster.nodes:
        node.process.send_signal(signal.SIGCONT)
    judge_all(reader, boards, "a line that was down")


def test_a_board_writes_to_its_own_topics_only(reader, bridge):
    """A stolen board must not be able to write for others."""
    for topic in ("sensord/board2/noise", "sensord/board1/noise"):
        subprocess.run(
            ["mosquitto_pub", "-p", str(bridge.port), "-u", "board1", "-P", "secret of board1",
             "-q", "1", "-t", topic, "-m", '{"by": "board1"}'], check=True, timeout=20,
        )  # fmt: skip
    wait_until(lambda: reader.payloads("sensord/board1/noise"), 30, "the board's own")
    assert not reader.payloads("sensord/board2/noise")
    assert subprocess.run(
        ["mosquitto_pub", "-p", str(bridge.port), "-t", "sensord/board1/noise", "-m", "x"],
        capture_output=True, check=False, timeout=20,
    ).returncode  # fmt: skip
