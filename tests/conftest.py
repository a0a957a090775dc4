# SPDX-License-Identifier: MIT
"""The fixtures that start real programs, and the tests that `make test-arch` leaves out, with the
reason; its output ends with this list.

tests/arch/test_emulator.py shows the emulator's faults, and fails when they are mended.
"""

import functools
import re

import pytest
import scheduling
from support import ALSA_SOUNDS, ARCH, TOP, Broker, Daemon, Microphone, Subscriber

_SPAWN = "QEMU makes vfork() a fork(): posix_spawn() does not report that a program is missing"
_NATIVE = "Debian's micropython for arm64 has no native code: no .mpy of C, no @micropython.viper"
_NO_STOCK = "Debian has no micropython for ARMv6 with a floating point unit"

pytest_runtest_protocol = scheduling.pytest_runtest_protocol

EMULATED = ("arm64", "armhf", "armv6")
# Architectures, a pattern for the test's name, reason.
LEFT_OUT = [
    (EMULATED, r"::test_a_missing_program_is_an_oserror_that_names_it\b", _SPAWN),
    (EMULATED, r"::test_no_descriptor_leaks_where_there_is_no_program\b", _SPAWN),
    (EMULATED, r"test_i2s\.py::test_missing_programs_name_the_package\b", _SPAWN),
    (("arm64",), r"::test_a_driver_reads_what_its_chip_measured\[bme280-stock", _NATIVE),
    (("arm64",), r"test_sound_levels\w*\.py::\w+\[stock", _NATIVE),
    (("armv6",), r"::test_the_client_is_umqtts_with_await\[interpreter1\]", _NO_STOCK),
    # Pictures, except JPEG, and errors before the first picture.
    (("arm64",), r"test_camera\.py::(?!test_(jpeg|impossible|cameras|sizes)_)\w+\[stock", _NATIVE),
]


@functools.cache
def _uses_a_module_of_c(path):
    names = "|".join(makefile.parent.name for makefile in TOP.glob("natmods/*/micropython.mk"))
    return re.search(rf"^ *(import|from) ({names})\b", path.read_text(), re.MULTILINE)


def _reason(item):
    for architectures, name, reason in LEFT_OUT:
        if ARCH in architectures and re.search(name, item.nodeid):
            return reason
    if ARCH == "armv6" and "stock" in item.nodeid:
        return _NO_STOCK
    if ARCH == "arm64" and "stock" in item.nodeid and _uses_a_module_of_c(item.path):
        return _NATIVE
    return None


def pytest_collection_modifyitems(config, items):
    config.left_out = {}
    kept = []
    for item in items:
        reason = _reason(item)
        if reason is None:
            kept.append(item)
        else:
            config.left_out.setdefault(reason, []).append(item)
    config.hook.pytest_deselected(items=sum(config.left_out.values(), []))
    items[:] = scheduling.ordered(kept)


def pytest_terminal_summary(terminalreporter, config):
    for reason, items in getattr(config, "left_out", {}).items():
        terminalreporter.write_line(f"left out, {ARCH}: {reason}")
        for item in items:
            terminalreporter.write_line(f"    {item.nodeid}")


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as running:
        yield running


@pytest.fixture
def subscriber(broker):
    with Subscriber(broker) as running:
        yield running


@pytest.fixture
def microphone(tmp_path):
    with Microphone(tmp_path, [ALSA_SOUNDS / "Front_Center.wav"]) as running:
        yield running


@pytest.fixture
def daemon(tmp_path):
    """Starts daemons: daemon(config, environment). They are stopped at the end of the test."""
    started = []

    def start(config, environment=None, **kwargs):
        started.append(Daemon(tmp_path, config, environment, **kwargs))
        return started[-1]

    yield start
    for running in started:
        running.stop()
