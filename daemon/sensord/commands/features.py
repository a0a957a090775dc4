# SPDX-License-Identifier: MIT
"""`sensord features`: the features of a recording as the daemon computes them, for training."""

from array import array

from ..errors import EX_DATAERR, EX_NOINPUT, EX_OK
from ..files import wav
from ..files.npy import NpyError, Reader, Writer
from ..stages.features import KINDS
from ..stages.window import Windows
from .terminal import tell

_AXES = 3
_ROWS = 256


def write_motion_features(source, target, rate_hz, window_ms, hop_ms, kind):
    """Writes the features (int16) of each window of a recording (int16, N x 3); returns the exit
    code. Of a recording that is cut short it uses the complete rows, with a warning."""
    features = KINDS[kind]()
    windows = Windows(window_ms * rate_hz // 1000, hop_ms * rate_hz // 1000)
    try:
        reader = Reader(source, "<i2", _AXES)
    except NpyError as error:
        tell("%s %s" % (source, error))
        return EX_DATAERR
    except OSError as error:
        tell("%s cannot be read: %s" % (source, error))
        return EX_NOINPUT
    writer = Writer(target, "<i2", features.count)
    block = bytearray(2 * _AXES * _ROWS)
    while True:
        n = reader.readinto(block)
        if not n:
            break
        samples = array("h", block)
        at = 0
        while at < n:
            at = windows.take(samples, at, n)
            if windows.full:
                features.compute(windows)
                writer.write(features.values)
                windows.slide()
    if reader.truncated:
        tell("%s is cut short: only its complete rows are used" % source)
    reader.close()
    writer.close()
    return EX_OK


def _failed(source, code, text):
    tell("%s %s" % (source, text))
    return code


def write_sound_features(source, target, window_ms, hop_ms):
    """Writes the features (int16) of the window that ends with each hop of a .wav; returns the
    exit code."""
    from ..stages.events import BandFeatures

    try:
        file = open(source, "rb")
        rate_hz, left = wav.read_header(file)
        features = BandFeatures(rate_hz, window_ms)
    except (wav.WavError, ValueError) as error:
        return _failed(source, EX_DATAERR, "cannot be used: %s" % error)
    except OSError as error:
        return _failed(source, EX_NOINPUT, "cannot be read: %s" % error)
    writer = Writer(target, "<i2", features.count)
    block = memoryview(bytearray(2 * max(1, rate_hz * hop_ms // 1000)))
    while left >= len(block):
        n = file.readinto(block)
        if n < len(block):
            break
        left -= n
        features.feed(block)
        if features.full:
            features.compute()
            writer.write(features.values)
    file.close()
    writer.close()
    return EX_OK
