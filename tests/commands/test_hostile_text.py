# SPDX-License-Identifier: MIT
"""Text from outside on a person's terminal and in the journal: from the broker, from commands, and
from the configuration. It is shown, and never obeyed."""

import json
import os
import pty
import signal
import subprocess
import time

import pytest
from support import SENSORD, Broker, wait_until

# The title of the window, colours, a cleared screen in C0 and in C1, and text that runs backwards.
ESCAPES = "\x1b]0;PWNED\x07\x1b[31mred\x9b2J\x7f\u202egnp\r\nx"
SHOWN = "\\u001b]0;PWNED\\u0007\\u001b[31mred\\u009b2J\\u007f\\u202egnp\\u000d"


def is_harmless(text):
    """Whether no character is left that a terminal obeys, but for the ends of lines."""
    return not any(c in text for c in "\x07\x1b\x7f\x9b\u202e\r")


@pytest.fixture
def topics(tmp_path):
    """A broker and its configuration: (Broker, file, the sensor's topic)."""
    with Broker(tmp_path) as broker:
        path = tmp_path / "watch.toml"
        path.write_text(
            f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\ntopic = "t/{{sensor}}"\n'
            '[sensor.b]\ntype = "system"\n'
        )
        yield broker, path, "t/b"


def send(broker, topic, payload):
    source = "-s" if payload else "-n"
    command = ["mosquitto_pub", "-p", str(broker.port), "-t", topic, source]
    subprocess.run(command, input=payload, check=True, timeout=10)


MESSAGES = (
    json.dumps({"v": ESCAPES}).encode(),
    f"no JSON {ESCAPES}".encode(),
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b'{"v": "\\ud800"}',
    b"5",
    b"[1, 2]",
    b"[" * 20000 + b"]" * 20000,
    b"",
)


def test_watch_shows_what_a_broker_sends(topics):
    """Line by line, for another program or a file; nothing that is sent ends it."""
    broker, path, topic = topics
    watcher = subprocess.Popen(
        [SENSORD, "watch", "--config", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    wait_until(lambda: broker.log().count("Sending SUBACK") >= 2, 10, "a subscription")
    for message in MESSAGES:
        send(broker, topic, message)
    send(broker, topic + "/status", f"fake prompt# {ESCAPES}".encode())
    send(broker, topic, b'{"v": "last"}')
    lines = []
    while not lines or "last" not in lines[-1]:
        lines.append(watcher.stdout.readline().decode())
        assert lines[-1], watcher.stderr.read()
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(5) == 0
    errors = watcher.stderr.read().decode()
    watcher.stdout.close()
    watcher.stderr.close()
    assert len(lines) == len(MESSAGES) + 1, lines
    assert all(is_harmless(line) for line in lines)
    assert json.loads(lines[0].split(" ", 1)[1]) == {"v": ESCAPES}
    assert lines[1] == f"b no JSON {SHOWN}\\u000ax\n"
    assert lines[2] == "b ??\n" and lines[3] == "b ???\n"
    assert errors == f"sensord: b: fake prompt# {SHOWN}\\u000ax\n"


def test_watch_on_a_terminal_shows_what_a_broker_sends(topics):
    broker, path, topic = topics
    master, slave = pty.openpty()
    watcher = subprocess.Popen(
        [SENSORD, "watch", "--config", path], stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    wait_until(lambda: broker.log().count("Sending SUBACK") >= 2, 10, "a subscription")
    seen = b""

    def painted(text):
        nonlocal seen
        seen += os.read(master, 65536)
        return text in seen

    for message in MESSAGES:
        send(broker, topic, message)
    send(broker, topic, MESSAGES[0])
    # As much as fits on the line.
    shown = SHOWN[:40].encode()
    wait_until(lambda: painted(b"v " + shown), 10, "the message")
    send(broker, topic + "/status", f"fake# {ESCAPES}".encode())
    wait_until(lambda: painted(b"fake# " + shown), 10, "the status")
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(5) == 0
    os.close(master)
    text = seen.decode()
    # These alone come from sensord: up a line, and clear the rest of one.
    for own in ("\x1b[1A", "\x1b[K", "\r"):
        text = text.replace(own, "")
    assert is_harmless(text), text


def test_read_shows_what_a_command_prints(tmp_path):
    """As the reading of a command that works, and as the last words of one that does not."""
    out, path = tmp_path / "out", tmp_path / "read.toml"
    out.write_text(json.dumps({"v": ESCAPES}, ensure_ascii=False))
    for status, stream in ((0, "stdout"), (1, "stderr")):
        shell = f"cat {out} >&{status + 1}; exit {status}"
        path.write_text(
            f'[sensor.e]\ntype = "exec"\ncommand = ["sh", "-c", "{shell}"]\n'
        )  # fmt: skip
        done = subprocess.run(
            [SENSORD, "read", "e", "--config", path], capture_output=True, timeout=20, check=False
        )
        text = getattr(done, stream).decode()
        assert done.returncode == (69 if status else 0) and is_harmless(text), done
        assert "PWNED" in text and "\\u202egnp" in text, done
        if not status:
            assert json.loads(text)["v"] == ESCAPES


def test_check_shows_what_is_in_the_file(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text('"\\u001b[2J\\u202e\\nsensord: ok" = 1\n')
    done = subprocess.run(
        [SENSORD, "check", "--config", path], capture_output=True, timeout=20, check=False
    )
    assert done.returncode == 78 and is_harmless(done.stderr.decode()), done
    assert done.stderr.count(b"\n") == 1 and b"\\u001b[2J\\u202e" in done.stderr


def test_the_journal_shows_what_a_command_prints(tmp_path, daemon):
    """Readings and messages of the daemon itself, on one line each."""
    script = tmp_path / "hostile.sh"
    script.write_text('#!/bin/sh\nprintf \'{"v": "a\\302\\2332J\\342\\200\\256b", "l": [1]}\'\n')
    script.chmod(0o755)
    broken = tmp_path / "broken.sh"
    broken.write_text(
        "#!/bin/sh\nprintf 'bad \\302\\2332J\\342\\200\\256\\033[2Jend' >&2; exit 1\n"
    )
    broken.chmod(0o755)
    running = daemon(
        f'[sensor.e]\ntype = "exec"\ncommand = ["{script}"]\ninterval = "100 ms"\n'
        f'[sensor.f]\ntype = "exec"\ncommand = ["{broken}"]\n'
    )
    running.wait_for_message("bad ")
    wait_until(lambda: running.output().count("\n") >= 2, 10, "readings")
    time.sleep(0.1)
    assert is_harmless(running.output()) and is_harmless(running.messages())
    assert '"a\\u009b2J\\u202eb"' in running.output()
    assert "bad \\u009b2J\\u202e" in running.messages()
