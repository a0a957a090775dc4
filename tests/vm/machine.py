# SPDX-License-Identifier: MIT
"""A virtual machine: QEMU without KVM, and commands to the system inside."""

import base64
import contextlib
import dataclasses
import json
import pathlib
import socket
import subprocess
import time

_ANSWER_S = 60

_KERNEL_OPTIONS = (
    "rw quiet mitigations=off nokaslr cryptomgr.notests random.trust_cpu=on net.ifnames=0 "
    "systemd.journald.max_level_console=err"
)


@dataclasses.dataclass(frozen=True)
class Board:
    """The differences between machines. `command` begins QEMU's command line, and
    `kernel_options` are for Linux; "{memory_mib}" and "{folder}" in them are filled in. `ports`
    has the options that connect each of the sockets, in QEMU's order. `lacks` has the checks that
    are not possible on it, and why."""

    command: tuple
    kernel_options: str
    ports: dict
    lacks: dict = dataclasses.field(default_factory=dict)

    @property
    def bridged(self):
        """Whether its sensors are on a bridge that is part of the test."""
        return "bridge" in self.ports


def _virtio_port(name):
    return "-device", f"virtserialport,chardev={name},name={name}"


_VIRTIO = (
    "-smp", "2", "-m", "{memory_mib}",
    "-drive", "file={folder}/disk.img,format=raw,if=virtio,cache=unsafe",
    "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
)  # fmt: skip
_BRIDGED = {
    "serial": ("-serial", "chardev:serial"),
    "agent": _virtio_port("agent"),
    "bridge": _virtio_port("bridge"),
}

BOARDS = {
    # A PC
    "q35": Board(
        ("qemu-system-x86_64", "-M", "q35", "-cpu", "max,la57=off,svm=off", *_VIRTIO),
        "root=/dev/vda console=ttyS0",
        _BRIDGED,
    ),
    # A board that exists only in QEMU, with a Raspberry Pi 3's processor
    "virt": Board(
        ("qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", *_VIRTIO),
        # Its GPIO controller has only the power button, and would take the number of the
        # bridge's controller.
        "root=/dev/vda console=ttyAMA0 initcall_blacklist=pl061_gpio_driver_init",
        _BRIDGED,
        {
            "reading of smbus": "Debian's kernel for arm64 has no i2c-stub",
            "reading of buffers": "Debian's kernel for arm64 has no /dev/dma_heap",
        },
    ),
    # A Raspberry Pi 3, with its fixed memory size and a thermometer on pins 3 and 5
    "raspi3b": Board(
        (
            "qemu-system-aarch64", "-M", "raspi3b", "-smp", "4", "-m", "1024",
            "-dtb", "{folder}/dtb",
            "-drive", "file={folder}/disk.img,format=raw,if=sd,cache=unsafe",
            "-device", "tmp105,id=thermometer,bus=i2c-bus.1,address=0x48",
        ),
        "root=/dev/mmcblk0 console=ttyAMA0 mem={memory_mib}M",
        {"agent": ("-serial", "chardev:agent")},
        {
            "edges on a pin": "QEMU's GPIO controller has neither inputs nor interrupts",
            "sound and camera": "they are behind the VideoCore, of which QEMU has no model",
            "watchdog of the board": "QEMU resets the board as soon as it is started",
        },
    ),
}  # fmt: skip


class Gone(Exception):
    """The machine stopped answering; the text has the end of its console."""


class Machine:
    """A running machine. `folder` has image.sh's files for the board, which stay unchanged;
    `memory_mib` is all of Linux's memory. `ports` are sockets to the system inside."""

    def __init__(self, board, folder, memory_mib, work, since="2020-01-01T00:00:00"):
        self._work = pathlib.Path(work)
        self._console = self._path("console.log")
        self._listening = {name: self._listen(name) for name in (*board.ports, "monitor")}
        self.began = time.monotonic()
        filled = {"folder": folder, "memory_mib": memory_mib}
        kernel_options = f"{_KERNEL_OPTIONS} {board.kernel_options.format(**filled)}"
        command = [
            *(option.format(**filled) for option in board.command),
            "-nodefaults", "-no-user-config", "-display", "none", "-accel", "tcg,thread=multi",
            "-no-reboot", "-snapshot", "-rtc", "base=" + since,
            "-kernel", folder / "kernel", "-initrd", folder / "initrd", "-append", kernel_options,
            "-serial", f"file:{self._console}",
            "-qmp", f"unix:{self._path('monitor')}",
        ]  # fmt: skip
        for name, options in board.ports.items():
            command += ["-chardev", f"socket,id={name},path={self._path(name)}", *options]
        self._log = self._path("qemu.log").open("w")
        # -snapshot writes changes below TMPDIR.
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            env={"TMPDIR": str(self._work), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        self.ports = {name: self._accept(name) for name in self._listening}
        self._agent = self.ports["agent"].makefile("rwb")
        self._monitor = self.ports["monitor"].makefile("rwb")
        self._monitor.readline()  # its greeting
        self._command("qmp_capabilities")

    def _path(self, name):
        return self._work / name

    def _listen(self, name):
        self._path(name).unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self._path(name)))
        listening.listen()
        listening.settimeout(_ANSWER_S)
        return listening

    def _accept(self, name):
        try:
            port = self._listening[name].accept()[0]
        except TimeoutError:
            raise Gone("QEMU did not start: " + self._path("qemu.log").read_text())
        self._listening[name].close()
        return port

    def wait_until_up(self, timeout_s):
        """Waits until the system inside accepts scripts."""
        self.ports["agent"].settimeout(timeout_s)
        try:
            said = self._agent.readline()
        except OSError as error:
            raise Gone(f"it does not come up ({error}); its console:\n{self.console()}")
        # A serial port's driver tests the port first, so other bytes may come before.
        if not said.endswith(b"ready\n"):
            raise Gone(f"it said {said}; its console:\n{self.console()}")

    def run(self, script, timeout_s=_ANSWER_S, check=True):
        """The output of a shell script in the machine, both streams together. A status other than
        0 is an error, unless `check` is False: then returns (status, output)."""
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

    def set(self, device, name, value):
        """Sets a property of a device with an id in the board's command, from outside."""
        self._command("qom-set", path=f"/machine/peripheral/{device}", property=name, value=value)

    def _command(self, name, **arguments):
        """Sends a command of QEMU's machine protocol; ignores events before its answer."""
        text = json.dumps({"execute": name, "arguments": arguments})
        self._monitor.write(text.encode() + b"\n")
        self._monitor.flush()
        while True:
            answer = json.loads(self._monitor.readline())
            if "error" in answer:
                raise ValueError(f"{text}: {answer['error']}")
            if "return" in answer:
                return

    def console(self):
        """The end of the console output of the kernel and systemd."""
        return self._console.read_text(errors="replace")[-3000:] if self._console.exists() else ""

    def ended(self, timeout_s):
        """Whether the machine switches itself off, or restarts, within the time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        return self._process.returncode is not None

    def close(self):
        """Switches the machine off at once."""
        self._process.kill()
        self._process.wait()
        for port in self.ports.values():
            with contextlib.suppress(OSError):
                port.close()
        self._log.close()
