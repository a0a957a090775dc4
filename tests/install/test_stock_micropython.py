# SPDX-License-Identifier: MIT
"""hal_linux on Debian's own micropython: as the package micropython-hal-linux, and through mip."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading

import pytest
from clean_machine import CleanMachine
from support import STOCK_MICROPYTHON, TOP

MACHINE_IS_OURS = (
    "import machine, camera, linux\n"
    "from machine import Pin, I2C, SPI, UART, PWM, ADC, I2S, RTC, Timer, WDT, SDCard\n"
    "print(machine.__file__)\n"
    "try:\n    I2C(77)\nexcept OSError as error:\n    print(error.args[1])\n"
)


# One call into each module of C; fails for a module that is missing here, or in the package.
MODULES_ARE_OURS = r"""
import os
from array import array
import emlearn_arrayutils, emlearn_cnn_fp32, emlearn_cnn_int8, emlearn_fft, emlearn_iir
import emlearn_iir_q15, emlearn_kmeans, emlearn_linreg, emlearn_neighbors, emlearn_trees
import pixels, soundlevel, thirdoctave, timebased, vibration
grey = bytearray(1)
pixels.convert(b"\xff\xff\xff", "RGB3", (1, 1), grey, "GREY", (1, 1))
smooth = array("f", (1, 1, 1))
emlearn_iir.new(array("f", (0.5, 0, 0, 1, -0.5, 0))).run(smooth)
forest = emlearn_trees.new()
forest.setdata(1, 2, 0)
forest.addnode(-1, -2, 0, 10)
forest.addleaf(0)
forest.addleaf(1)
forest.addroot(0)
print(grey[0], list(smooth), forest.classify(array("h", (9,))), forest.classify(array("h", (10,))))
print(len([name for name in os.listdir("/usr/lib/micropython") if name.endswith(".mpy")]))
"""


def test_the_packages(tmp_path):
    """After apt install, a driver's `import machine` works, and so does a model."""
    packages = ("micropython-hal-linux", "micropython-emlearn")
    machine = CleanMachine(tmp_path, *packages)
    machine.install()
    (machine.root / "package/try.py").write_text(MACHINE_IS_OURS)
    lines = machine.run("micropython /package/try.py").stdout.splitlines()
    assert lines[0] == "/usr/lib/micropython/machine/__init__.py"
    assert "/dev/i2c-77" in lines[1] and "dtparam=i2c_arm=on" in lines[1]
    (machine.root / "package/try.py").write_text(MODULES_ARE_OURS)
    lines = machine.run("micropython /package/try.py").stdout.splitlines()
    assert lines == ["255 [0.5, 0.75, 0.875] 0 1", str(len(list(TOP.glob("natmods/*/*.mk"))))]
    machine.run(f"apt-get purge -y -qq {' '.join(packages)}")
    assert machine.files() == machine.before


def mip_list(*base):
    command = [sys.executable, "-B", TOP / "packaging/mip.py", *base]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_list_for_mip_is_whole():
    """A file that mip leaves out fails only at its first import."""
    assert (TOP / "hal_linux/package.json").read_text() == mip_list()


@pytest.fixture
def server(tmp_path):
    """The files of hal_linux over HTTP; gives the address of a package.json for Debian's mip."""
    served = tmp_path / "served"
    shutil.copytree(TOP / "hal_linux", served)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=served)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        base = f"http://127.0.0.1:{server.server_port}"
        (served / "package.json").write_text(mip_list(base))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield base + "/package.json"
        server.shutdown()


def test_mip_installs_it(server, tmp_path):
    """The installation without Debian's packages."""
    environment = {**os.environ, "HOME": str(tmp_path)}
    environment.pop("MICROPYPATH", None)
    library = tmp_path / "lib"
    done = subprocess.run(
        [STOCK_MICROPYTHON, "-c", f"import mip; mip.install({server!r}, target={str(library)!r})"],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        [STOCK_MICROPYTHON, "-c", MACHINE_IS_OURS],
        env={**environment, "MICROPYPATH": f".frozen:{library}"},
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[0] == f"{library}/machine/__init__.py", done.stderr
