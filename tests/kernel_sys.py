# SPDX-License-Identifier: MIT
"""The common parts of the tests of sensors on a fake kernel."""


def add(kernel, path, text):
    """An attribute of the fake /sys, with the newline that ends a kernel's."""
    path = kernel.sys / path
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text if isinstance(text, bytes) else str(text).encode()
    path.write_bytes(data + b"\n")


def add_all(kernel, folder, attributes):
    """Several attributes of one folder."""
    for name, text in attributes.items():
        add(kernel, f"{folder}/{name}", text)


def link(kernel, path, target):
    """A folder of the fake /sys/devices, and a relative link to it, as the kernel makes them."""
    path, target = kernel.sys / path, kernel.sys / target
    target.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target.relative_to(path.parent, walk_up=True))


def table(name, kind, *lines):
    return "\n".join([f"[sensor.{name}]", f'type = "{kind}"', *lines]) + "\n"


def values(reading):
    return {name: value for name, value in reading.items() if name != "time"}
