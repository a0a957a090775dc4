# SPDX-License-Identifier: MIT
"""A board whose configuration is reloaded for years keeps its memory."""

import os
import signal
import time

import pytest
from support import Broker, wait_until

WARM_UP, RELOADS = 60, 240
# The rest of the heap's last pages; 600 reloads once left 1.2 MB.
MOST_KB = 24


def configuration(port, i):
    """Other sensors, actions, topics and formats with each number."""
    tables = [
        f'[mqtt]\nserver = "mqtt://127.0.0.1:{port}"\n'
        f"home_assistant = {'true' if i % 4 < 2 else 'false'}\n"
        f'topic = "r{i % 3}/{{host}}/{{sensor}}"\n',
        '[metrics]\ninterval = "1 s"\n[sensor.board]\ntype = "system"\ninterval = "200 ms"\n',
    ]
    for k in range(i % 5):
        tables.append(
            f'[sensor.x{k}]\ntype = "exec"\ncommand = ["echo", "{i}"]\n'
            f'interval = "{200 + i % 7 * 100} ms"\n'
        )
    for k in range(i % 4):
        tables.append(
            f'[action.a{k}]\nwhen = "board.load_1min > {i % 9}"\npublish = "r/x"\n'
            f'payload = "{i}"\n'
        )
    if i % 11 == 5:
        tables.append("[[broken\n")
    return "".join(tables)


@pytest.mark.quiet
def test_reloads_leave_nothing_behind(daemon, tmp_path):
    with Broker(tmp_path) as broker:
        running = daemon(configuration(broker.port, 0))
        running.wait_for_message("connected to")

        def reload(i):
            new = tmp_path / "new.toml"
            new.write_text(running.with_outbox(tmp_path, configuration(broker.port, i)))
            os.replace(new, running.config)
            before = running.messages().count("reloaded")
            running.process.send_signal(signal.SIGHUP)
            wait_until(lambda: running.messages().count("reloaded") > before, 10, f"reload {i}")
            time.sleep(0.05)

        def files():
            folder = f"/proc/{running.pid}/fd"
            return sorted(os.readlink(f"{folder}/{name}") for name in os.listdir(folder))

        def used():
            """The memory with the first configuration, once the daemon has given back the stack
            that reading it took."""
            reload(0)
            time.sleep(7)
            return running.memory_kb()["Private"], files()

        for i in range(WARM_UP):
            reload(i)
        before_kb, before_files = used()
        for i in range(RELOADS):
            reload(i)
        after_kb, after_files = used()
        assert after_kb - before_kb <= MOST_KB, (before_kb, after_kb)
        wait_until(lambda: len(files()) <= len(before_files) + 2, 10, f"fewer than {after_files}")
        assert "mistake" not in running.messages()
