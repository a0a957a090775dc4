# SPDX-License-Identifier: MIT
"""Child processes through posix_spawn, with non-blocking pipes for asyncio."""

from collections.abc import Mapping, Sequence
from typing import IO

POSIX_SPAWN_SETPGROUP: int
POSIX_SPAWN_SETSIGDEF: int
POSIX_SPAWN_SETSIGMASK: int

def find_program(name: str) -> str | None:
    """The path of a program on PATH, or None."""

class Process:
    """A running child process, with a process group of its own."""

    status: int | None
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None
    pid: int
    def __init__(
        self,
        argv: Sequence[str],
        stdout: bool = True,
        stderr: bool = True,
        environment: Mapping[str, str | None] | None = None,
        stdin: bool = False,
    ) -> None:
        """Starts `argv`, a sequence of str, with `environment`'s variables over the own ones."""
    def poll(self) -> int | None:
        """The exit status, or None while the process runs."""
    async def wait(self) -> int | None:
        """Waits for the process to end; returns its exit status."""
    def finish(self, timeout_ms: int) -> int | None:
        """Ends the input and waits for the process to end by itself, without asyncio."""
    def kill(self, signal: int = ...) -> None:
        """Sends a signal to it and all of its group, unless it has ended already."""
    def close(self) -> None:
        """Ends the process at once if it still runs, and closes the pipes."""

async def run(argv: Sequence[str], timeout_ms: int, limit: int = 65536) -> tuple[int, bytes]:
    """Runs a program to its end; returns (exit status, its standard output as bytes)."""

async def run_all(
    argv: Sequence[str], timeout_ms: int, limit: int, error_limit: int
) -> tuple[int, bytes, bytes]:
    """Runs a program to its end; returns (exit status, standard output, standard error)."""
