# SPDX-License-Identifier: MIT
"""machine.I2S with the real arecord and aplay, on ALSA's own file and null devices."""

import array
import fcntl
import os
import select

import pytest
from fakes.programs import INTERPRETERS, run, start

PROGRAM = "i2s_program"
FORMATS = [(16, 1), (16, 2), (32, 1), (32, 2)]
MODES = ["blocking", "loop", "poll", "asyncio"]
CHUNK = 4800
PERIOD_FRAMES = 16000 // 50  # aplay fills the last one up with silence


@pytest.fixture(params=INTERPRETERS)
def interpreter(request):
    return request.param


class Sound:
    """A speaker that writes to `played`, and a microphone that reads `heard`."""

    def __init__(self, folder):
        self.folder = folder
        self.played, self.heard = folder / "played.raw", folder / "heard.raw"
        config = folder / "asound.conf"
        config.write_text(
            "pcm.nul { type null }\n"
            'pcm.speaker { type file slave { pcm "nul" } '
            f'file "{self.played}" format "raw" }}\n'
            'pcm.microphone { type file slave { pcm "nul" } file "/dev/null" '
            f'infile "{self.heard}" format "raw" }}\n'
        )
        self.heard.write_bytes(os.urandom(30 * CHUNK))
        self.environment = {"ALSA_CONFIG_PATH": str(config)}

    def program(self, name, text):
        """An environment in which a shell script replaces arecord or aplay.

        Underruns, other rates and unplugging need a sound card; aplay's messages are known.
        """
        fake = self.folder / name
        fake.write_text("#!/bin/sh\n" + text)
        fake.chmod(0o755)
        return {**self.environment, "PATH": f"{self.folder}:{os.environ['PATH']}"}


@pytest.fixture
def sound(tmp_path):
    return Sound(tmp_path)


@pytest.mark.parametrize("how", MODES)
@pytest.mark.parametrize("bits, channels", FORMATS)
def test_every_byte_is_played(interpreter, sound, how, bits, channels):
    """Music would crackle, or play on the wrong side."""
    data = os.urandom(27 * CHUNK + 8)
    source = sound.folder / "source.raw"
    source.write_bytes(data)
    got = run(interpreter, PROGRAM, "playing", how, bits, channels, source,
              environment=sound.environment)  # fmt: skip
    assert got == str(len(data))
    played = sound.played.read_bytes()
    assert played[: len(data)] == data
    silence = played[len(data) :]
    assert len(silence) < PERIOD_FRAMES * bits // 8 * channels and not any(silence)


@pytest.mark.parametrize("how", MODES)
@pytest.mark.parametrize("bits, channels", FORMATS)
def test_every_byte_is_heard(interpreter, sound, how, bits, channels):
    """A spectrum or a recording would contain other samples."""
    out = sound.folder / "recorded.raw"
    run(interpreter, PROGRAM, "recording", how, bits, channels, 25, out,
        environment=sound.environment)  # fmt: skip
    recorded = out.read_bytes()
    assert len(recorded) >= 25 * CHUNK
    assert recorded == (sound.heard.read_bytes() * 2)[: len(recorded)]


def play_to_a_reader(sound, interpreter, function, length):
    """Runs a program whose sound is not read until it prints "ready"; returns its lines."""
    os.mkfifo(sound.played)
    reader = os.open(sound.played, os.O_RDONLY | os.O_NONBLOCK)
    # The smallest pipe, so that the program's sound does not fit.
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    process = start(interpreter, PROGRAM, function, length, environment=sound.environment)
    lines = []
    while not (lines and lines[-1].startswith("ready")):
        lines.append(process.stdout.readline().strip())
        assert lines[-1], "the program ended"
    got = 0
    while got < length:
        assert select.select([reader], [], [], 20)[0], f"{got} bytes"
        data = os.read(reader, 65536)
        assert data, f"{got} bytes"
        got += len(data)
    # The silence up to the end of aplay's last period fits into the pipe.
    output, _ = process.communicate(timeout=20)
    os.close(reader)
    assert process.returncode == 0, output
    return lines + output.splitlines()


def test_write_returns_at_once_and_the_handler_comes_when_the_sound_is_taken(interpreter, sound):
    """The handler allows the buffer to be filled again: if it comes too early, sound is lost."""
    lines = play_to_a_reader(sound, interpreter, "stuck_irq", 200000)
    assert lines == ["200000", "ready False", "called"]


def test_a_stream_that_waits_does_not_stop_the_loop(interpreter, sound):
    """A radio's display and buttons must work while it plays."""
    assert play_to_a_reader(sound, interpreter, "stuck_stream", 200000) == ["ready", "True"]


def test_arrays_and_views(interpreter, sound):
    """Samples are numbers in most programs: positions must be counted in bytes."""
    out = sound.folder / "recorded.raw"
    got = run(interpreter, PROGRAM, "arrays", out, environment=sound.environment)
    assert got.splitlines() == ["40000", "400 0", "60000 200"]
    samples = array.array("i", range(10000))
    assert sound.played.read_bytes()[:40400] == (samples + samples[100:200]).tobytes()
    heard = sound.heard.read_bytes()
    assert out.read_bytes() == heard[60000:60200] + heard[200:60000]


def test_shift(interpreter):
    """Every I2S example uses it as a volume control."""
    lines = run(interpreter, PROGRAM, "shifting").splitlines()
    assert lines == [
        "[4, -2, 200, -200, -2, 0]",
        "[4, -2, 200, -200, -2, 0]",
        r"bytearray(b'\x02\x00\xfe\xff\x05')",
    ]


def test_init_changes_the_direction_and_wrong_settings_change_nothing(interpreter, sound):
    """A voice recorder plays its recording on the same bus."""
    got = run(interpreter, PROGRAM, "settings", environment=sound.environment)
    assert got.splitlines() == [
        "I2S('microphone', mode=0, bits=32, format=2, rate=8000, ibuf=4096) 800",
        "800 0 0 0.0",
    ]


def test_unsupported_arguments_are_refused_with_a_reason(interpreter, sound):
    """An argument that is silently dropped costs the user an evening."""
    lines = run(interpreter, PROGRAM, "refused", environment=sound.environment).splitlines()
    values = "mode bits format rate rate rate ibuf ibuf id id id".split()
    for name, line in zip(values, lines[:11], strict=True):
        assert line.startswith(f"ValueError - I2S: {name} must be "), line
    words = [
        ("ValueError", "bits must be 16 or 32"),
        ("TypeError", "read-only"),
        ("ValueError", "handler must be a function"),
        ("ValueError", "no handler, see irq()"),
        ("OSError 1", "readinto() needs mode RX"),
        ("OSError 22", "a frame has 8 bytes, and the buffer of 12 ends within one"),
        ("OSError 9", "speaker: deinitialised"),
        ("OSError 9", "speaker: deinitialised"),
        ("OSError 1", "write() TX"),
        ("TypeError", "read-only"),
        ("OSError 22", "a frame has 2 bytes"),
    ]
    for (kind, text), line in zip(words, lines[11:], strict=True):
        assert line.startswith(kind) and text in line, line


def test_missing_programs_name_the_package(interpreter, sound):
    """On a minimal system the message must say what to install."""
    (sound.folder / "empty").mkdir()
    environment = {**sound.environment, "PATH": str(sound.folder / "empty")}
    assert run(interpreter, PROGRAM, "missing", environment=environment).splitlines() == [
        "OSError 2 aplay is missing: install the package alsa-utils",
        "OSError 2 arecord is missing: install the package alsa-utils",
    ]


def test_a_wrong_device_raises_whenever_it_shows(interpreter, sound):
    """A short sound ends before a write() can fail; silence must not look like success."""
    lines = run(interpreter, PROGRAM, "wrong_device", environment=sound.environment).splitlines()
    told = "OSError 19 no_such_pcm: audio open error: No such file or directory"
    assert lines == [told, "None", told, "None", told, "None"]


def test_an_unplugged_card_reaches_the_loop_and_the_next_write(interpreter, sound):
    """The program would wait for the handler in vain."""
    environment = sound.program(
        "aplay",
        # Only after the write() whose data it reads has returned.
        "head -c 1000 > /dev/null\nsleep 1\n"
        "echo 'aplay: pcm_write:2146: write error: No such device' >&2\nexit 1\n",
    )
    lines = run(interpreter, PROGRAM, "unplugged", environment=environment).splitlines()
    reason = "speaker: write error: No such device"
    assert lines == ["100000", f"loop {reason}", f"OSError 19 {reason}", "None"]


def test_a_program_that_is_killed_is_an_error(interpreter, sound):
    """The kernel may kill aplay when memory is short; a write to it must not end the program."""
    lines = run(interpreter, PROGRAM, "killed", environment=sound.environment).splitlines()
    assert lines == ["OSError 19 speaker: aplay ended", "OSError 19 microphone: arecord ended"]


def test_a_device_with_another_rate_is_an_error(interpreter, sound):
    """aplay only warns: everything would play at another pitch."""
    text = "Warning: rate is not accurate (requested = 16000Hz, got = 48000Hz)"
    environment = sound.program("aplay", f"echo '{text}' >&2; exec /usr/bin/aplay \"$@\"")
    got = run(interpreter, PROGRAM, "another_rate", environment=environment)
    assert got == (
        "OSError 22 speaker gives 48000 Hz, not 16000 Hz: set that rate, or use a plughw: device"
    )


def test_underruns_are_counted(interpreter, sound):
    """Gaps in the sound could otherwise only be heard."""
    text = "underrun!!! (at least 41.500 ms long)"
    environment = sound.program("aplay", f"echo '{text}' >&2; exec /usr/bin/aplay \"$@\"")
    got = run(interpreter, PROGRAM, "underruns", environment=environment)
    assert got.splitlines() == ["1 0", "1"]


def test_a_fault_in_the_handler_does_not_end_the_sound(interpreter, sound):
    """One exception would silence the player for ever."""
    lines = run(interpreter, PROGRAM, "faulty_handler", environment=sound.environment).splitlines()
    assert any("a fault in the handler" in line for line in lines), lines
    assert lines[-1] == "[True, True] 64"


def test_nothing_is_lost_over_a_thousand_sounds(interpreter, sound):
    """A door bell would stop ringing after a thousand visitors."""
    got = run(interpreter, PROGRAM, "leaks", environment=sound.environment)
    assert got.splitlines() == ["0", "''", "True"]


def test_the_daemons_way_of_reading_allocates_nothing(interpreter, sound):
    """Sixteen thousand samples a second would keep the collector busy."""
    assert run(interpreter, PROGRAM, "steady", environment=sound.environment) == "0"
