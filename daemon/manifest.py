# SPDX-License-Identifier: MIT
import ast
import os
from pathlib import Path

# Sorted: the order of a folder differs from disk to disk, and with it the bytes of what is built.
FILES = sorted(str(path.relative_to("sensord")) for path in Path("sensord").rglob("*.py"))
GENERATED = Path(os.environ["SENSORD_GENERATED"]) / "sensord"
KINDS = [*sorted(Path("sensord/schema").glob("*.py")), Path("sensord/config/action_tables.py")]


def kinds():
    """The names of the classes for kinds of configuration values."""
    for path in KINDS:
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


known = set(kinds())
for file in FILES:
    (GENERATED / file).parent.mkdir(parents=True, exist_ok=True)
    (GENERATED / file).write_bytes(without_docs(Path("sensord", file).read_text(), known))

# The folders as sensord/contents.py would list them, had frozen code any.
FOLDERS = {}
for file in FILES:
    folder, _, name = file.rpartition("/")
    FOLDERS.setdefault(folder, set()).add(name)
    while folder:
        folder, _, name = folder.rpartition("/")
        FOLDERS.setdefault(folder, set()).add(name)
# A text: the pages of tuples would be private to each process.
listing = "\n" + "".join(
    f"{name}: {' '.join(sorted(FOLDERS[name]))}\n" for name in sorted(FOLDERS)
)
(GENERATED / "frozen_contents.py").write_text(f"FOLDERS = {listing!r}\n")
package("sensord", (*FILES, "frozen_contents.py"), base_path=str(GENERATED.parent))
