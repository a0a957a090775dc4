# SPDX-License-Identifier: MIT
"""Pins Python packages by their hashes, for `pip install --require-hashes`.

    packaging/lock.py NAME.txt...

Each NAME.txt lists packages with their exact versions, as pip takes it, and setuptools if one of
them comes as source; a line "# no-deps" in it says that the packages' own dependencies are not
wanted. NAME.lock beside it gets all packages that pip chooses for this machine, the build root,
each with the SHA-256 of the one file that it takes. `make lock` runs this.
"""

import json
import pathlib
import subprocess
import sys

HEAD = """\
# Made of {name} by `make lock`: the SHA-256 of each file that pip may install, for Debian 13's
# Python on x86-64.
"""


def chosen(path):
    """[(name, version, SHA-256, whether it is a wheel)] of what pip would install."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run",
               "--ignore-installed", "--report", "-", "-r", str(path)]  # fmt: skip
    if "\n# no-deps" in path.read_text():
        command.append("--no-deps")
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found = []
    for entry in json.loads(done.stdout)["install"]:
        file = entry["download_info"]
        found.append(
            (
                entry["metadata"]["name"].lower().replace("_", "-"),
                entry["metadata"]["version"],
                file["archive_info"]["hashes"]["sha256"],
                file["url"].endswith(".whl"),
            )
        )
    return sorted(found)


def main():
    for argument in sys.argv[1:]:
        path = pathlib.Path(argument)
        lines = [HEAD.format(name=path.name)]
        sources = []
        for name, version, digest, is_wheel in chosen(path):
            lines.append(f"{name}=={version} --hash=sha256:{digest}\n")
            if not is_wheel:
                sources.append(name)
        path.with_suffix(".lock").write_text("".join(lines))
        print(f"{path.with_suffix('.lock')}: {len(lines) - 1} packages, as source: {sources}")


if __name__ == "__main__":
    main()
