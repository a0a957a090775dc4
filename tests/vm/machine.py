# SPDX-License-Identifier: MIT
"""A virtual machine: QEMU without KVM, and what the test says to the system inside."""

import base64
import contextlib
import pathlib
import socket
import subprocess
import time

_ANSWER_S = 60
_LARGEST = 65536

KERNEL_OPTIONS = (
    "root=/dev/vda rw quiet mitigations=off nokaslr cryptomgr.notests random.trust_cpu=on "
    "net.ifnames=0 systemd.journald.max_level_console=err"
)


class Gone(Exception):
    """The machine does not answer any more; the text says how far it came."""


class Machine:
    """A machine that is running. `folder` has disk.img, kernel and initrd, which are not changed;
    `memory_mib` is all it has. The ports "agent" and "bridge" are sockets to the system inside,
    `serial` is the other end of its second serial port."""

    def __init__(self, folder, memory_mib, work, since="2020-01-01T00:00:00"):
        self._work = pathlib.Path(work)
        self._console = self._work / "console.log"
        self._listening = {name: self._listen(name) for name in ("agent", "bridge", "serial")}
        self.began = time.monotonic()
        command = [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
            "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max,la57=off,svm=off", "-smp", "2",
            "-m", str(memory_mib), "-no-reboot", "-snapshot",
            "-kernel", folder / "kernel", "-initrd", folder / "initrd",
            "-append", KERNEL_OPTIONS + " console=ttyS0",
            "-rtc", "base=" + since,
            "-drive", f"file={folder}/disk.img,format=raw,if=virtio,cache=unsafe",
            "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
            "-serial", f"file:{self._console}",
            *self._port("serial"), "-serial", "chardev:serial",
            *self._port("agent"), "-device", "virtserialport,chardev=agent,name=agent",
            *self._port("bridge"), "-device", "virtserialport,chardev=bridge,name=bridge",
        ]  # fmt: skip
        self._log = (self._work / "qemu.log").open("w")
        # -snapshot keeps what is written below TMPDIR.
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            env={"TMPDIR": str(self._work), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        self.ports = {name: self._accept(name) for name in self._listening}
        self.serial = self.ports["serial"]
        self._agent = self.ports["agent"].makefile("rwb")

    def _path(self, name):
        return self._work / name

    def _listen(self, name):
        self._path(name).unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self._path(name)))
        listening.listen()
        listening.settimeout(_ANSWER_S)
        return listening

    def _port(self, name):
        return "-chardev", f"socket,id={name},path={self._path(name)}"

    def _accept(self, name):
        try:
            port = self._listening[name].accept()[0]
        except TimeoutError:
            raise Gone("QEMU did not start: " + self._path("qemu.log").read_text())
        self._listening[name].close()
        return port

    def run(self, script, timeout_s=_ANSWER_S, check=True):
        """What a shell script in the machine prints, both outputs together. A status other than 0
        is an error, unless `check` is False: then (status, output) is returned."""
        self.ports["agent"].settimeout(timeout_s)
        try:
            self._agent.write(base64.b64encode(script.encode()) + b"\n")
            self._agent.flush()
            status, size = map(int, self._agent.readline().split())
            output = self._agent.read(size).decode(errors="replace")
        except (OSError, ValueError) as error:
            raise Gone(f"{script!r}: no answer ({error}); its console:\n{self.console()}")
        if not check:
            return status, output
        if status:
            raise RuntimeError(f"{script!r} ended with {status}: {output.strip()}")
        return output

    def console(self):
        """The end of what the kernel and systemd said on the console."""
        return self._console.read_text(errors="replace")[-3000:] if self._console.exists() else ""

    def ended(self, timeout_s):
        """Whether the machine switches itself off, or restarts, before the time is over."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        return self._process.returncode is not None

    def close(self):
        """Pulls the plug."""
        self._process.kill()
        self._process.wait()
        for port in self.ports.values():
            with contextlib.suppress(OSError):
                port.close()
        self._log.close()
