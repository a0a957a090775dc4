# SPDX-License-Identifier: MIT
"""Child processes through posix_spawn, with non-blocking pipes for asyncio.

fork() would run the interpreter in the child, and vfork() would share its heap; posix_spawn does
neither.
"""

import asyncio
import os
import select
import struct
import time

from . import libc
from .files import readable

# <spawn.h>; the opaque types are at most this large in glibc and musl on 32 and 64 bit.
POSIX_SPAWN_SETPGROUP = 0x02
POSIX_SPAWN_SETSIGDEF = 0x04
POSIX_SPAWN_SETSIGMASK = 0x08
_FILE_ACTIONS_BYTES = 256
_ATTRIBUTES_BYTES = 512
_REAP_TRIES = 100
_CHUNK = 512
_MOST_CHUNKS = 128  # a pipe holds 64 KiB
_O_RDWR = 2

_spawnp = libc._libc.func("i", "posix_spawnp", "psppPp")
_actions_init = libc._libc.func("i", "posix_spawn_file_actions_init", "p")
_actions_destroy = libc._libc.func("i", "posix_spawn_file_actions_destroy", "p")
_actions_adddup2 = libc._libc.func("i", "posix_spawn_file_actions_adddup2", "pii")
_actions_addopen = libc._libc.func("i", "posix_spawn_file_actions_addopen", "pisiI")
_actions_addclosefrom = libc._libc.func("i", "posix_spawn_file_actions_addclosefrom_np", "pi")
_attr_init = libc._libc.func("i", "posix_spawnattr_init", "p")
_attr_destroy = libc._libc.func("i", "posix_spawnattr_destroy", "p")
_attr_setflags = libc._libc.func("i", "posix_spawnattr_setflags", "ph")
_attr_setsigmask = libc._libc.func("i", "posix_spawnattr_setsigmask", "pp")
_attr_setsigdefault = libc._libc.func("i", "posix_spawnattr_setsigdefault", "pp")


def find_program(name):
    """The path of a program on PATH, or None."""
    for folder in (os.getenv("PATH") or "").split(":"):
        path = "%s/%s" % (folder or ".", name)
        try:
            os.stat(path)
        except OSError:
            continue
        return path
    return None


def _pointers(strings):
    """A NULL-terminated char *[] and its strings, which must outlive its use."""
    import uctypes

    kept = [s.encode() + b"\0" for s in strings]
    addresses = [uctypes.addressof(s) for s in kept] + [0]
    return struct.pack("P" * len(addresses), *addresses), kept


def _spawn(argv, descriptors):
    """Starts argv[0], found on PATH, with three descriptors (None: /dev/null), as the leader of a
    process group; returns its pid, which is the group's number too."""
    actions = bytearray(_FILE_ACTIONS_BYTES)
    attributes = bytearray(_ATTRIBUTES_BYTES)
    pid = bytearray(4)
    pointers, kept = _pointers(argv)
    _actions_init(actions)
    _attr_init(attributes)
    try:
        for target, fd in enumerate(descriptors):
            if fd is None:
                _actions_addopen(actions, target, "/dev/null", _O_RDWR, 0)
            else:
                _actions_adddup2(actions, fd, target)
        # The interpreter's files and sockets are not close-on-exec: close them in the child.
        _actions_addclosefrom(actions, 3)
        # The interpreter ignores SIGPIPE and the daemon blocks signals: the child must do neither.
        _attr_setflags(
            attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        )
        _attr_setsigmask(attributes, libc.sigset(()))
        _attr_setsigdefault(attributes, libc.sigset((libc.SIGPIPE,)))
        environ = libc._libc.var("P", "environ").get()
        error = _spawnp(pid, argv[0], actions, attributes, pointers, environ)
    finally:
        _actions_destroy(actions)
        _attr_destroy(attributes)
    if error:
        raise libc.oserror(error, argv[0])
    return int.from_bytes(pid, "little")


def _set_environment(variables):
    """Sets variables (None removes one); returns their old values, to be restored."""
    before = {name: os.getenv(name) for name in variables}
    for name, value in variables.items():
        if value is None:
            os.unsetenv(name)
        else:
            os.putenv(name, value)
    return before


def _close_all(fds):
    for fd in fds:
        if fd is not None:
            libc.close(fd)


_unreaped = []  # killed processes that had not ended yet, to be reaped later


class Process:
    """A running child process, with a process group of its own: what it starts ends with it.

    Attributes: pid; stdin, stdout and stderr, non-blocking binary files, or None if not
    requested; status, the exit status after the end (minus the signal's number if killed by one).
    """

    def __init__(self, argv, stdout=True, stderr=True, environment=None, stdin=False):
        """Starts `argv`, a sequence of str; `environment` adds to or overrides the variables.

        Raises OSError(ENOENT) if there is no such program.
        """
        self.status = None
        self._is_closed = False
        self.stdin = self.stdout = self.stderr = None
        _unreaped[:] = [process for process in _unreaped if process.poll() is None]
        ends = [libc.pipe() if wanted else (None, None) for wanted in (stdin, stdout, stderr)]
        # The child reads from the first pipe and writes to the others.
        theirs = [ends[0][0], ends[1][1], ends[2][1]]
        ours = [ends[0][1], ends[1][0], ends[2][0]]
        outer = _set_environment(environment or {})
        try:
            self.pid = _spawn(argv, theirs)
        except OSError:
            _close_all(ours)
            raise
        finally:
            _set_environment(outer)
            _close_all(theirs)
        for fd in ours:
            if fd is not None:
                libc.set_nonblocking(fd)
        if stdin:
            self.stdin = open(ours[0], "wb")
        if stdout:
            self.stdout = open(ours[1], "rb")
        if stderr:
            self.stderr = open(ours[2], "rb")

    def poll(self):
        """The exit status, or None while the process runs."""
        if self.status is None:
            pid, status = libc.waitpid(self.pid, libc.WNOHANG)
            if pid:
                self.status = -(status & 0x7F) if status & 0x7F else status >> 8
        return self.status

    async def wait(self):
        """Waits for the process to end; returns its exit status."""
        if self.poll() is None:
            pidfd = libc.pidfd_open(self.pid)
            try:
                await readable(pidfd)
            finally:
                libc.close(pidfd)
        return self.poll()

    def finish(self, timeout_ms):
        """Closes the input and waits for the process to end by itself, without asyncio; returns
        the exit status, or None if it still runs after `timeout_ms`."""
        if self.stdin is not None:
            self.stdin.close()
            self.stdin = None
        if self.poll() is None:
            pidfd = libc.pidfd_open(self.pid)
            try:
                poller = select.poll()
                poller.register(pidfd, select.POLLIN)
                poller.poll(timeout_ms)
            finally:
                libc.close(pidfd)
        return self.poll()

    def kill(self, signal=libc.SIGTERM):
        """Sends a signal to the process and all of its group, unless it has ended already."""
        if self.poll() is None:
            libc.kill(-self.pid, signal)

    def close(self):
        """Kills the process if it still runs, and what it has started, and closes the pipes."""
        if not self._is_closed:
            self._is_closed = True
            try:
                libc.kill(-self.pid, libc.SIGKILL)
            except OSError:
                # All of it has ended by itself.
                pass
        if self.poll() is None:
            for _ in range(_REAP_TRIES):
                if self.poll() is not None:
                    break
                time.sleep_ms(1)
            else:
                # Stuck in the kernel, as on a device that is gone: do not wait for it.
                _unreaped.append(self)
        for file in (self.stdin, self.stdout, self.stderr):
            if file is not None:
                file.close()
        self.stdin = self.stdout = self.stderr = None


async def _read(file, limit):
    """The first `limit` bytes of a pipe, which is read to its end."""
    output = b""
    chunk = bytearray(512)
    while True:
        await readable(file)
        n = file.readinto(chunk)
        if n == 0:
            return output
        if n and len(output) < limit:
            output += chunk[: min(n, limit - len(output))]


async def _finish(process, limit):
    output = await _read(process.stdout, limit)
    await process.wait()
    return output


async def run(argv, timeout_ms, limit=65536):
    """Runs a program until it ends; returns (exit status, its standard output as bytes).

    Raises OSError if it cannot be started and asyncio.TimeoutError if it takes too long; then the
    process is killed. Output beyond `limit` bytes is cut off.
    """
    process = Process(argv, stderr=False)
    try:
        output = await asyncio.wait_for_ms(_finish(process, limit), timeout_ms)
        return process.status, output
    finally:
        process.close()


class _First:
    """Keeps the first bytes of a pipe, one more than `limit` to show that it was longer."""

    def __init__(self, limit):
        self._limit = limit
        self.kept = b""

    def add(self, data):
        self.kept += data[: self._limit + 1 - len(self.kept)]
        return len(self.kept) <= self._limit


class _Last:
    """Keeps the last `limit` bytes of a pipe."""

    def __init__(self, limit):
        self._limit = limit
        self.kept = b""

    def add(self, data):
        self.kept = (self.kept + data)[-self._limit :]
        return True


async def _collect(process, file, part):
    """Reads a pipe to its end, or until `part` has enough: then the process is killed."""
    chunk = bytearray(_CHUNK)
    while True:
        await readable(file)
        n = file.readinto(chunk)
        if n == 0:
            return
        if n and not part.add(chunk[:n]):
            process.kill(libc.SIGKILL)
            return


def _drain(file, part):
    """Takes what is in a pipe whose writer has ended."""
    chunk = bytearray(_CHUNK)
    for _ in range(_MOST_CHUNKS):
        # None: it is empty, and another process holds it open.
        n = file.readinto(chunk)
        if not n or not part.add(chunk[:n]):
            return


async def run_all(argv, timeout_ms, limit, error_limit):
    """Runs a program to its end; returns (exit status, standard output, standard error), bytes.

    One that writes more than `limit` bytes is killed, and `limit` + 1 of them are returned; of the
    errors the last `error_limit`. What it has left running in the background is killed as well.
    Raises as run() does; the argument of TimeoutError is the standard error up to then.
    """
    process = Process(argv)
    output, errors = _First(limit), _Last(error_limit)
    readers = [
        asyncio.create_task(_collect(process, process.stdout, output)),
        asyncio.create_task(_collect(process, process.stderr, errors)),
    ]
    try:
        await asyncio.wait_for_ms(process.wait(), timeout_ms)
        _drain(process.stdout, output)
        _drain(process.stderr, errors)
        return process.status, output.kept, errors.kept
    except asyncio.TimeoutError:
        raise asyncio.TimeoutError(errors.kept)
    finally:
        for reader in readers:
            reader.cancel()
        process.close()
