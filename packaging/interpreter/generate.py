# SPDX-License-Identifier: MIT
"""Prepares the daemon's code for the interpreter: the part that is frozen, and the rest as a ROM.

usage: generate.py OUT MPY_CROSS

Writes OUT/frozen/sensord, which daemon/manifest.py freezes, and OUT/rom.img, which rom.c links
into the program. Frozen code has relocated constants, whose pages are private to each process
whether a module is used or not. A module in the ROM costs nothing until it is imported, and its
bytecode stays where it is. So the parts that each daemon uses are frozen, and the others are in
the ROM.

The image is a ROMFS as micropython's extmod/vfs_rom.c describes it.
"""

import ast
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
DAEMON = TOP / "daemon"
# Whole packages, but for their __init__.py: that is frozen, and leads to the others. The
# configuration stays frozen, since each start reads it: that took 1 ms longer from here.
IN_ROM = ("actions", "commands", "http", "inputs", "output/home_assistant", "values/steps")
MOUNTED_AT = "/sensord.rom"  # as in rom.c

_FILESYSTEM, _DATA, _FOLDER, _FILE = 0x14A6B1, 2, 4, 5  # kinds of records


def kinds_of_values():
    """The names of the classes for kinds of configuration values."""
    files = sorted((DAEMON / "sensord/schema").glob("*.py"))
    for path in [*files, DAEMON / "sensord/config/action_tables.py"]:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                yield node.name


def without_docs(source, kinds):
    """A module without the texts for the manual: `DOC`, and the first argument of each kind.

    The manual is made of the source; in the daemon 80 kB of texts would lie between its constants.
    Every line stays where it was.
    """
    docs = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "DOC":
            docs.append(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", None) in kinds and node.args:
            docs.append(node.args[0])
    lines = [line.encode() for line in source.split("\n")]
    # From the end, so that the places of those before stay right.
    for doc in sorted(docs, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        if isinstance(doc, ast.Constant) and isinstance(doc.value, str):
            first, last = doc.lineno - 1, doc.end_lineno - 1
            end = lines[last][doc.end_col_offset :]
            lines[first] = lines[first][: doc.col_offset] + b'""' + (end if first == last else b"")
            for i in range(first + 1, last + 1):
                lines[i] = end if i == last else b""
    return b"\n".join(lines)


def with_first_line(source, statement):
    """A module with a statement as its first line, which was a comment or empty: no line moves."""
    first, _, rest = source.partition(b"\n")
    assert not first or first.startswith(b"# SPDX"), first
    return statement.encode() + b"\n" + rest


def varuint(number):
    """A number in groups of 7 bits, the highest first."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))


def record(kind, payload):
    return varuint(kind) + varuint(len(payload)) + payload


def entry(name, content):
    """The record of a file, bytes, or of a folder, a dict of them."""
    head = varuint(len(name)) + name.encode()
    if isinstance(content, bytes):
        return record(_FILE, head + record(_DATA, content))
    return record(_FOLDER, head + entries(content))


def entries(folder):
    return b"".join(entry(name, folder[name]) for name in sorted(folder))


def image(folder):
    """A ROMFS of {name: bytes of a file, or a dict of the same for a folder}."""
    payload = entries(folder)
    whole = record(_FILESYSTEM, payload)
    # Its size must be even; a record of one byte cannot fill it, a longer form of the length can.
    if len(whole) % 2:
        whole = varuint(_FILESYSTEM) + b"\x80" + varuint(len(payload)) + payload
    return whole


def compiled(source, name, mpy_cross, scratch):
    """The bytes of a module's .mpy file."""
    scratch.with_suffix(".py").write_bytes(source)
    # Small integers of 31 bits: the same file for all processors.
    options = ["-msmall-int-bits=31", "-s", name, "-o", scratch.with_suffix(".mpy")]
    subprocess.run([mpy_cross, *options, scratch.with_suffix(".py")], check=True)
    return scratch.with_suffix(".mpy").read_bytes()


def write_changed(path, content):
    """Writes a file if its content differs, so that make rebuilds only what changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def place(path):
    """The entry of IN_ROM that a file of the package belongs to, or None."""
    return next((part for part in IN_ROM if path.startswith(part + "/")), None)


def generate(out, mpy_cross):
    out.mkdir(parents=True, exist_ok=True)
    kinds = set(kinds_of_values())
    frozen, rom = {}, {}
    for file in sorted((DAEMON / "sensord").rglob("*.py")):
        path = str(file.relative_to(DAEMON / "sensord"))
        source = without_docs(file.read_text(), kinds)
        part = place(path)
        if path == "__init__.py":
            frozen[path] = with_first_line(source, "import sensord_rom")
        elif part is None:
            frozen[path] = source
        elif path == part + "/__init__.py":
            frozen[path] = with_first_line(source, f'__path__ = "{MOUNTED_AT}/{part}"')
        else:
            *folders, name = path.split("/")
            folder = rom
            for each in folders:
                folder = folder.setdefault(each, {})
            scratch = out / "module"
            module = compiled(source, f"sensord/{path}", mpy_cross, scratch)
            folder[name.replace(".py", ".mpy")] = module
    package = out / "frozen/sensord"
    for file in package.rglob("*.py"):
        if str(file.relative_to(package)) not in frozen:
            file.unlink()
    for path, source in frozen.items():
        write_changed(package / path, source)
    write_changed(out / "rom.img", image(rom))


if __name__ == "__main__":
    generate(pathlib.Path(sys.argv[1]), sys.argv[2])
