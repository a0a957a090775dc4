# SPDX-License-Identifier: MIT
"""The test's side of kernel.c: devices in the test that a program sees as the kernel's.

    with FakeKernel(tmp_path, {"/dev/i2c-1": bus}) as kernel:
        subprocess.run(program, env={**os.environ, **kernel.environment})

A device is an object with `open(flags)`, which may raise OSError, and `ioctl(request, value,
data)`, which returns bytes, a (result, bytes) pair or an Opened, or raises OSError. `data` is the
ioctl's argument, marshalled by kernel.c; `value` is the argument if it is a number. Data that the
program writes to the device's descriptor is passed to `received(data)`, and `close()` is called
when the program closes the device, or ends.
"""

import array
import contextlib
import errno
import pathlib
import selectors
import socket
import struct
import threading

from fakes import preload

_PARTS = ("kernel", "kernel_paths", "kernel_descriptors", "kernel_buses", "kernel_video")
SOURCES = [pathlib.Path(__file__).with_name(f"{part}.c") for part in _PARTS]

_OPEN, _IOCTL, _CLOSE, _STAT = 1, 2, 3, 4
_MESSAGE = struct.Struct("@IiQQI")  # kind, handle, request, value, length
_REPLY = struct.Struct("@iiiI")  # error, result, handle, length
_NOT_FAKE = -1


def build(folder):
    """Compiles the preloaded library into `folder`; returns its path."""
    source, *others = SOURCES
    return preload.build(source, pathlib.Path(folder) / "fake-kernel.so", *others)


class Device:
    """A device that can be opened and has no ioctls: the base of all others."""

    def open(self, flags):
        """The program opens the device; raise OSError to refuse."""

    def ioctl(self, request, value, data):
        raise OSError(errno.ENOTTY, "no such ioctl")

    def received(self, data):
        """The program wrote to the descriptor."""

    def close(self):
        """The program closed the descriptor, or ended."""


class Opened:
    """The answer to an ioctl that opens something, as GPIO_V2_GET_LINE_IOCTL does."""

    def __init__(self, device, data):
        self.device = device
        self.data = data


class _Handle:
    def __init__(self, device):
        self.device = device
        # The program has the other end and reads what the test sends to ours.
        self.ours, self.theirs = socket.socketpair()
        device.stream = self.ours


class FakeKernel:
    """Serves the devices, by path, to all programs started with `environment`."""

    def __init__(self, folder, devices, sys=None):
        """`sys` is a folder in place of /sys."""
        self.devices = dict(devices)
        folder = pathlib.Path(folder)
        path = folder / "kernel.socket"
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.bind(str(path))
        self._server.listen()
        self.environment = {"LD_PRELOAD": str(build(folder)), "FAKE_KERNEL": str(path)}
        if sys is not None:
            self.environment["FAKE_SYS"] = str(sys)
        self._handles = {}
        self._next = 1
        self.errors = []
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._server, selectors.EVENT_READ, self._accept)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                try:
                    key.data(key.fileobj)
                except Exception as error:
                    # Raised by stop(): an error of the fake must fail the test.
                    self.errors.append(error)

    def _accept(self, server):
        connection, _ = server.accept()
        self._selector.register(connection, selectors.EVENT_READ, self._answer)

    def _answer(self, connection):
        message = b""
        with contextlib.suppress(ConnectionResetError):
            message = connection.recv(1 << 17)
        if not message:
            self._selector.unregister(connection)
            connection.close()
            return
        kind, handle, request, value, length = _MESSAGE.unpack_from(message)
        # In C the data follows its length directly, without padding to the struct's alignment.
        data = message[_MESSAGE.size : _MESSAGE.size + length]
        fds, error, result, new, answer = [], 0, 0, 0, b""
        try:
            if kind == _OPEN:
                path = data.decode()
                if path not in self.devices:
                    error = _NOT_FAKE
                else:
                    device = self.devices[path]
                    device.open(value)
                    new, fds = self._add(device)
            elif kind == _STAT:
                error = 0 if data.decode() in self.devices else _NOT_FAKE
            elif kind == _IOCTL:
                answer = self._handles[handle].device.ioctl(request, value, data)
                if isinstance(answer, Opened):
                    new, fds = self._add(answer.device)
                    answer = answer.data
                elif isinstance(answer, tuple):
                    result, answer = answer
            elif kind == _CLOSE and handle in self._handles:
                self._remove(handle)
        except OSError as failure:
            error, answer = failure.errno, b""
        answer = answer or b""
        reply = _REPLY.pack(error, result, new, len(answer)) + answer
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        with contextlib.suppress(BrokenPipeError):  # the program was killed while it waited
            connection.sendmsg([reply], rights)
        for _ in fds:
            self._handles[new].theirs.close()

    def _add(self, device):
        handle = _Handle(device)
        number = self._next
        self._next += 1
        self._handles[number] = handle
        self._selector.register(
            handle.ours, selectors.EVENT_READ, lambda ours: self._from_program(number, ours)
        )
        return number, [handle.theirs.fileno()]

    def _from_program(self, number, ours):
        if number not in self._handles:
            return  # closed by another event of the same round
        data = b""
        with contextlib.suppress(ConnectionResetError):
            data = ours.recv(65536)
        if data:
            self._handles[number].device.received(data)
        else:
            self._remove(number)

    def _remove(self, number):
        handle = self._handles.pop(number, None)
        if handle is not None:
            self._selector.unregister(handle.ours)
            # Data written before the close still counts.
            handle.ours.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionResetError):
                while data := handle.ours.recv(65536):
                    handle.device.received(data)
            handle.ours.close()
            handle.device.close()

    def open_handles(self):
        """How many descriptors of fake devices are open in programs now."""
        return len(self._handles)

    def stop(self):
        self._wake.send(b"x")
        self._thread.join(5)
        self._server.close()
        if self.errors:
            raise self.errors[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
