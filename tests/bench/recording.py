# SPDX-License-Identifier: MIT
"""Speech at the noise monitor's sample rate, from the recordings that alsa-utils installs."""

import wave

import numpy as np
from scipy.signal import resample_poly
from support import ALSA_SOUNDS

RATE_HZ = 16000


def write_recording(path):
    """Writes voices that name the loudspeakers, 16 kHz int16 mono, to `path` and returns it."""
    voices = []
    for source in sorted(ALSA_SOUNDS.glob("[FRS]*.wav")):
        with wave.open(str(source), "rb") as file:
            assert file.getsampwidth() == 2 and file.getnchannels() == 1, source
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            voices.append(resample_poly(samples.astype(float), RATE_HZ, file.getframerate()))
    pcm = np.clip(np.round(np.concatenate(voices)), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, len(pcm), "NONE", ""))
        file.writeframes(pcm.tobytes())
    return path
