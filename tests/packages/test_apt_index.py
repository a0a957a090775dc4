# SPDX-License-Identifier: MIT
"""The repository's index, as Debian's apt sees it over HTTP: how long it is valid, and files that
are found by their hash."""

import http.server
import pathlib
import re
import shutil
import subprocess
import threading
import time

import pytest
from clean_machine import APT_INSTALL, BareMachine
from support import TOP

REPOSITORY = "packaging/repo.sh"


def package(folder, version):
    tree = folder / f"tree-{version}"
    (tree / "DEBIAN").mkdir(parents=True, exist_ok=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: sensord-try\nVersion: {version}\nArchitecture: amd64\nSection: misc\n"
        "Priority: optional\nMaintainer: nobody <nobody@localhost>\nDescription: a try\n"
    )
    packages = folder / "packages"
    packages.mkdir(exist_ok=True)
    for old in packages.iterdir():
        old.unlink()
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, packages], check=True)
    return packages


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key.asc"
    with path.open("wb") as file:
        subprocess.run([TOP / REPOSITORY, "key"], stdout=file, check=True, timeout=60)
    return path


class Server:
    """A web server with a repository, and the paths that were asked for."""

    def __init__(self, folder, key):
        self._folder, self._key = folder, key
        self.repo = folder / "repo"
        self.asked = []
        self.hide = None  # a pattern for paths that are not there
        server = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(server.repo))

            def do_GET(self):
                server.asked.append(self.path)
                if server.hide and re.search(server.hide, self.path):
                    self.send_error(404)
                else:
                    super().do_GET()

            def log_message(self, *arguments):
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def make(self, version, seconds=86400):
        subprocess.run(
            [TOP / REPOSITORY, "make", package(self._folder, version), self.repo, self.uri,
             str(seconds)],
            stdin=self._key.open(), check=True, timeout=60,
        )  # fmt: skip

    def close(self):
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    made = BareMachine(tmp_path_factory.mktemp("machine"))
    # Debian's own archive does not matter here.
    for path in [*made.root.glob("etc/apt/sources.list.d/*"), made.root / "etc/apt/sources.list"]:
        path.unlink(missing_ok=True)
    return made


@pytest.fixture
def server(tmp_path, key, machine):
    made = Server(tmp_path, key)
    made.make("1")
    shutil.copy(made.repo / "sensord.sources", machine.root / "etc/apt/sources.list.d")
    machine.run("rm -rf /var/lib/apt/lists/*")
    yield made
    made.close()


def field(server, name):
    text = (server.repo / "dists/trixie/InRelease").read_text()
    return re.search(rf"^{name}: (.*)$", text, re.M)[1]


def update(machine, check=True):
    return machine.run("apt-get update -o APT::Update::Error-Mode=any", check)


def test_an_index_is_found_by_its_hash(machine, server):
    """A board that updates while the repository changes gets no index of the other state."""
    assert field(server, "Acquire-By-Hash") == "yes"
    server.hide = r"/Packages"
    update(machine)
    hashes = [path for path in server.asked if "/binary-amd64/by-hash/" in path]
    assert hashes and not any(re.search(r"/Packages", path) for path in server.asked)
    assert "sensord-try" in machine.run(f"{APT_INSTALL} sensord-try").stdout
    machine.run("apt-get purge -y -qq sensord-try")


def test_the_previous_index_stays_for_a_while(machine, server):
    """A board has fetched InRelease, and then the repository is made again."""
    before = (server.repo / "dists/trixie/InRelease").read_bytes()
    server.make("2")
    (server.repo / "dists/trixie/InRelease").write_bytes(before)
    update(machine)
    assert "Version: 1\n" in machine.run("apt-cache show sensord-try").stdout


def test_indices_before_the_previous_one_go(server):
    for version in range(2, 8):
        server.make(str(version))
    files = list(pathlib.Path(server.repo).glob("dists/trixie/main/binary-amd64/by-hash/SHA256/*"))
    # Packages and Packages.xz, of two states.
    assert len(files) == 4, files


def test_a_repository_is_refused_when_its_time_is_over(machine, server):
    """Otherwise whoever sits between could keep the fault of an old version on a board."""
    server.make("1", 1)
    time.sleep(2)
    done = update(machine, check=False)
    assert done.returncode != 0
    assert "expired" in done.stdout or "is not valid anymore" in done.stdout, done.stdout
    assert "sensord-try" not in machine.run("apt-cache pkgnames sensord-try").stdout
    server.make("1")
    update(machine)
    assert "sensord-try" in machine.run("apt-cache pkgnames sensord-try").stdout


def test_make_repo_says_how_long():
    """A repository without a number of days would be valid for ever, or never."""
    done = subprocess.run(
        ["make", "-n", "--eval", "days:;@echo $(VALID_DAYS) days", "days"],
        cwd=TOP, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "echo 180 days\n"
    assert "$$(($(VALID_DAYS) * 86400))" in (TOP / "Makefile").read_text()
