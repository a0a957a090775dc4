# SPDX-License-Identifier: MIT
"""A chip, a kind of input, a quantity and a key are each added in one place, and every part of the
program finds them: a second place to keep in step is a place to forget."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys

import pytest
from fakes.i2c import FakeI2CBus, Registers
from fakes.kernel import FakeKernel
from support import MICROPYTHON, TOP, Daemon, wait_until

CHIP = '''
"""A made-up flow meter."""

from ....schema.values import Integer
from ....values.field import Field
from ..chip import identify

DOC = "Acme ZZ9: flow."
ADDRESSES = (0x2A,)
KEYS = {"pulses": Integer("Pulses a litre.", 1, 1000, 10)}


def fields(_settings):
    return (Field("flow_l_min", (0, 60)),)


class ZZ9:
    def __init__(self, i2c, address=0x2A, pulses=10):
        self._i2c, self._address, self._pulses = i2c, address, pulses

    async def start(self):
        identify(self._i2c.readfrom_mem(self._address, 0, 1)[0], 0x99, "ZZ9", self._address)

    async def read(self):
        return [("flow_l_min", self._i2c.readfrom_mem(self._address, 1, 1)[0] / self._pulses)]


DRIVER = ZZ9
'''
SCHEMA = '''
"""A made-up kind of input."""

from ...schema.values import Duration, Integer
from ...values.field import Field

DOC = "Lottery numbers, drawn by the board."
RIGHTS = ("drum group=games node=char-drum module=drum",)
KEYS = {
    "seed": Integer("The first number.", 0, 100, 1),
    "interval": Duration("How often one is drawn.", 100, 86400000, 1000),
}


def fields(_settings):
    return (Field("flow_l_min", (0, 60)), Field("number", quantity="count"))


def claims(settings):
    yield "seed", "seed %d" % settings["seed"]
'''
SENSOR = '''
"""A made-up sensor."""

from ..interval import measure


class Sensor:
    def __init__(self, settings):
        self._settings = settings
        self._number = settings["seed"]
        self.deadline_ms = 10000

    async def _draw(self):
        self._number += 1
        return [("flow_l_min", 2.5), ("number", self._number)]

    async def run(self, output):
        await measure(self._draw, self._settings["interval"], output)
'''
ROW = "flow flow _l_min l/min m3/s 1/60000 L/min value volume_flow_rate\n"
KEY = '    "luck": Integer("The luck that the board has.", 1, 7, 3),\n'


class Extended:
    """A copy of the daemon with additions, run from its folder by the interpreter."""

    def __init__(self, folder):
        self.package = folder / "sensord"
        shutil.copytree(TOP / "daemon/sensord", self.package, ignore=self._caches)
        self.environment = {"MICROPYPATH": f"{folder}:.frozen"}
        program = "import sys; from sensord.cli import main; main()"
        self.command = (MICROPYTHON, "-X", "heapsize=1536k", "-c", program)

    @staticmethod
    def _caches(_folder, names):
        return [name for name in names if name == "__pycache__"]

    def add(self, path, text):
        file = self.package / path
        file.parent.mkdir(exist_ok=True)
        file.write_text("# SPDX-License-Identifier: MIT" + text)

    def add_after(self, path, line, text):
        """Adds a row to a table of a file."""
        file = self.package / path
        source = file.read_text()
        assert source.count(line) == 1, line
        file.write_text(source.replace(line, line + text))

    def run(self, *arguments, environment=None):
        return subprocess.run(
            [*self.command, *arguments],
            env={**os.environ, **self.environment, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def manual(self, folder):
        subprocess.run(
            [sys.executable, "-B", TOP / "packaging/man/make.py", folder],
            env={**os.environ, "PYTHONPATH": f"{self.package.parent}:{TOP}/packaging/man"},
            check=True,
        )
        return (pathlib.Path(folder) / "sensord.toml.5").read_text().replace("\\-", "-")


@pytest.fixture
def extended(tmp_path):
    folder = tmp_path / "extended"
    folder.mkdir()
    return Extended(folder)


def written(folder, text):
    path = folder / "it.toml"
    path.write_text(text)
    return path


def on_the_wire(extended, folder, broker, subscriber, config, environment=None):
    """{topic: last payload} of a daemon with this configuration and Home Assistant's discovery,
    once it has published its info with a field and the announcement of it."""
    mqtt = f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\nhome_assistant = true\n'
    host = socket.gethostname()
    with Daemon(
        folder, mqtt + config, {**extended.environment, **(environment or {})}, extended.command
    ) as daemon:

        def all_there():
            last = {message[0]: message[1] for message in list(subscriber.messages)}
            info = last.get(f"sensord/{host}/info", "")
            announced = [text for topic, text in last.items() if topic.endswith("/config")]
            return last if "flow_l_min" in info and "flow" in "".join(announced) else None

        return wait_until(all_there, 20, f"info and announcement; {daemon.messages()}")


def announced(last):
    return "".join(text for topic, text in last.items() if topic.startswith("homeassistant/"))


def test_a_chip_is_one_file(extended, tmp_path, broker, subscriber):
    """Found by check, read, probe, the manual, info and Home Assistant."""
    extended.add("inputs/i2c/chips/zz9.py", CHIP)
    extended.add_after("output/quantities.py", '_ROWS = """\\\n', ROW)
    table = '[sensor.pipe]\ntype = "i2c"\ndriver = "zz9"\ninterval = "300 ms"\n'
    wrong = extended.run("check", "--config", written(tmp_path, table + "pulses = 0\n"))
    assert "[sensor.pipe] pulses must be from 1 to 1000, not 0" in wrong.stderr
    unknown = extended.run("check", "--config", written(tmp_path, table.replace("zz9", "ZZ-9")))
    assert 'did you mean "zz9"?' in unknown.stderr
    never = table + '[action.a]\nwhen = "pipe.flow > 1"\npin = 4\n'
    condition = extended.run("check", "--config", written(tmp_path, never))
    assert '"pipe" has no field "flow"; known: flow_l_min' in condition.stderr
    manual = extended.manual(tmp_path)
    assert 'driver = "zz9": Acme ZZ9: flow.' in manual and "Pulses a litre." in manual
    chip = Registers({0: b"\x99\x19"})
    (tmp_path / "sys/class/i2c-dev/i2c-1").mkdir(parents=True)
    (tmp_path / "sys/class/i2c-dev/i2c-1/name").write_text("bus\n")
    devices = {"/dev/i2c-1": FakeI2CBus({0x2A: chip})}
    with FakeKernel(tmp_path, devices, sys=tmp_path / "sys") as kernel:
        done = extended.run(
            "read", "pipe", "--config", written(tmp_path, table), environment=kernel.environment
        )
        assert json.loads(done.stdout)["flow_l_min"] == 2.5, done.stderr
        chip.registers[1] = 0xFF
        done = extended.run(
            "read", "pipe", "--config", written(tmp_path, table + "pulses = 1\n"),
            environment=kernel.environment,
        )  # fmt: skip
        assert json.loads(done.stdout)["flow_l_min"] is None
        assert "255 is outside 0 to 60" in done.stderr
        chip.registers[1] = 0x19
        probe = extended.run("probe", environment=kernel.environment)
        assert "0x2a (ZZ9?)" in probe.stdout
        last = on_the_wire(extended, tmp_path, broker, subscriber, table, kernel.environment)
    info = json.loads(last[f"sensord/{socket.gethostname()}/info"])
    assert info["sensors"]["pipe"]["fields"]["flow_l_min"] == {"unit": "l/min", "quantity": "flow"}
    assert '"volume_flow_rate"' in announced(last)


def test_a_kind_of_input_is_one_folder(extended, tmp_path, broker, subscriber):
    extended.add("inputs/lottery/__init__.py", '\n"""A made-up kind."""\n')
    extended.add("inputs/lottery/schema.py", SCHEMA)
    extended.add("inputs/lottery/sensor.py", SENSOR)
    extended.add_after("output/quantities.py", '_ROWS = """\\\n', ROW)
    table = '[sensor.luck]\ntype = "lottery"\ninterval = "300 ms"\n'
    unknown = extended.run("check", "--config", written(tmp_path, table.replace("tery", "tary")))
    assert 'did you mean "lottery"?' in unknown.stderr
    twice = table + table.replace("luck", "luck2")
    claimed = extended.run("check", "--config", written(tmp_path, twice))
    assert "the seed 1 is used by [sensor.luck] already" in claimed.stderr
    unit = extended.run("check", "--unit", "--config", written(tmp_path, table)).stdout
    assert "SENSORD_RIGHTS=drum" in unit and "DeviceAllow=char-drum rw\n" in unit, unit
    assert "SupplementaryGroups=games\n" in unit and "modprobe@drum.service\n" in unit, unit
    with_errors = extended.run("check", "--unit", "--config", written(tmp_path, "[x"))
    assert "DeviceAllow=char-drum rw\n" in with_errors.stdout
    assert "Lottery numbers, drawn by the board." in extended.manual(tmp_path)
    done = extended.run("read", "luck", "--config", written(tmp_path, table))
    assert json.loads(done.stdout)["number"] == 2
    last = on_the_wire(extended, tmp_path, broker, subscriber, table)
    info = json.loads(last[f"sensord/{socket.gethostname()}/info"])
    assert info["sensors"]["luck"]["type"] == "lottery"
    assert info["sensors"]["luck"]["fields"]["number"]["quantity"] == "count"
    assert '"luck flow"' in announced(last) and '"L/min"' in announced(last)


def test_a_quantity_is_one_row(extended, tmp_path, broker, subscriber):
    """Also of a field that only the device names."""
    extended.add_after("output/quantities.py", '_ROWS = """\\\n', ROW)
    table = (
        '[sensor.pipe]\ntype = "exec"\ninterval = "300 ms"\n'
        "command = ['echo', '{\"flow_l_min\": 30, \"flow2_l_min_total\": 1}']\n"
    )
    last = on_the_wire(extended, tmp_path, broker, subscriber, table)
    info = json.loads(last[f"sensord/{socket.gethostname()}/info"])
    assert info["sensors"]["pipe"]["fields"]["flow_l_min"] == {"unit": "l/min", "quantity": "flow"}
    assert info["sensors"]["pipe"]["fields"]["flow2_l_min_total"]["quantity"] == "flow"
    assert '"volume_flow_rate"' in announced(last)
    mqtt = (
        f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\nformat = "senml"\n'
        'topic = "senml/{sensor}"\n'
    )
    with Daemon(tmp_path, mqtt + table, extended.environment, extended.command):
        pack = json.loads(subscriber.wait_for("senml/pipe")[0])
    records = {record["n"]: record for record in pack}
    assert records["flow"]["u"] == "m3/s" and records["flow"]["v"] == pytest.approx(0.0005)


def test_a_key_is_one_row(extended, tmp_path):
    extended.add_after("inputs/system/schema.py", "KEYS = {\n", KEY)
    schema = extended.package / "inputs/system/schema.py"
    schema.write_text(schema.read_text().replace("import Duration,", "import Integer, Duration,"))
    table = '[sensor.board]\ntype = "system"\nluck = 8\n'
    done = extended.run("check", "--config", written(tmp_path, table))
    assert "[sensor.board] luck must be from 1 to 7, not 8" in done.stderr
    typed = extended.run("check", "--config", written(tmp_path, table.replace("luck", "lukc")))
    assert 'did you mean "luck"?' in typed.stderr
    assert "The luck that the board has." in extended.manual(tmp_path)
