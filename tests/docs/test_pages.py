# SPDX-License-Identifier: MIT
"""The pages: their configurations, links, commands and messages."""

import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from fakes import motion
from fakes.environment import Words
from fakes.i2c import FakeI2CBus
from fakes.kernel import FakeKernel
from readings import Readings
from support import MICROPYTHON, SENSORD, TOP

PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
WITH_CONFIGURATIONS = [
    "README.md", "actions.md", "activity.md", "drivers.md", "fleet.md", "home-assistant.md",
    "http.md", "quickstart.md", "sensors.md", "values.md",
]  # fmt: skip
RECORDINGS = TOP / "tests/data/har/exercise"
FILES = {
    "/usr/share/sensord/models/exercise.trees.csv": TOP / "packaging/models/exercise.trees.csv",
    "/etc/sensord/activity.trees.csv": TOP / "packaging/models/exercise.trees.csv",
    "/var/lib/sensord/models/cat.tflite": TOP / "tests/data/cnn/mnist_cnn_int8.tflite",
}


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_configuration_is_one(page, tmp_path):
    """A user can copy each one: it passes the check."""
    found = blocks(page, "toml")
    for text in found:
        for path, there in FILES.items():
            text = text.replace(path, str(there))
        # An action on a sensor of an earlier table.
        if "[sensor." not in text and "when = " in text:
            text += '[sensor.board]\ntype = "system"\n'
        config = tmp_path / "page.toml"
        config.write_text(text)
        done = subprocess.run(
            [SENSORD, "check", "--config", config], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (text, done.stderr)
    assert bool(found) == (page.name in WITH_CONFIGURATIONS)


def anchors(path):
    """The valid names after the # of a link: from headings, and from <a id=…>."""
    text = path.read_text()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    named = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return named | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", [*PAGES, TOP / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_every_link_and_picture_leads_somewhere(page):
    for target in re.findall(r"\]\(([^):]+)\)", page.read_text()):
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_page_is_reachable():
    """A user cannot find a page without a link to it."""
    texts = {page.name: page.read_text() for page in PAGES}
    for page in PAGES[1:]:
        assert any(page.name in text for name, text in texts.items() if name != page.name), page


def test_the_readme_is_short():
    """Users read it before they install: the details are on other pages."""
    assert len((TOP / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("page", [*PAGES, TOP / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_every_make_target_exists(page):
    makefile = (TOP / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    for line in re.findall(r"`(make [^`]*)`|^    (make .*)$", page.read_text(), re.MULTILINE):
        words = "".join(line).split("#")[0].split("&&")[0].split()[1:]
        for word in words:
            name = word.strip("…")
            if re.fullmatch(r"[a-z-]+", name):
                assert name in targets, line


def rows(page):
    """The first column of the tables of a page."""
    return re.findall(r"^\| (.*?) \|", page.read_text(), re.MULTILINE)


def test_every_dependency_has_its_reason():
    """A packager or auditor looks up the reason for each."""
    listed = " ".join(rows(TOP / "docs/dependencies.md"))
    files = ["tests/requirements.txt", "tools/requirements.txt"]
    for name in [*files, *(TOP / "tests").glob("home_assistant_*.txt")]:
        for package in re.findall(r"^([A-Za-z0-9_-]+)==", (TOP / name).read_text(), re.MULTILINE):
            assert package in listed, (name, package)
    installed = re.search(
        r'^packages="(.*?)"', (TOP / "packaging/root.sh").read_text(), re.M | re.S
    )
    for package in installed[1].split():
        library = re.fullmatch(r"lib(\w+)-dev", package)
        assert (library[1] if library else package).lower() in listed.lower(), package


def page_of_modules():
    """docs/hal.md without the list of the parts of MicroPython that are left out on purpose."""
    return (TOP / "docs/hal.md").read_text().split("\n## ")[0]


def test_every_module_of_the_table_can_be_imported():
    """A script that imports one of them must get further than that line."""
    table = re.findall(r"^\| (`.*?) \|", page_of_modules(), re.MULTILINE)
    names = re.findall(r"`(\w+)`", " ".join(table))
    ours = {makefile.parent.name for makefile in TOP.glob("natmods/*/micropython.mk")}
    assert ours | {"machine", "camera", "linux"} == set(names)
    subprocess.run([MICROPYTHON, "-c", "import " + ", ".join(names)], check=True)


def test_the_explained_messages_exist():
    """A user who searches the page for a message from the journal finds it word for word."""
    files = [path for folder in ("daemon", "hal_linux") for path in (TOP / folder).rglob("*.py")]
    messages = "".join(path.read_text() for path in files)
    messages += "".join(os.strerror(number) for number in range(1, 134))
    page = (TOP / "docs/troubleshooting.md").read_text()
    ours = page[page.index("## 3.") :]
    quoted = [
        q for row in re.findall(r"^\|(.*?)\|", ours, re.M) for q in re.findall("`(.*?)`", row)
    ]
    assert len(quoted) > 10
    for words in quoted:
        # The parts between are names and numbers.
        for part in re.split(r'"default"|/dev/i2c-1|…|\d+', words):
            assert part.strip(' :"') in messages, words


@pytest.fixture
def bus(tmp_path):
    bus = FakeI2CBus({})
    with FakeKernel(tmp_path, {"/dev/i2c-1": bus}) as kernel:
        bus.kernel = kernel
        yield bus


class LM75(Words):
    """Its temperature register, two bytes, and its configuration."""

    def __init__(self, raw):
        super().__init__({0: raw, 1: 0})

    def set(self, register, value):
        """The configuration is one byte."""


def test_the_template_of_a_driver_runs(bus, daemon, tmp_path):
    """A user copies it as the page says, with the table on the page."""
    drivers = tmp_path / "drivers"
    drivers.mkdir(mode=0o755)
    shutil.copy(TOP / "docs/driver_template.py", drivers / "mychip.py")
    (table,) = [t for t in blocks(TOP / "docs/drivers.md", "toml") if "mychip" in t]
    bus.chips[0x48] = LM75(0x1940)
    environment = {**bus.kernel.environment, "SENSORD_DRIVERS": str(drivers)}
    running = daemon(table, environment)
    (reading,) = Readings(running).wait("mine")[:1]
    assert reading["temperature_c"] == 25.25
    running.stop()
    bus.chips[0x48] = LM75(0x8000)
    daemon(table, environment).wait_for_message(
        "mine: temperature_c is null: -128.0 °C, which it cannot measure"
    )


def test_a_mistake_in_a_driver_is_named_with_its_line(bus, daemon, tmp_path):
    drivers = tmp_path / "drivers"
    drivers.mkdir(mode=0o755)
    source = (TOP / "docs/driver_template.py").read_text()
    wrong = source.replace("value / 256", "valeu / 256")
    line = wrong.splitlines().index("        temperature_c = valeu / 256") + 1
    (drivers / "mychip.py").write_text(wrong)
    bus.chips[0x48] = LM75(0x1940)
    environment = {**bus.kernel.environment, "SENSORD_DRIVERS": str(drivers)}
    running = daemon(
        '[sensor.mine]\ntype = "i2c"\ndriver = "mychip:MyChip"\n'
        '[sensor.board]\ntype = "system"\ninterval = "100 ms"\n', environment,
    )  # fmt: skip
    running.wait_for_message(f"isn't defined (mychip.py, line {line})")
    Readings(running).wait("board", 3)


def test_the_tutorial_from_a_chip_to_a_model(bus, tmp_path):
    """Its commands in its order: record with a label, train, check the result."""
    commands = "".join(blocks(TOP / "docs/activity.md", "sh")).splitlines()
    records = [line for line in commands if line.startswith("sensord record")]
    (train,) = [line for line in commands if "train_activity.py" in line]
    tables = [t for t in blocks(TOP / "docs/activity.md", "toml") if "[sensor.activity]" in t]
    config = tmp_path / "sensord.toml"
    table = tables[0].replace("rate = 100", "rate = 500")  # five times as fast
    for path, there in FILES.items():
        table = table.replace(path, str(there))
    config.write_text(table)
    (tmp_path / "recordings").mkdir()
    environment = {**os.environ, **bus.kernel.environment}
    assert [re.search(r"--label (\w+)", line)[1] for line in records] == [
        "squat",
        "lunge",
        "other",
    ]
    for line in records:
        label = re.search(r"--label (\w+)", line)[1]
        for recording in sorted(RECORDINGS.glob(f"*_{label}.npy"))[:3]:
            samples = np.load(recording)
            bus.chips[0x68] = motion.MPU(np.tile(samples, (3, 1)).tolist())
            command = line.replace("sensord ", f"{SENSORD} ", 1).replace('"20 s"', '"1900 ms"')
            subprocess.run(
                f"{command} --config {config}", shell=True, cwd=tmp_path, env=environment,
                check=True, capture_output=True,
            )  # fmt: skip
    assert len(list((tmp_path / "recordings").iterdir())) == 9
    command = train.replace("tools/", f"{TOP}/tools/").replace("build/", f"{TOP}/build/")
    command = command.replace("training/bin/python", sys.executable)
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"F1 \d\.\d\d$", done.stdout.strip())
    made = (tmp_path / "model/sensord.toml").read_text()
    shutil.copy(tmp_path / "model/activity.trees.csv", tmp_path / "copied.csv")
    config.write_text(
        made.replace("/etc/sensord/activity.trees.csv", str(tmp_path / "copied.csv"))
    )
    subprocess.run([SENSORD, "check", "--config", config], check=True, capture_output=True)
