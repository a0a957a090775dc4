# SPDX-License-Identifier: MIT
"""stubs/ has each name, method and parameter of the code for editors, and nothing else.

A user whose editor offers a wrong parameter, or none at all, loses an evening.
"""

import ast
import functools
import json
import os
import subprocess
import sys

import pytest
from support import MICROPYTHON, TOP

STUBS = TOP / "stubs"
PYTHON = [
    pytest.param(path, id=f"{path.parent.name}.{path.stem}")
    for package in ("machine", "camera", "linux")
    for path in sorted((TOP / "hal_linux" / package).glob("*.py"))
    # The first has only a docstring; the second has a test of its own.
    if f"{package}/{path.name}" not in ("linux/__init__.py", "machine/__init__.py")
]
NATIVE = sorted(makefile.parent.name for makefile in TOP.glob("natmods/*/micropython.mk"))
SPECIAL = ("__init__", "__call__", "__enter__", "__exit__", "__getattr__")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_public(name):
    return not name.startswith("_") or name in SPECIAL


def parameters(function):
    """[(name, kind, whether it may be left out)] of a function's definition."""
    a = function.args
    positional = [(arg.arg, "positional") for arg in a.posonlyargs + a.args]
    left_out = [False] * (len(positional) - len(a.defaults)) + [True] * len(a.defaults)
    found = [(*both, may) for both, may in zip(positional, left_out)]
    if a.vararg:
        found.append((a.vararg.arg, "*", True))
    found += [(k.arg, "by name", d is not None) for k, d in zip(a.kwonlyargs, a.kw_defaults)]
    if a.kwarg:
        found.append((a.kwarg.arg, "**", True))
    return found


def is_overload(function):
    return any(ast.unparse(decorator) == "overload" for decorator in function.decorator_list)


def merged(functions):
    """The parameters of a function; those that an overload lacks count as optional."""
    if not is_overload(functions[0]):
        return parameters(functions[-1])
    found = {}
    for function in functions:
        for name, kind, may in parameters(function):
            found[name] = (name, kind, may or (name in found and found[name][2]))
    lists = [{name for name, _, _ in parameters(function)} for function in functions]
    return [
        (name, kind, may or not all(name in names for names in lists))
        for name, kind, may in found.values()
    ]


def is_property(function):
    return any("property" in ast.unparse(d) or ".setter" in ast.unparse(d)
               for d in function.decorator_list)  # fmt: skip


def described(body):
    """{name: parameters, "value" or {…} of a class} of the public names in a body of code."""
    found, functions = {}, {}
    for node in body:
        if isinstance(node, FUNCTIONS) and is_property(node):
            found[node.name] = "value"
        elif isinstance(node, FUNCTIONS):
            functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ClassDef) and is_public(node.name):
            found[node.name] = {**attributes(node), **described(node.body)}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                for name in names:
                    if isinstance(name, ast.Name):
                        found[name.id] = "value"
    for name, several in functions.items():
        found[name] = merged(several)
    for node in body:
        # high = on
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            if node.value.id in functions:
                found[node.targets[0].id] = found[node.value.id]
    return {name: what for name, what in found.items() if is_public(name)}


def attributes(cls):
    """{name: "value"} of the attributes that the methods of a class assign to self."""
    return {
        node.attr: "value"
        for node in ast.walk(cls)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and ast.unparse(node.value) == "self"
        and is_public(node.attr)
    }


def stub_of(module):
    path = STUBS / f"{module.split('.')[0]}-stubs" / f"{(module.split('.') + ['__init__'])[1]}.pyi"
    return ast.parse(path.read_text())


@pytest.mark.parametrize("path", PYTHON)
def test_a_stub_has_the_names_and_parameters_of_its_module(path):
    stub = described(stub_of(f"{path.parent.name}.{path.stem}").body)
    code = described(ast.parse(path.read_text()).body)
    assert stub == code


def test_machine_offers_what_the_interpreter_has():
    """The names in the table of machine/__init__.py, which imports them at their first use."""
    tree = ast.parse((TOP / "hal_linux/machine/__init__.py").read_text())
    table = next(node.value for node in tree.body if isinstance(node, ast.Assign))
    here = ast.literal_eval(table)
    ports = run("import umachine; print([n for n in dir(umachine) if n[0] != '_'])")
    imports = [node for node in stub_of("machine").body if isinstance(node, ast.ImportFrom)]
    assert {node.names[0].name: node.module for node in imports} == here
    assert all(node.names[0].name == node.names[0].asname for node in imports), "not exported"
    own = set(described(stub_of("machine").body))
    assert own == set(ast.literal_eval(ports)) - set(here)


def run(text):
    return subprocess.run(
        [MICROPYTHON, "-c", text], check=True, capture_output=True, text=True
    ).stdout


def functions_of(module):
    """{name: [definitions]} of a stub's functions, and {class: {method: [definitions]}}."""
    functions, classes = {}, {}
    for node in stub_of(module).body:
        if isinstance(node, FUNCTIONS):
            functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ClassDef):
            methods = classes.setdefault(node.name, {})
            for method in node.body:
                methods.setdefault(method.name, []).append(method)
    return functions, classes


def by_name(definitions):
    return [arg.arg for definition in definitions for arg in definition.args.args]


@functools.cache
def native():
    """The output of native_modules_program.py in the interpreter."""
    wanted = {
        module: {name: by_name(several) for name, several in functions_of(module)[0].items()}
        for module in NATIVE
    }
    command = [MICROPYTHON, TOP / "tests/docs/native_modules_program.py", TOP / "tests/data/cnn"]
    done = subprocess.run(
        command, input=json.dumps(wanted), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def counted(definitions, own=0):
    """[least, most, names] of a stub's function, as native_modules_program.py has them."""
    counts = []
    for definition in definitions:
        a = definition.args
        most = len(a.posonlyargs + a.args) - own
        counts += [most - len(a.defaults), most]
    names = by_name(definitions) if not own else []
    return [None if names else min(counts), max(counts), names]


@pytest.mark.parametrize("module", NATIVE)
def test_a_native_modules_stub_is_what_the_interpreter_has(module):
    functions, classes = functions_of(module)
    found = native()[module]
    values = [n for n in stub_of(module).body if isinstance(n, ast.AnnAssign)]
    assert {n.target.id: n.annotation.id for n in values} == found["values"]
    named = {*functions, *classes, *found["values"]}
    assert {name for name in named if is_public(name)} == set(found["names"])
    declared = {name: counted(several) for name, several in functions.items()}
    for name in set(found["functions"]) & set(classes):
        declared[name] = counted(classes[name]["__init__"], 1)
    assert declared == found["functions"]
    for maker, methods in found["methods"].items():
        owner = maker if maker in classes else ast.unparse(functions[maker][0].returns)
        declared = {name: counted(several, 1) for name, several in classes[owner].items()}
        declared.pop("__init__", None)
        assert declared == methods


def test_each_module_of_the_board_has_a_stub_and_no_other():
    packages = {path.name.removesuffix("-stubs") for path in STUBS.glob("*-stubs")}
    assert packages == {"machine", "camera", "linux", *NATIVE}
    for package in ("machine", "camera", "linux"):
        stubs = {path.stem for path in (STUBS / f"{package}-stubs").glob("[!_]*.pyi")}
        code = {path.stem for path in (TOP / "hal_linux" / package).glob("[!_]*.py")}
        assert stubs == code, package


def mypy(tmp_path, text):
    program = tmp_path / "program.py"
    program.write_text(text)
    command = [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--no-error-summary"]
    return subprocess.run(
        [*command, f"--cache-dir={TOP}/build/mypy-cache", program],
        env={**os.environ, "PYTHONPATH": str(STUBS)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_type_checker_takes_a_right_program(tmp_path):
    done = mypy(tmp_path, """\
from array import array
import emlearn_iir
import soundlevel
from camera import Camera, FrameSize
from linux.subprocess import run
from machine import I2C, Pin, SoftI2C

async def main() -> None:
    pin = Pin("GPIO17", Pin.OUT, value=1)
    pin.toggle()
    rising, at_ns = await pin.edge(Pin.IRQ_RISING)
    level: int = pin.value() + at_ns
    bus = SoftI2C(scl=Pin(3), sda=Pin(2), freq=400_000)
    data: bytes = bus.readfrom_mem(0x76, 0xD0, 1)
    with Camera(frame_size=FrameSize.QVGA) as camera:
        picture: memoryview = await camera.acapture()
        camera.brightness = level
    status, output = await run(["true"], 1000)
    iir = emlearn_iir.new(array("f", [1, 0, 0, 1, 0, 0]))
    iir.run(array("f", [status, len(data), len(output), len(picture)]))
    meter = soundlevel.new(array("f", [0] * 24), "A", 0.5, 10)
    meter.process(picture)
""")  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("import machine\nmachine.Pin(17, pullup=True)", 'Unexpected keyword argument "pullup"'),
        ("import machine\nmachine.Pni(17)", 'Module has no attribute "Pni"'),
        ("import machine\nmachine.I2C(1).readfrom(0x76)", 'Missing positional argument "nbytes"'),
        ("import soundlevel\nsoundlevel.new([], 'B', 1, 1)", 'expected "Literal'),
        ("import pixels\nx: str = pixels.size('GREY', (1, 1))", "Incompatible types"),
    ],
)
def test_a_type_checker_refuses_a_wrong_program(tmp_path, program, error):
    assert error in mypy(tmp_path, program + "\n").stdout
