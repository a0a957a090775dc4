# SPDX-License-Identifier: MIT
"""emlearn_iir's speed compared to upstream's filter, on speech and on silence."""

import json
import pathlib
import statistics
import subprocess
import wave

import harness
from peer_noise import weighting
from recording import RATE_HZ
from results import result
from support import MICROPYTHON

SPEED_GOAL = 3  # times upstream's
SILENCE_GOAL = 1.2  # of the time that speech takes
ROUNDS = 15

_HERE = pathlib.Path(__file__).parent


def _run_rounds(folder, recording):
    pcm = folder / "speech.raw"
    with wave.open(str(recording), "rb") as file:
        pcm.write_bytes(file.readframes(file.getnframes()))
    library = harness.build(folder, "iir_harness")
    sections = [str(value) for value in weighting("A", RATE_HZ).flatten()]
    command = [MICROPYTHON, _HERE / "iir_rounds.py", pcm, library, str(ROUNDS), *sections]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def _medians(rounds, speech_s):
    """ns a sample on speech, and in the slowest second of the silence after it."""
    seconds = [statistics.median(second) for second in zip(*rounds)]
    return statistics.median(seconds[:speech_s]), max(seconds[speech_s:])


def measure(folder, recording):
    found = _run_rounds(folder, recording)
    ours_ns, silence_ns = _medians(found["ours"], found["speech_s"])
    peer_ns, peer_silence_ns = _medians(found["peer"], found["speech_s"])
    return [
        result(
            "IIR filter, 3 sections: speed",
            peer_ns / ours_ns,
            "times",
            SPEED_GOAL,
            f"emlearn's filter: {peer_ns:.1f} ns a sample; ours {ours_ns:.2f} ns",
            peer_ns,
            better="higher",
        ),
        result(
            "IIR filter: silence to speech",
            silence_ns / ours_ns,
            "ratio",
            SILENCE_GOAL,
            f"emlearn's filter on silence: {peer_silence_ns:.1f} ns a sample; "
            f"ours {silence_ns:.2f} ns",
            peer_silence_ns,
        ),
    ]
