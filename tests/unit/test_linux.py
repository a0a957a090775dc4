# SPDX-License-Identifier: MIT
"""hal_linux: processes, signals and kernel files, on the real kernel."""

import asyncio
import os
import time

from linux import events, libc
from linux.alsa import Messages
from linux.files import Attribute, read_text, readable
from linux.signals import Signals
from linux.subprocess import Process, run, run_all

INTERPRETERS = ("sensord", "stock")


def open_files():
    """How many files are open. The collector may close one of an earlier test at any time, so a
    leak is a number that has grown."""
    return len(os.listdir("/proc/self/fd"))


def test_run_returns_status_and_output():
    assert asyncio.run(run(["sh", "-c", "echo hello; exit 3"], 5000)) == (3, b"hello\n")
    status, output = asyncio.run(run(["head", "-c", "100000", "/dev/zero"], 5000))
    assert status in (0, -libc.SIGPIPE) and 65536 <= len(output) < 66048


def test_a_missing_program_is_an_oserror_that_names_it():
    try:
        asyncio.run(run(["no-such-program"], 1000))
        raise AssertionError("it ran")
    except OSError as error:
        assert error.errno == 2 and "no-such-program" in str(error)


def test_a_program_that_takes_too_long_is_ended():
    start = time.ticks_ms()
    try:
        asyncio.run(run(["sleep", "60"], 100))
        raise AssertionError("it ended")
    except asyncio.TimeoutError:
        assert time.ticks_diff(time.ticks_ms(), start) < 2000


def test_a_child_inherits_no_file_no_signal_mask_and_no_ignored_sigpipe():
    Signals(libc.SIGHUP, libc.SIGTERM)
    kept = open("/dev/null")
    # exec, because dash itself blocks signals while it starts a program.
    script = "ls /proc/$$/fd; exec cat /proc/self/status"
    _, output = asyncio.run(run(["sh", "-c", script], 5000))
    kept.close()
    lines = output.decode().split("\n")
    assert lines[:3] == ["0", "1", "2"] and lines[3].startswith("Name"), lines[:5]
    for line in lines:
        if line.startswith("SigBlk"):
            assert int(line.split()[1], 16) == 0, line
        if line.startswith("SigIgn"):
            # The tests' parent may ignore other signals; the interpreter ignores this one.
            assert not int(line.split()[1], 16) >> (libc.SIGPIPE - 1) & 1, line


def test_the_environment_of_a_child_does_not_stay():
    process = Process(["env"], stderr=False, environment={"SENSORD_TEST": "yes"})
    asyncio.run(process.wait())
    assert b"SENSORD_TEST=yes\n" in process.stdout.read()
    process.close()
    assert os.getenv("SENSORD_TEST") is None


def test_exit_status_and_killing_signal_are_told_apart():
    async def statuses():
        ended = Process(["sh", "-c", "exit 7"])
        killed = Process(["sleep", "60"])
        killed.kill(libc.SIGKILL)
        result = await ended.wait(), await killed.wait()
        ended.close()
        killed.close()
        return result

    assert asyncio.run(statuses()) == (7, -9)


def is_running(pid):
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except OSError:
        return False


def ends(pid):
    for _ in range(200):
        if not is_running(pid):
            return True
        time.sleep_ms(10)
    return False


LEAVES_ONE = "sleep 300 >/dev/null 2>&1 & echo $!"


def test_what_a_program_leaves_running_ends_with_it():
    status, output = asyncio.run(run(["sh", "-c", LEAVES_ONE], 5000))
    assert status == 0 and ends(int(output))
    status, output, _ = asyncio.run(run_all(["sh", "-c", LEAVES_ONE], 5000, 100, 100))
    assert status == 0 and ends(int(output))

    async def started():
        process = Process(["sh", "-c", LEAVES_ONE + "; exec sleep 300"])
        await readable(process.stdout)
        return process, int(process.stdout.readline())

    # A program that still runs, closed or stopped by a signal.
    process, pid = asyncio.run(started())
    assert is_running(pid)
    process.close()
    process.close()
    assert ends(pid) and process.status == -9
    process, pid = asyncio.run(started())
    process.kill(libc.SIGTERM)
    assert ends(pid)
    process.close()
    assert process.status == -15


def test_no_descriptor_leaks_over_many_processes():
    asyncio.run(run(["true"], 5000))
    before = open_files()
    for _ in range(200):
        process = Process(["true"])
        process.close()
    assert open_files() <= before


def test_no_descriptor_leaks_where_there_is_no_program():
    before = open_files()
    for _ in range(200):
        try:
            Process(["/no/such/program"])
            raise AssertionError("it ran")
        except OSError:
            pass
    assert open_files() <= before


def test_signals_are_delivered_in_turn():
    signals = Signals(libc.SIGHUP, libc.SIGTERM)
    libc.kill(libc.getpid(), libc.SIGTERM)
    libc.kill(libc.getpid(), libc.SIGHUP)

    async def both():
        return await signals.next(), await signals.next()

    assert sorted(asyncio.run(both())) == [libc.SIGHUP, libc.SIGTERM]
    signals.close()


def test_attributes_are_read_anew_each_time():
    uptime = Attribute("/proc/uptime")
    first = float(uptime.text().split()[0])
    time.sleep(0.03)
    assert float(uptime.text().split()[0]) > first
    uptime.close()
    assert read_text("/no/such/file") is None


def test_the_monotonic_clock_counts_nanoseconds():
    start = libc.clock_monotonic_ns()
    time.sleep(0.05)
    assert 0.05e9 <= libc.clock_monotonic_ns() - start < 2e9


def test_a_timer_expires_on_time_and_an_event_counts():
    timer, event = events.timerfd(30000000, 10000000), events.eventfd()
    buffer = bytearray(8)
    assert libc.read(timer, buffer, 8) is None and libc.read(event, buffer, 8) is None
    start = time.ticks_ms()
    asyncio.run(wait_for(timer))
    assert 29 <= time.ticks_diff(time.ticks_ms(), start) < 2000
    assert libc.read(timer, buffer, 8) == 8 and buffer[0] >= 1
    libc.write(event, b"\x03\0\0\0\0\0\0\0", 8)
    libc.write(event, b"\x04\0\0\0\0\0\0\0", 8)
    asyncio.run(wait_for(event))
    assert libc.read(event, buffer, 8) == 8 and buffer[0] == 7
    libc.close(timer)
    libc.close(event)


async def wait_for(fd):
    await asyncio.wait_for_ms(_wait_readable(fd), 5000)


async def _wait_readable(fd):
    await readable(fd)


def test_an_epoll_is_readable_when_a_member_is():
    event, epoll = events.eventfd(), events.Epoll()
    epoll.add(event, events.EPOLLIN)
    try:
        asyncio.run(asyncio.wait_for_ms(_wait_readable(epoll.fd), 50))
        raise AssertionError("readable too early")
    except asyncio.TimeoutError:
        pass
    libc.write(event, b"\x01\0\0\0\0\0\0\0", 8)
    asyncio.run(wait_for(epoll.fd))
    epoll.remove(event)
    epoll.close()
    libc.close(event)


def test_errors_name_the_failed_call():
    for call, words in (
        (lambda: libc.open_device("/no/such/device", libc.O_RDWR), "/no/such/device"),
        (lambda: libc.ioctl(0, 0x5413 + 1000, bytearray(8), "the bus"), "the bus: "),
        (lambda: libc.read(-1, bytearray(1), 1), "read: Bad file descriptor"),
    ):
        try:
            call()
            raise AssertionError("no error")
        except OSError as error:
            assert words in str(error), error


def test_arecords_messages_are_parsed():
    text = (
        "Recording raw data 'stdin' : Signed 16 bit Little Endian, Rate 16000 Hz, Mono\\n"
        "overrun!!! (at least 12.345 ms long)\\n"
        "Warning: rate is not accurate (requested = 16000Hz, got = 48000Hz)\\n"
        "         please, try the plug plugin \\n"
        "overrun!!! (at least 100.000 ms long)\\n"
        "arecord: pcm_read:2221: read error: No such device\\n"
    )
    process = Process(["sh", "-c", 'printf "%s" >&2' % text])
    messages = Messages(process.stderr)

    async def read():
        while process.poll() is None:
            await readable(process.stderr)
            messages.update()
        messages.update()

    asyncio.run(read())
    process.close()
    assert messages.overruns == 2 and abs(messages.lost_ms - 112.345) < 1e-6
    assert messages.rate_hz == 48000
    assert messages.error == "read error: No such device" and messages.underruns == 0


def test_aplays_messages_are_parsed():
    text = (
        "Playing raw data 'stdin' : Signed 32 bit Little Endian, Rate 16000 Hz, Stereo\\n"
        "underrun!!! (at least 12.345 ms long)\\n"
        "aplay: pcm_write:2146: write error: No such device\\n"
    )
    process = Process(["sh", "-c", 'printf "%s" >&2' % text])
    process.finish(5000)
    messages = Messages(process.stderr)
    messages.update()
    process.close()
    assert (messages.underruns, messages.overruns, messages.lost_ms) == (1, 0, 0)
    assert messages.error == "write error: No such device"


def test_a_child_reads_its_input_and_finishes_when_that_ends():
    process = Process(["cat"], stdin=True)
    assert process.finish(0) in (None, 0)
    process.close()
    process = Process(["cat"], stdin=True)
    assert process.stdin.write(b"hello") == 5 and process.poll() is None
    assert process.finish(5000) == 0 and process.stdout.read() == b"hello"
    process.close()
    process = Process(["sh", "-c", "exec <&-; sleep 60"], stdin=True)
    assert process.finish(20) is None
    process.close()
    assert process.status == -libc.SIGKILL


def test_a_write_to_a_child_that_ended_is_an_oserror():
    process = Process(["true"], stdin=True)
    asyncio.run(process.wait())
    try:
        process.stdin.write(b"hello")
        raise AssertionError("somebody read it")
    except OSError as error:
        assert error.errno == 32, error
    process.close()


def _stack_kb():
    """How much of the stack is in memory."""
    in_stack = False
    with open("/proc/self/smaps") as file:
        for line in file:
            if "-" in line.split(" ", 1)[0]:
                in_stack = "[stack]" in line
            elif in_stack and line.startswith("Anonymous:"):
                return int(line.split()[1])
    return 0


def _deep(n):
    return 1 + _deep(n - 1) if n else 0


def test_the_stack_shrinks_after_deep_calls():
    """The start's stack must not stay for as long as the daemon runs."""
    from linux import stack

    assert _deep(60) == 60
    before = _stack_kb()
    assert stack.release() > 0
    after = _stack_kb()
    assert after <= before - 8, (before, after)
    assert _deep(60) == 60
