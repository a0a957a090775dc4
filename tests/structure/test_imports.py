# SPDX-License-Identifier: MIT
"""The layers of the code: imports point downwards and never in a circle. Otherwise a change in one
part reaches others that nobody looked at."""

import ast

import pytest
from support import TOP

PACKAGE = TOP / "daemon/sensord"
# From the top down. A part may import those on lines below its own, and those of its own folder.
LAYERS = (
    ("cli",),
    ("process", "usage"),
    ("commands",),
    ("service",),
    ("supervisor",),
    ("config",),
    ("http",),
    ("mqtt",),
    ("inputs", "actions", "output", "outbox"),
    ("stages",),
    ("values",),
    ("files", "schema", "clock", "notify", "host", "telling"),
    ("log", "sensors", "contents"),
    ("errors", "rights", "timestamp", "visible", "__init__"),
)
RANK = {part: rank for rank, layer in enumerate(reversed(LAYERS)) for part in layer}


def modules():
    """{dotted name: path} of the daemon's modules; a package is its __init__."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts)] = path
    return found


MODULES = modules()


def imported(name, path):
    """Yields the daemon's modules that a module imports, also within its functions."""
    folder = name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = folder[: len(folder) - node.level + 1] + (node.module or "").split(".")
        base = [part for part in base if part]
        for alias in node.names:
            for candidate in ([*base, alias.name], [*base, alias.name, "__init__"], base,
                              [*base, "__init__"]):  # fmt: skip
                if ".".join(candidate) in MODULES:
                    yield ".".join(candidate)
                    break


GRAPH = {name: set(imported(name, path)) - {name} for name, path in MODULES.items()}


def part(name):
    return name.split(".")[0]


def test_every_part_has_a_place():
    """A new folder needs a line in LAYERS, or nothing is known of its imports."""
    assert {part(name) for name in MODULES} == set(RANK)


def test_imports_point_downwards():
    upward = [
        f"{name} imports {other}"
        for name, others in GRAPH.items()
        for other in others
        if part(name) != part(other) and RANK[part(other)] >= RANK[part(name)]
    ]
    assert not upward, "\n".join(sorted(upward))


def test_no_import_goes_round_in_a_circle():
    done, path = set(), []

    def visit(name):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name in done:
            return
        path.append(name)
        for other in GRAPH[name]:
            visit(other)
        path.pop()
        done.add(name)

    for name in GRAPH:
        visit(name)


def test_no_kind_of_input_knows_another():
    """A kind may use what several share: the bus, accelerations and files beside the folders."""
    shared = {"i2c", "acceleration"}
    kinds = {name.split(".")[1] for name in MODULES if name.startswith("inputs.")} - shared
    for name, others in GRAPH.items():
        if not name.startswith("inputs.") or name.count(".") < 2:
            continue
        for other in others:
            if other.startswith("inputs.") and other.count(".") >= 2:
                there = other.split(".")[1]
                assert there == name.split(".")[1] or there not in kinds, f"{name}: {other}"


@pytest.mark.parametrize("folder", ["hal_linux", "natmods"])
def test_what_lies_below_does_not_know_the_daemon(folder):
    for path in (TOP / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "sensord" for name in names), path


def test_the_daemon_reaches_the_kernel_only_through_the_hardware_layer():
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not {"ffi"} & set(names), name


def test_no_file_is_longer_than_four_hundred_lines():
    """Someone new must find the way around in a file."""
    suffixes = {".py", ".c", ".h", ".sh"}
    folders = ("daemon", "hal_linux", "natmods", "packaging", "tests", "tools")
    for folder in folders:
        for path in (TOP / folder).rglob("*"):
            if path.suffix in suffixes and "data" not in path.parts:
                assert len(path.read_text().splitlines()) <= 400, path
