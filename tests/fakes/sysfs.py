# SPDX-License-Identifier: MIT
"""The test's side of sysfs.c: a fake /sys whose files have drivers behind them.

    with FakeSysfs(tmp_path) as sysfs:
        sysfs.add("class/pwm/pwmchip0/npwm", "2")
        sysfs.driver = lambda path, text: ...
        subprocess.run(program, env={**os.environ, **sysfs.environment})

`driver(path, text)` gets the text that a program writes; it may raise OSError. Only text that it
stores by set() is kept, as with the kernel's write-only attributes. Without a driver, a write
replaces the content. `guard(path)` may raise OSError when a file is opened.
"""

import contextlib
import os
import pathlib
import socket
import struct
import threading

from fakes import kernel, preload

SOURCE = pathlib.Path(__file__).with_name("sysfs.c")
_HEAD = struct.Struct("=II256s")  # kind, length of the path, path; the text follows
_OPEN = 1


class FakeSysfs:
    def __init__(self, folder, with_kernel=None):
        """`with_kernel` is the environment of a FakeKernel whose `sys` is folder / "sys"."""
        folder = pathlib.Path(folder)
        self.root = folder / "sys"
        self.root.mkdir(exist_ok=True)
        self.writes = []
        self.driver = self.set
        self.guard = lambda path: None
        self.errors = []
        library = preload.build(SOURCE, folder / "fake-sysfs.so")
        below = (with_kernel or {}).get("LD_PRELOAD") or kernel.build(folder)
        path = folder / "sysfs.socket"
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.bind(str(path))
        self._server.listen()
        self.environment = {
            **(with_kernel or {}),
            "LD_PRELOAD": f"{library} {below}",
            "FAKE_SYS": str(self.root),
            "FAKE_SYSFS": str(path),
        }
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def add(self, path, text=""):
        """A file below /sys; adds the newline that ends a kernel attribute."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")

    set = add

    def get(self, path):
        return (self.root / path).read_text().strip()

    def written(self, name):
        """The texts written to attributes with this file name, in order."""
        return [text for path, text in self.writes if path.rsplit("/", 1)[1] == name]

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        while message := connection.recv(8192):
            kind, length, path = _HEAD.unpack_from(message)
            path = path[:length].decode().removeprefix("/sys/")
            error = 0
            try:
                if kind == _OPEN:
                    self.guard(path)
                else:
                    text = message[_HEAD.size :].decode().strip()
                    self.writes.append((path, text))
                    self.driver(path, text)
            except OSError as failure:
                error = failure.errno
            except Exception as failure:
                self.errors.append(failure)
            connection.send(struct.pack("=i", error))
        connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # close() alone would leave the thread in accept().
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)
        if self.errors:
            raise self.errors[0]


def refuse(number):
    raise OSError(number, os.strerror(number))
