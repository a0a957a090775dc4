# SPDX-License-Identifier: MIT
"""A cluster of three RabbitMQ nodes on loopback, configured as in docs/fleet.md.

Every node is a process of the test, and so is epmd (Erlang's port mapper), through which they find
each other; nothing is shared with a RabbitMQ of the machine.
"""

import os
import pathlib
import re
import subprocess
import time

from fleet.page import page_file, page_script
from support import free_port, stop, wait_until

PROGRAMS = pathlib.Path("/usr/lib/rabbitmq/bin")
BOARDS = ("board1", "board2", "board3")


class Node:
    """One RabbitMQ: `start()`, `kill()`, `ctl()`; `address` is (address, port) of its MQTT."""

    def __init__(self, cluster, number):
        self.name = f"broker{number}"
        # One port and three addresses, as on three machines.
        self.address = (f"127.0.0.{number}", cluster.port)
        self._ports = {
            name: str(free_port()) for name in ("RABBITMQ_NODE_PORT", "RABBITMQ_DIST_PORT")
        }
        self._cluster = cluster
        self.folder = cluster.folder / self.name
        self.folder.mkdir()
        self._log = self.folder / "log"
        config = page_file("/etc/rabbitmq/rabbitmq.conf")
        config = re.sub(r"rabbit@(broker\d)\b", r"\1@localhost", config)
        for port, ours in (("1883", cluster.port), ("8883", cluster.tls_port)):
            assert f"0.0.0.0:{port}" in config, config
            config = config.replace(f"0.0.0.0:{port}", f"{self.address[0]}:{ours}")
        config = config.replace("/etc/rabbitmq/", f"{cluster.folder}/")
        # AMQP, which is not used here, must not be reachable from outside either.
        config += f"listeners.tcp.1 = 127.0.0.1:{self._ports['RABBITMQ_NODE_PORT']}\n"
        (self.folder / "rabbitmq.conf").write_text(config)
        for name in ("advanced.config", "enabled_plugins"):
            (self.folder / name).write_text(page_file(f"/etc/rabbitmq/{name}"))

    def _environment(self):
        return {
            **os.environ,
            **self._ports,
            **self._cluster.environment,
            "RABBITMQ_NODENAME": f"{self.name}@localhost",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOGS": "-",
            # Otherwise a shell would run between the test and the node.
            "RABBITMQ_ALLOW_INPUT": "true",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def start(self):
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAMS / "rabbitmq-server", "-noinput"], env=self._environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
            )  # fmt: skip
        self._starts = self.log().count("Server startup complete") + 1

    def wait_until_up(self):
        def up():
            assert self.process.poll() is None, f"{self.name} ended:\n{self.log()[-3000:]}"
            return self.log().count("Server startup complete") >= self._starts

        wait_until(up, 120, f"{self.name} is up")

    def log(self):
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def kill(self):
        self.process.kill()
        self.process.wait()

    def run(self, program, *arguments):
        return subprocess.run(
            [PROGRAMS / program, *arguments], env=self._environment(), capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip

    def ctl(self, *arguments):
        """The output of rabbitmqctl for this node."""
        done = self.run("rabbitmqctl", *arguments)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout


class Cluster:
    """Three nodes; `start()` returns when they form one cluster with the page's users."""

    names = ("broker1", "broker2", "broker3")

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        home = self.folder / "home"
        home.mkdir()
        cookie = home / ".erlang.cookie"
        cookie.write_text("fleet")
        cookie.chmod(0o400)
        self._epmd_port = free_port()
        self.port, self.tls_port = free_port(), free_port()
        self._make_certificates()
        self.environment = {
            "HOME": str(home),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        self.nodes = [Node(self, number + 1) for number in range(len(self.names))]

    def _make_certificates(self):
        """ca.pem, which boards trust, and broker.pem with broker.key for localhost."""
        (self.folder / "extensions").write_text("subjectAltName=DNS:localhost\n")
        for command in (
            "req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=fleet-ca "
            "-addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem",
            "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout broker.key -out broker.csr",
            "x509 -req -days 3650 -CA ca.pem -CAkey ca.key -extfile extensions "
            "-in broker.csr -out broker.pem",
        ):
            subprocess.run(
                ["openssl", *command.split()], cwd=self.folder, check=True, capture_output=True
            )

    def start(self):
        self._epmd = subprocess.Popen(
            ["epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1"]
        )
        time.sleep(0.5)
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_until_up()
        for name in BOARDS:
            for program, *arguments in page_script("rabbitmqctl add_user board1"):
                assert program == "rabbitmqctl", program
                self.nodes[0].ctl(*[word.replace("board1", name) for word in arguments])
        for program, *arguments in page_script("rabbitmqctl add_user reader"):
            assert program == "rabbitmqctl", program
            self.nodes[0].ctl(*arguments)

    def servers(self, first=0):
        """The `server` list of sensord's configuration, starting with node `first`."""
        nodes = self.nodes[first:] + self.nodes[:first]
        return "[" + ", ".join('"mqtt://%s:%d"' % node.address for node in nodes) + "]"

    def wait_until_whole(self):
        """Waits until every quorum queue could again do without any one of the nodes."""

        def whole(node):
            done = node.run("rabbitmq-queues", "check_if_node_is_quorum_critical")
            return done.returncode == 0

        for node in self.nodes:
            wait_until(lambda node=node: whole(node), 60, f"the cluster without {node.name}")

    def stop(self):
        for node in self.nodes:
            if hasattr(node, "process"):
                # A clean shutdown takes up to half a minute a node, and nothing here is kept.
                node.kill()
        stop(self._epmd)
