# SPDX-License-Identifier: MIT
"""Code that demo, integration tests and benchmarks share: a broker, a microphone, the daemon.

All processes use free loopback ports and are ended by their own pid.
"""

import contextlib
import itertools
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import threading
import time
import wave

TOP = pathlib.Path(__file__).resolve().parent.parent
# The programs under test: this machine's, or another architecture's through an emulator
# (`make test-arch` has made programs that start it, and the compiler).
ARCH = os.environ.get("SENSORD_ARCH", "amd64")
BUILD = TOP / "build" / ARCH
if ARCH == "amd64":
    SENSORD = BUILD / "sensord"
    MICROPYTHON = BUILD / "micropython"
    STOCK_MICROPYTHON = "/usr/bin/micropython"
    CC = "gcc"
else:
    SENSORD = BUILD / "emulated/sensord"
    MICROPYTHON = BUILD / "emulated/micropython"
    STOCK_MICROPYTHON = BUILD / "emulated/stock"
    CC = BUILD / "emulated/cc"
VERSION = re.search(r'__version__ = "(.+)"', (TOP / "daemon/sensord/__init__.py").read_text())[1]
ALSA_SOUNDS = pathlib.Path("/usr/share/sounds/alsa")  # installed by Debian's alsa-utils


_ports = itertools.count(random.randrange(1000))


def free_port():
    """A port on which nothing listens, and which no other worker of pytest-xdist is given.

    They lie below those that the kernel gives to clients (ip_local_port_range begins at 32768): a
    connection of another test cannot take one before its server does.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    while True:
        port = 20000 + worker % 12 * 1000 + next(_ports) % 1000
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def wait_until(condition, timeout_s, what):
    """Polls `condition` until it returns something true, and returns that. `what`, the text of
    the error, may be a function that makes it then."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    text = what() if callable(what) else what
    raise AssertionError(f"{text}: not within {timeout_s} s")


def stop(process, timeout_s=5):
    """Ends a process by SIGTERM, or by SIGKILL if it takes too long; returns its exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


class Broker:
    """A mosquitto on a free loopback port. `lines` are appended to its configuration."""

    def __init__(self, folder, lines=(), port=None, anonymous=True, verbose=True):
        self.port = port or free_port()
        self._config = pathlib.Path(folder) / f"mosquitto-{self.port}.conf"
        # As another user than root it could not read a test's private folder.
        anyone = f"allow_anonymous {str(anonymous).lower()}"
        settings = ["user root", f"listener {self.port} 127.0.0.1", anyone, *lines]
        self._config.write_text("\n".join(settings) + "\n")
        self._command = ["mosquitto", *(["-v"] if verbose else []), "-c", self._config]
        self.start()

    def start(self):
        self._log = open(self._config.with_suffix(".log"), "ab")
        self.process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)
        wait_until(self._answers, 10, "mosquitto answers")

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError("mosquitto ended: " + self.log())
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def log(self):
        return self._config.with_suffix(".log").read_text(errors="replace")

    def stop(self):
        stop(self.process)
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Subscriber:
    """A mosquitto_sub that collects messages as (topic, payload text, arrival time)."""

    def __init__(self, broker, topic="#", on_message=None, options=()):
        """Returns once the broker has the subscription. `options` are mosquitto_sub's."""
        self.messages = []
        self._on_message = on_message
        before = broker.log().count("Sending SUBACK")
        self._process = subprocess.Popen(
            ["mosquitto_sub", "-p", str(broker.port), "-t", topic, "-q", "1", "-F", "%t\t%r\t%p"]
            + list(options),
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            bufsize=1,
        )
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()
        wait_until(lambda: broker.log().count("Sending SUBACK") > before, 10, "a subscription")

    def _collect(self):
        for line in self._process.stdout:
            topic, retained, payload = line.rstrip("\n").split("\t", 2)
            self.messages.append((topic, payload, time.monotonic(), retained == "1"))
            if self._on_message:
                self._on_message(topic, payload)

    def payloads(self, topic):
        return [message[1] for message in list(self.messages) if message[0] == topic]

    def readings(self, topic):
        return [json.loads(payload) for payload in self.payloads(topic)]

    def wait_for(self, topic, count=1, timeout_s=15, payload=None):
        """Waits for `count` messages on a topic (with a payload, if given) and returns them."""

        def enough():
            found = [p for p in self.payloads(topic) if payload is None or p == payload]
            return found if len(found) >= count else None

        return wait_until(enough, timeout_s, f"{count} messages on {topic}; saw {self.messages}")

    def stop(self):
        stop(self._process)
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Microphone:
    """The real arecord's own device, playing a recording in real time.

    ALSA's file plugin reads a FIFO that is fed one period at a time. `environment` selects it; the
    PCM's name is "mic". The recording starts again at its end.
    """

    def __init__(self, folder, recordings):
        samples = []
        for path in recordings:
            with wave.open(str(path), "rb") as recording:
                assert recording.getsampwidth() == 2 and recording.getnchannels() == 1, path
                self.rate = recording.getframerate()
                samples.append(recording.readframes(recording.getnframes()))
        self._samples = b"".join(samples)
        folder = pathlib.Path(folder)
        self._fifo = folder / "microphone.fifo"
        os.mkfifo(self._fifo)
        config = folder / "asound.conf"
        config.write_text(
            "pcm.nul { type null }\n"
            'pcm.mic { type file slave { pcm "nul" } file "/dev/null" '
            f'infile "{self._fifo}" format "raw" hint {{ show on description "a recording" }} }}\n'
        )
        self.environment = {"ALSA_CONFIG_PATH": str(config)}
        self.fed = 0
        self._ended = False
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def _feed(self):
        period = self.rate // 10 * 2
        while not self._ended:
            # Opening waits for a reader: each arecord gets the recording from its beginning.
            fd = os.open(self._fifo, os.O_WRONLY)
            with contextlib.suppress(BrokenPipeError):
                start = time.monotonic()
                sent = 0
                while not self._ended:
                    at = sent % (len(self._samples) - period)
                    os.write(fd, self._samples[at : at + period])
                    sent += period
                    self.fed += period
                    time.sleep(max(0, start + sent / 2 / self.rate - time.monotonic()))
            os.close(fd)

    def stop(self):
        self._ended = True
        # Release a feeder that still waits for a reader.
        with contextlib.suppress(OSError):
            os.close(os.open(self._fifo, os.O_RDONLY | os.O_NONBLOCK))
        self._thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Daemon:
    """A `sensord run` with a configuration text; its output goes to files in `folder`."""

    def __init__(self, folder, config, environment=None, command=(SENSORD,)):
        folder = pathlib.Path(folder)
        self.config = folder / "sensord.toml"
        self.config.write_text(self.with_outbox(folder, config))
        self._files = [open(folder / name, "wb") for name in ("stdout", "stderr")]
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*command, "run", "--config", self.config],
            stdin=subprocess.DEVNULL,
            stdout=self._files[0],
            stderr=self._files[1],
            # As systemd sets them for the service.
            env={
                **os.environ,
                "RUNTIME_DIRECTORY": str(folder / "runtime"),
                "STATE_DIRECTORY": str(folder / "state"),
                **(environment or {}),
            },
        )
        self.pid = self.process.pid

    @staticmethod
    def with_outbox(folder, config):
        """The configuration, with a private outbox unless it sets a folder."""
        if "directory =" in config:
            return config
        table = f'[outbox]\ndirectory = "{folder}/outbox"\n'
        if "[outbox]\n" in config:
            return config.replace("[outbox]\n", table)
        return f"{config}\n{table}"

    def output(self):
        return pathlib.Path(self._files[0].name).read_text()

    def messages(self):
        return pathlib.Path(self._files[1].name).read_text()

    def wait_for_message(self, text, timeout_s=10, count=1):
        """Waits until the daemon has written a text `count` times."""
        try:
            wait_until(lambda: self.messages().count(text) >= count, timeout_s, "a message")
        except AssertionError:
            found = self.messages()
            times = f" {count} times" if count > 1 else ""
            raise AssertionError(
                f'"{text}"{times} not within {timeout_s} s in {found!r}'
            ) from None

    def memory_kb(self):
        """{"Rss": kB, "Private": kB} of the process.

        Private is memory without a file behind it (Anonymous): heap, stack and written data. Pages
        of program files count only to Rss; the kernel can drop them and processes share them.
        """
        lines = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:]
        values = {line.split()[0]: int(line.split()[1]) for line in lines}
        return {"Rss": values["Rss:"], "Private": values["Anonymous:"]}

    def cpu_s(self):
        """CPU time of the process and of the children it has waited for."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:13]) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        """Ends it as the kernel or a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        status = stop(self.process)
        for file in self._files:
            file.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
