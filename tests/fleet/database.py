# SPDX-License-Identifier: MIT
"""The tests' own PostgreSQL, and the consumer of docs/fleet.md that stores readings in it."""

import os
import pathlib
import re
import shlex
import signal
import subprocess

from fleet.page import page_file
from support import stop, wait_until

(PROGRAMS,) = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
# It refuses to run as root.
_AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


class Database:
    """A server that listens only on a socket in `folder`, which its own user can reach."""

    def __init__(self, folder):
        self.folder = folder / "postgresql"
        self.folder.mkdir()
        for path in self.folder.parents:
            # Temporary folders are closed to other users.
            if {pathlib.Path("/tmp"), pathlib.Path("/var/tmp")} & set(path.parents):
                path.chmod(path.stat().st_mode | 0o011)
        subprocess.run(["chown", "postgres", self.folder], check=True)
        self._run(PROGRAMS / "initdb", "-D", self.folder / "data", "--auth=peer")
        self.start()
        self._run("createdb", "-h", self.folder, "readings")
        self.sql(page_file("/etc/sensord-readings/readings.sql"))

    def _run(self, *command, text=None):
        done = subprocess.run(
            [*_AS_POSTGRES, *command], input=text, capture_output=True, text=True, check=False,
            cwd="/", timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*_AS_POSTGRES, PROGRAMS / "postgres", "-D", self.folder / "data",
                 "-k", self.folder, "-c", "listen_addresses="],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        wait_until(self._answers, 30, "PostgreSQL answers")

    def _answers(self):
        command = [PROGRAMS / "pg_isready", "-h", self.folder]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def sql(self, text):
        """The rows that the SQL returns, as lists of strings."""
        lines = self._run(
            "psql", "-h", self.folder, "-d", "readings", "-v", "ON_ERROR_STOP=1", "-qAt", "-F",
            "\t", text=text,
        )  # fmt: skip
        return [line.split("\t") for line in lines.splitlines()]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        # "Fast": does not wait for connected clients.
        self.process.send_signal(signal.SIGINT)
        stop(self.process)


class Consumer:
    """mosquitto_sub and rsyslogd with the page's own configurations, in `folder`.

    The broker is at `port` of `addresses`, under the name `brokers`.
    """

    def __init__(self, folder, database, port, addresses=("127.0.0.1",)):
        self.folder = folder / "consumer"
        self.log = self.folder / "readings.log"
        self.folder.mkdir()
        (self.folder / "state").mkdir()
        config = page_file("/etc/rsyslog.d/sensord-readings.conf")
        config = config.replace("/var/log/sensord-readings", str(self.folder))
        config = config.replace(":///readings", f":///readings?host={database.folder}")
        # As in Debian's own configuration.
        self._config = self.folder / "rsyslog.conf"
        self._config.write_text(f"$WorkDirectory {self.folder}/state\n{config}")
        unit = page_file("/etc/systemd/system/sensord-readings.service")
        (command,) = re.findall(r"^ExecStart=(.*?[^\\])$", unit, re.MULTILINE | re.DOTALL)
        command = command.replace("\\\n", " ").replace("%%", "%")
        hosts = self.folder / "hosts"
        hosts.write_text("".join(f"{address} brokers\n" for address in addresses))
        # For the name: this process alone sees another /etc/hosts.
        self._command = [
            "unshare", "--mount", "--propagation", "unchanged", "sh", "-c",
            'mount --bind "$0" /etc/hosts && exec "$@"', hosts,
            *shlex.split(command.replace("-p 1883", f"-p {port}")),
        ]  # fmt: skip
        (self.folder / "mosquitto_sub").write_text(
            page_file("/etc/sensord-readings/mosquitto_sub")
        )
        self.start_subscriber()
        self.start_rsyslog()

    def start_subscriber(self):
        with open(self.log, "ab") as log:
            self.subscriber = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log,
                env={**os.environ, "XDG_CONFIG_HOME": str(self.folder)},
            )  # fmt: skip

    def start_rsyslog(self):
        with open(self.folder / "rsyslog.log", "ab") as log:
            self.rsyslog = subprocess.Popen(
                ["rsyslogd", "-n", "-f", self._config, "-i", self.folder / "pid"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def rotate(self):
        """As logrotate and systemd do it."""
        stop(self.subscriber)
        os.rename(self.log, self.log.with_suffix(".log.1"))
        self.start_subscriber()

    def stop(self):
        stop(self.subscriber)
        stop(self.rsyslog)
