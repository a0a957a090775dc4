# SPDX-License-Identifier: MIT
"""The sound level meter's speed compared to upstream's IIR filter, on speech and on silence."""

import json
import os
import pathlib
import statistics
import subprocess
import wave

import harness
from peer_noise import weighting
from recording import RATE_HZ
from results import result
from support import MICROPYTHON, STOCK_MICROPYTHON, TOP

# 12 ns a sample, for which upstream's emlearn_iir alone needs 34
SPEECH_GOAL = 12 / 34
LEVELS_GOAL = 1 / 40  # of emlearn's filter with the level in Python
SILENCE_GOAL = 1.2  # of the time that speech takes
ROUNDS = 40

_HERE = pathlib.Path(__file__).parent


def _output(command, **environment):
    done = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, env={**os.environ, **environment}
    )
    return json.loads(done.stdout)


def _run_rounds(folder, recording):
    """The results of meter_rounds.py, and level_assisted.py's rounds as "assisted"."""
    pcm = folder / "speech.raw"
    with wave.open(str(recording), "rb") as file:
        pcm.write_bytes(file.readframes(file.getnframes()))
    sections = [str(value) for value in weighting("A", RATE_HZ).flatten()]
    library = harness.build(folder, "iir_harness")
    arguments = [pcm, library, str(ROUNDS), *sections]
    found = _output([MICROPYTHON, _HERE / "meter_rounds.py", *arguments])
    path = f".frozen:{TOP}/build/amd64/natmods:{_HERE}"
    command = [STOCK_MICROPYTHON, _HERE / "level_assisted.py", *arguments]
    found["assisted"] = _output(command, MICROPYPATH=path)
    return found


def _medians(rounds, speech_s):
    """ns a sample on speech, and in the slowest second of the silence after it."""
    seconds = [statistics.median(second) for second in zip(*rounds)]
    return statistics.median(seconds[:speech_s]), max(seconds[speech_s:])


def measure(folder, recording):
    found = _run_rounds(folder, recording)
    speech_ns, silence_ns = _medians(found["meter"], found["speech_s"])
    peer_ns, peer_silence_ns = _medians(found["filter"], found["speech_s"])
    assisted_ns = statistics.median(found["assisted"])
    return [
        result(
            "int16 to levels: time a sample",
            speech_ns / assisted_ns,
            "ratio",
            LEVELS_GOAL,
            f"emlearn's filter, level in Python: {assisted_ns:.0f} ns; ours {speech_ns:.2f} ns",
            assisted_ns,
        ),
        result(
            "sound level meter: time on speech",
            speech_ns / peer_ns,
            "ratio",
            SPEECH_GOAL,
            f"emlearn's IIR filter alone, 3 sections: {peer_ns:.1f} ns a sample; "
            f"the whole meter {speech_ns:.1f} ns",
            peer_ns,
        ),
        result(
            "sound level meter: silence to speech",
            silence_ns / speech_ns,
            "ratio",
            SILENCE_GOAL,
            f"emlearn's IIR filter on silence: {peer_silence_ns:.1f} ns a sample; "
            f"the meter {silence_ns:.1f} ns, {speech_ns:.1f} ns on speech",
            peer_silence_ns,
        ),
    ]
