# SPDX-License-Identifier: MIT
"""sensord with three RabbitMQ nodes: the cost of nodes that die."""

import subprocess
import time

import pytest
from counting import judge
from fleet.boards import answers, arrived
from support import wait_until

BOARDS = 3


@pytest.fixture
def boards(cluster, reader, connected):
    """Three boards, each of which tries another node first."""
    return connected({f"board{i + 1}": cluster.servers(i) for i in range(BOARDS)})


def judge_all(reader, boards, what):
    readings = copies = 0
    for board in boards:
        wanted = arrived(reader, board, 150)
        # In order, except messages that a dead node was sending to the reader: these repeat.
        copies += judge(reader, wanted, board.topic, in_order=False)
        readings += len(wanted)
        (dropped,) = {r["dropped"] for r in reader.readings(board.topic[:-5] + "metrics")}
        assert dropped == 0
    everything = len(reader.messages)
    silence = max(reader.longest_silence_s(board.topic) for board in boards)
    print(
        f"\n{what}: {readings} counted readings of {everything}, 0 lost, {copies} second copies, "
        f"longest silence of a board {silence:.1f} s"
    )


def test_nodes_killed_in_turn_lose_nothing(cluster, boards, reader):
    """Brokers are updated, crash and burn; a fleet keeps measuring, and all readings arrive."""
    time.sleep(2)
    for node in cluster.nodes:
        node.kill()
        time.sleep(8)
        node.start()
        node.wait_until_up()
        cluster.wait_until_whole()
    connects = [board.daemon.messages().count("connected to") for board in boards]
    assert sum(connects) >= BOARDS + len(cluster.nodes), connects
    judge_all(reader, boards, "nodes killed in turn")


def test_two_nodes_of_three_dead_lose_nothing(cluster, boards, reader):
    """Without a majority nothing is acknowledged: the boards keep readings until there is one."""
    time.sleep(2)
    for node in cluster.nodes[:2]:
        node.kill()
    time.sleep(10)
    before = len(reader.messages)
    time.sleep(5)
    assert len(reader.messages) == before, "a minority went on"
    for node in cluster.nodes[:2]:
        node.start()
    for node in cluster.nodes[:2]:
        node.wait_until_up()
    wait_until(lambda: answers(cluster.nodes[2].address), 60, "the third node listens again")
    judge_all(reader, boards, "two nodes of three killed")


def test_the_session_is_on_three_nodes(cluster, reader):
    """A queue on one node would be lost with its disk."""
    columns = ("name", "type", "members")
    queues = cluster.nodes[0].ctl("list_queues", "-q", "--no-table-headers", *columns)
    (line,) = [line for line in queues.splitlines() if "reader" in line]
    name, kind, members = line.split("\t")
    assert kind == "quorum" and all(node.name in members for node in cluster.nodes), line


def test_a_board_writes_to_its_own_topics_only(cluster, reader):
    """A stolen board must not be able to write for others."""

    def publish(user, topic):
        return subprocess.run(
            ["mosquitto_pub", "-p", str(cluster.port), "-u", user, "-P", f"secret of {user}",
             "-q", "1", "-t", topic, "-m", '{"by": "%s"}' % user],
            capture_output=True, check=False, timeout=20,
        ).returncode  # fmt: skip

    assert publish("board2", "sensord/board1/noise") != 0
    assert publish("board9", "sensord/board9/noise") != 0
    assert publish("board1", "sensord/board1/noise") == 0
    wait_until(lambda: reader.payloads("sensord/board1/noise"), 10, "the board's own")
    assert reader.payloads("sensord/board1/noise") == ['{"by": "board1"}']


def test_a_board_over_tls(cluster, reader, board):
    """Data that crosses the internet must be encrypted, and the server authenticated."""
    ca_file = f'ca_file = "{cluster.folder}/ca.pem"'
    one = board("board1", f'"mqtts://localhost:{cluster.tls_port}"', ca_file)
    one.daemon.wait_for_message("connected to mqtts://", 20)
    wait_until(lambda: len(one.counted()) > 10, 20, "readings")
    judge(reader, arrived(reader, one, 20), one.topic)


def test_a_retained_status_stays_at_its_node(cluster):
    """The page warns of this: RabbitMQ keeps retained messages at the node they were published to,
    and sends them only to subscribers of exactly that topic."""

    def read(node, topic):
        return subprocess.run(
            ["mosquitto_sub", "-h", node.address[0], "-p", str(cluster.port), "-u", "reader",
             "-P", "secret of the reader", "-q", "1", "-t", topic, "-W", "2"],
            capture_output=True, text=True, check=False, timeout=20,
        ).stdout  # fmt: skip

    subprocess.run(
        ["mosquitto_pub", "-p", str(cluster.port), "-u", "board1", "-P", "secret of board1",
         "-q", "1", "-r", "-t", "sensord/board1/state", "-m", "kept"], check=True, timeout=20,
    )  # fmt: skip
    assert read(cluster.nodes[0], "sensord/board1/state") == "kept\n"
    assert read(cluster.nodes[0], "sensord/+/state") == ""
    assert read(cluster.nodes[1], "sensord/board1/state") == ""
