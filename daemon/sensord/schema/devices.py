# SPDX-License-Identifier: MIT
"""The names of devices, in one spelling each, so that no two tables have the same one."""

ANY = "that is found first"  # the end of a claim on whichever device there is
_MOST_LINKS = 8


def _target(path):
    """Where a symbolic link leads, or None."""
    try:
        from linux.libc import readlink
    except ImportError:
        # Another interpreter than the daemon's: paths are compared as they are written.
        return None
    return readlink(path)


def _normal(path):
    """A path without "//", "." and ".."."""
    parts = []
    for part in path.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if path.startswith("/") else "") + "/".join(parts)


def device_path(path):
    """The device that a path leads to: /dev/serial0 and its target /dev/ttyS0 are one."""
    path = _normal(path)
    for _ in range(_MOST_LINKS):
        target = _target(path)
        if target is None:
            break
        folder = path.rpartition("/")[0]
        path = _normal(target if target.startswith("/") else folder + "/" + target)
    return path


def sound_device(name):
    """An ALSA device: hw:1, plughw:1,0 and hw:CARD=1,DEV=0 are one."""
    kind, _, arguments = name.partition(":")
    if kind not in ("hw", "plughw"):
        return name
    found = {"CARD": "0", "DEV": "0", "SUBDEV": "0"}
    for key, part in zip(("CARD", "DEV", "SUBDEV"), arguments.split(",")):  # noqa: B905
        named, equals, value = part.partition("=")
        if equals and named in found:
            found[named] = value
        elif part:
            found[key] = part
    return "hw:%s,%s" % (found["CARD"], found["DEV"])
